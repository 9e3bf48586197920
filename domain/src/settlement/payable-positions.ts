import { microsPerMinor, type CurrencyCode } from '../money/index.ts';
import type { UtilityId } from '../ids/index.ts';
import { divide } from '../rounding/index.ts';
import { byUtility, type NetPosition } from './net-positions.ts';

/** A net position as it can be paid, and what of it goes on to the next period. */
export interface PayablePosition<U extends string = UtilityId> {
  readonly utility: U;
  /** A whole number of smallest payable units, in micros. */
  readonly netMicros: bigint;
  /** Added to the same utility's position of the next period; less than one such unit, either way. */
  readonly carriedMicros: bigint;
}

interface Floored<U extends string> {
  readonly utility: U;
  readonly netMicros: bigint;
  readonly floor: bigint;
  readonly rest: bigint;
}

/** The largest rest first; of equal ones whoever pays, then the lower id. */
const largestRestFirst = (a: Floored<string>, b: Floored<string>): number => {
  if (a.rest !== b.rest) return a.rest > b.rest ? -1 : 1;
  const isDebtor = [a.netMicros < 0n, b.netMicros < 0n] as const;
  return isDebtor[0] === isDebtor[1] ? byUtility(a, b) : isDebtor[0] ? -1 : 1;
};

/**
 * Net positions as banks can pay them. Each is rounded down to the currency's smallest payable unit; the units that this
 * takes from the sum go back to the largest rests. So what is paid sums to zero as the positions do, what is carried sums to zero too,
 * and nobody pays or gets a whole unit more or less than is owed. Whoever knows the positions derives the same.
 * Throws when the positions do not add up to zero: a broken invariant.
 */
export const payablePositions = <U extends string>(
  positions: readonly NetPosition<U>[],
  currency: CurrencyCode,
): readonly PayablePosition<U>[] => {
  if (positions.reduce((sum, { netMicros }) => sum + netMicros, 0n) !== 0n)
    throw new Error('payablePositions: the net positions do not add up to zero');
  const unit = microsPerMinor(currency);
  const floored = positions.map(({ utility, netMicros }): Floored<U> => {
    const floor = divide(netMicros, unit, 'floor') * unit;
    return { utility, netMicros, floor, rest: netMicros - floor };
  });
  const missing = floored.reduce((sum, { rest }) => sum + rest, 0n) / unit;
  const raised = new Set(
    [...floored]
      .filter(({ rest }) => rest > 0n)
      .sort(largestRestFirst)
      .slice(0, Number(missing))
      .map(({ utility }) => utility),
  );
  return floored.map(({ utility, netMicros, floor }) => {
    const payable = raised.has(utility) ? floor + unit : floor;
    return { utility, netMicros: payable, carriedMicros: netMicros - payable };
  });
};
