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
  tx.get(utilityRecord, stateKey.utility(utilityId));

/** Refuses a utility that may not take part in something new now. */
export const requireActive = (tx: Transaction, { utilityId, status, validUntilMs }: UtilityRecord): void => {
  ensure(status === 'active', 'WRONG_STATE', `${utilityId} is ${status}`);
  ensure(tx.nowMs < validUntilMs, 'EXPIRED', `the registration of ${utilityId} has run out: renew it`);
};

export const getActiveUtility = async (tx: Transaction, utilityId: string): Promise<UtilityRecord> => {
  const utility = await getUtility(tx, utilityId);
  requireActive(tx, utility);
  return utility;
};

export const getStation = (tx: Transaction, utilityId: string, stationId: string): Promise<StationRecord> =>
  tx.get(stationRecord, stateKey.station(utilityId, stationId));
