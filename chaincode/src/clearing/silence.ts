import type { AgreementTerms } from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

const DAY_MS = 86_400_000;

/** How long a party may be silent where the agreement does not say: one settlement period of it. */
const PERIOD_MS: Readonly<Record<AgreementTerms['settlementPeriod'], number>> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
};

/** Refuses to speak for a party that has time left to speak for itself. */
export const requireSilence = (
  tx: Transaction,
  { answerWithinMs, settlementPeriod }: AgreementTerms,
  sinceMs: number,
  whose: string,
): void => {
  const fromMs = sinceMs + (answerWithinMs ?? PERIOD_MS[settlementPeriod]);
  ensure(
    tx.nowMs > fromMs,
    'WRONG_STATE',
    `${whose} has ${fromMs - tx.nowMs} ms longer before its silence says it`,
  );
};
