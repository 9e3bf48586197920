import { hash } from 'node:crypto';
import {
  offlineEndFault,
  offlineRecord,
  stateKey,
  toldOffline,
  type CdrAmounts,
  type OfflineGrant,
  type OfflineStart,
  type Settled,
} from '@roamgrid/wire';
import { refuse, type Transaction } from '../context/index.ts';

/** Keys that a session which began offline takes for ever: its number at the outlet, and the start that its holder signed. */
export const offlineKeys = (evseId: string, { number, transcript }: OfflineStart): readonly string[] => [
  stateKey.offline(evseId, number),
  stateKey.offlineStart(hash('sha256', transcript, 'hex')),
];

/**
 * Refuses a session that began offline and went further than its token, or that is booked already, whoever brings it and under whatever number of
 * the lane.
 */
export const takeOffline = async (
  tx: Transaction,
  { open, close }: Settled,
  start: OfflineStart,
  grant: OfflineGrant,
  cdr: CdrAmounts,
): Promise<void> => {
  const { sessionId, quote } = open;
  const fault = offlineEndFault(grant, open, close, cdr);
  if (fault !== undefined) {
    const { code, message } = toldOffline(fault);
    refuse(code, `${sessionId}: ${message}`);
  }
  for (const key of offlineKeys(quote.evseId, start)) {
    await tx.requireAbsent(key);
    tx.put(offlineRecord, key, { type: 'offline', version: 1, sessionId }, { ofItem: true });
  }
};
