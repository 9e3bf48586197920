import type { UtilityId } from '../ids/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';

/** What one utility owes another for a period, one currency. */
export interface BilateralPosition<U extends string = UtilityId> {
  readonly debtor: U;
  readonly creditor: U;
  readonly micros: bigint;
}

/** Above zero the utility receives, below it pays. */
export interface NetPosition<U extends string = UtilityId> {
  readonly utility: U;
  readonly netMicros: bigint;
}

export type PositionError = DomainError<'POSITION_WITH_ITSELF' | 'POSITION_NEGATIVE'>;

/** Orders ids by their characters, the same on every machine. */
export const byUtility = (a: { readonly utility: string }, b: { readonly utility: string }): number =>
  a.utility < b.utility ? -1 : a.utility > b.utility ? 1 : 0;

/** One net position a utility, ordered by id. They add up to zero: what one pays another receives. */
export const netPositions = <U extends string>(
  positions: Iterable<BilateralPosition<U>>,
): Result<readonly NetPosition<U>[], PositionError> => {
  const net = new Map<U, bigint>();
  for (const { debtor, creditor, micros } of positions) {
    if (debtor === creditor) {
      return err({ code: 'POSITION_WITH_ITSELF', message: `${debtor} has a position with itself` });
    }
    if (micros < 0n) {
      const message = `${debtor} owes ${creditor} ${micros} micros: swap the two instead of a negative amount`;
      return err({ code: 'POSITION_NEGATIVE', message });
    }
    net.set(debtor, (net.get(debtor) ?? 0n) - micros);
    net.set(creditor, (net.get(creditor) ?? 0n) + micros);
  }
  return ok([...net].map(([utility, netMicros]) => ({ utility, netMicros })).sort(byUtility));
};
