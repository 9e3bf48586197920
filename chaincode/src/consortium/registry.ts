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

/** A utility that may take part in something new now. */
export const getActiveUtility = async (tx: Transaction, utilityId: string): Promise<UtilityRecord> => {
  const utility = await getUtility(tx, utilityId);
  ensure(utility.status === 'active', 'WRONG_STATE', `${utilityId} is ${utility.status}`);
  ensure(
    tx.nowMs < utility.validUntilMs,
    'EXPIRED',
    `the registration of ${utilityId} has run out: renew it`,
  );
  return utility;
};

export const getStation = (tx: Transaction, utilityId: string, stationId: string): Promise<StationRecord> =>
  tx.get(stationRecord, stateKey.station(utilityId, stationId));
