import type { UtilityId } from '../ids/index.ts';
import { byUtility, type NetPosition } from './net-positions.ts';

/** A transfer that settles net positions. */
export interface NetPayment<U extends string = UtilityId> {
  readonly payer: U;
  readonly payee: U;
  readonly micros: bigint;
}

interface Open<U extends string> {
  readonly utility: U;
  readonly micros: bigint;
}

const largestFirst = (a: Open<string>, b: Open<string>): number =>
  a.micros === b.micros ? byUtility(a, b) : a.micros > b.micros ? -1 : 1;

/** The list less its first, with the first's rest put back in its place. */
const takeOff = <U extends string>(
  [first, ...others]: readonly Open<U>[],
  micros: bigint,
): readonly Open<U>[] => {
  if (first === undefined || first.micros === micros) return others;
  return [...others, { utility: first.utility, micros: first.micros - micros }].sort(largestFirst);
};

/**
 * The payments that bring every net position to zero. The largest debtor pays the largest creditor, ties by id, so all
 * who know the positions derive the same list; each payment closes at least one of the two, so there are fewer payments
 * than utilities. (The true minimum is a subset-sum problem; this bound is what one clearing run needs.)
 * Throws when the positions do not add up to zero: a broken invariant.
 */
export const netPayments = <U extends string>(
  positions: readonly NetPosition<U>[],
): readonly NetPayment<U>[] => {
  if (positions.reduce((sum, { netMicros }) => sum + netMicros, 0n) !== 0n) {
    throw new Error('netPayments: the net positions do not add up to zero');
  }
  const open = (sign: bigint): readonly Open<U>[] =>
    positions
      .map(({ utility, netMicros }) => ({ utility, micros: sign * netMicros }))
      .filter(({ micros }) => micros > 0n)
      .sort(largestFirst);

  const payments: NetPayment<U>[] = [];
  let debtors = open(-1n);
  let creditors = open(1n);
  for (;;) {
    const [debtor] = debtors;
    const [creditor] = creditors;
    if (debtor === undefined || creditor === undefined) return payments;
    const micros = debtor.micros < creditor.micros ? debtor.micros : creditor.micros;
    payments.push({ payer: debtor.utility, payee: creditor.utility, micros });
    debtors = takeOff(debtors, micros);
    creditors = takeOff(creditors, micros);
  }
};
