import {
  stateKey,
  stationRecord,
  utilityRecord,
  type StationRecord,
  type UtilityRecord,
} from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

/** Reads of the registry that other contracts stand on. */

export const getUtility = (tx: Transaction, utilityId: string): Promise<UtilityRecord> =>
  tx.getOften(utilityRecord, stateKey.utility(utilityId));

/** Members and applicants. */
export const allUtilities = (tx: Transaction): Promise<readonly UtilityRecord[]> =>
  tx.range(utilityRecord, 'utility:', 'utility;');

/** Refuses a utility that may not take part in something new now. */
export const requireActive = (tx: Transaction, { utilityId, status, validUntilMs }: UtilityRecord): void => {
  ensure(status === 'active', 'WRONG_STATE', `${utilityId} is ${status}, not active`);
  ensure(tx.nowMs < validUntilMs, 'EXPIRED', `the registration of ${utilityId} has run out: renew it`);
};

export const getActiveUtility = async (tx: Transaction, utilityId: string): Promise<UtilityRecord> => {
  const utility = await getUtility(tx, utilityId);
  requireActive(tx, utility);
  return utility;
};

export const getStation = (tx: Transaction, utilityId: string, stationId: string): Promise<StationRecord> =>
  tx.getOften(stationRecord, stateKey.station(utilityId, stationId));

interface Standing {
  readonly status: string;
  readonly statusFromMs: number;
}

/** When the status that a record is about to have began: it stays with the status. */
export const statusFrom = (
  before: Standing | undefined,
  { status }: Pick<Standing, 'status'>,
  nowMs: number,
): number => (before?.status === status ? before.statusFromMs : nowMs);
