import { LedgerRefusal, LedgerUnavailable } from './errors.ts';
import type { Committed, LedgerCommand } from './ledger.ts';
import { pause, type RetryLimits } from './retry.ts';

/** What one proposal came to: committed, or a reason to make another one. */
export type Attempt =
  { readonly committed: Committed } | { readonly again: 'conflict' | 'endorsement'; readonly cause: unknown };

const whyNot = ({ again, cause }: Exclude<Attempt, { readonly committed: Committed }>): string => {
  if (again === 'conflict') return 'other transactions were always first';
  return cause instanceof LedgerRefusal
    ? `it was not endorsed: ${cause.code}: ${cause.message}`
    : 'it was not endorsed';
};

/**
 * Proposes a command anew until it is committed.
 * @throws LedgerUnavailable when the repeats that its kind of failure allows are used up.
 */
export const untilCommitted = async (
  { contract, transaction }: LedgerCommand,
  limits: RetryLimits,
  attempt: () => Promise<Attempt>,
  onConflict: (kind: string) => void = () => undefined,
): Promise<Committed> => {
  const left = { conflict: limits.conflicts, endorsement: limits.endorsements };
  for (let count = 0; ; count += 1) {
    const outcome = await attempt();
    if ('committed' in outcome) return outcome.committed;
    left[outcome.again] -= 1;
    if (outcome.again === 'conflict') onConflict(`${contract}.${transaction}`);
    if (left[outcome.again] < 0) {
      throw new LedgerUnavailable(`${contract}.${transaction}: ${whyNot(outcome)}`, { cause: outcome.cause });
    }
    await pause(limits, count);
  }
};
