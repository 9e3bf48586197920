import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerOptions } from '../ledger/ledger.ts';

/**
 * Time of the test ledger. Registers and times of a meter only ascend on the ledger, so what tests charge in a moment
 * must lie one after the other: the clock starts a day behind the wall's, and each session that ends sets it on to its
 * end. The hosts of the embedded ledger's contracts live in this time, too; on Fabric's own peers it is the wall's.
 */
const isSimulated = (process.env['TEST_LEDGER'] ?? 'embedded') === 'embedded';

let behindMs = isSimulated ? 86_400_000 : 0;

export const testNow = (): number => Date.now() - behindMs;

const listeners = new Set<() => void>();

/** Sets the clock on; it never goes back. */
export const advanceTo = (atMs: number): void => {
  behindMs = Math.max(0, Math.min(behindMs, Date.now() - atMs));
  for (const tell of listeners) tell();
};

/** Has something told when the clock was set on. @returns what ends that */
export const whenAdvanced = (tell: () => void): (() => void) => {
  listeners.add(tell);
  return () => {
    listeners.delete(tell);
  };
};

/** A minute of what tests live through: on Fabric's own peers, whose time nobody sets on, a second. */
export const TEST_MINUTE_MS = isSimulated ? 60_000 : 1_000;

/** Has time pass up to an instant. */
export const passUntil = async (atMs: number): Promise<void> => {
  if (isSimulated) advanceTo(atMs);
  else await sleep(atMs - Date.now());
};

/** Options of a gateway that lives in the test's time. */
export const inTestTime = isSimulated ? { nowMs: testNow, proposalTimeMs: testNow } : { nowMs: testNow };

/** The same of a connection to the ledger. */
export const ledgerInTestTime: LedgerOptions = isSimulated ? { proposalTimeMs: testNow } : {};

/** How far a gateway in a process of its own is to be behind the wall's clock. */
export const testLagMs = (): number => behindMs;
