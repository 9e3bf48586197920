import { rangeOf, stateKey, type SettleProofs } from '@roamgrid/wire';
import type { Transaction } from '../context/index.ts';
import { offlineKeys } from './offline.ts';
import type { Settling } from './settling.ts';

/** Everything that a batch will read of its sessions, asked for together: a round trip instead of hundreds. */
export const prefetchSettle = async (
  tx: Transaction,
  lane: string,
  sessions: readonly Settling[],
  proofs: SettleProofs,
): Promise<void> => {
  const keys = new Set<string>();
  for (const { settled, number, proof } of sessions) {
    keys.add(stateKey.opening(lane, proof.slot));
    const { quote, offline } = settled.open;
    if (offline !== undefined) for (const key of offlineKeys(quote.evseId, offline)) keys.add(key);
    keys.add(stateKey.ends(lane, rangeOf(number)));
    keys.add(stateKey.station(quote.vun, quote.stationId));
    keys.add(stateKey.tariff(quote.tariffId, quote.tariffVersion));
    keys.add(stateKey.tariffBinding(quote.agreementId, quote.tariffId, quote.tariffVersion));
  }
  for (const book of Object.keys(proofs.exposures)) {
    keys.add(stateKey.exposures(lane, book));
    keys.add(stateKey.revocations(lane, book));
  }
  await tx.prefetch([...keys]);
};
