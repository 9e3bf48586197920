import { silenceMs, type AgreementTerms } from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

/** Refuses to speak for a party that has time left to speak for itself. */
export const requireSilence = (
  tx: Transaction,
  terms: AgreementTerms,
  sinceMs: number,
  whose: string,
): void => {
  const fromMs = sinceMs + silenceMs(terms);
  ensure(
    tx.nowMs > fromMs,
    'WRONG_STATE',
    `${whose} has ${fromMs - tx.nowMs} ms longer before its silence says it`,
  );
};
