import type { Claim } from '../model/claim.ts';

/** The values that a claim's grant may have, as watts: what a current of it comes to depends on the tree's voltage. */
export interface Steps {
  readonly minW: bigint;
  /** Every value is a multiple of it, unless a set is given. */
  readonly everyW: bigint;
  /** The whole set of values, rising. */
  readonly setW?: readonly bigint[];
}

const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** A claim's steps on so many lanes of so many volts. Watts are split evenly, so a step is one on each lane. */
export const stepsOf = (claim: Claim, volts: bigint, lanes: number): Steps => {
  const { step, minW } = claim;
  const wide = BigInt(lanes);
  if (step === undefined) return { minW, everyW: wide };
  if (step.unit === 'A') return { minW, everyW: step.everyA * volts * wide };
  if (step.unit === 'A-set')
    return { minW, everyW: 1n, setW: step.amps.map((amps) => amps * volts * wide).sort(byValue) };
  const everyW = step.everyW % wide === 0n ? step.everyW : step.everyW * wide;
  return { minW, everyW };
};

/** The largest value that is allowed and not above `limitW`: zero when that is below the minimum. */
export const floorToStep = (limitW: bigint, { minW, everyW, setW }: Steps): bigint => {
  if (limitW < minW || limitW <= 0n) return 0n;
  let valueW = 0n;
  if (setW === undefined) valueW = limitW - (limitW % everyW);
  else for (const allowedW of setW) if (allowedW <= limitW) valueW = allowedW;
  return valueW < minW ? 0n : valueW;
};

/** The smallest value that is allowed and not below `neededW` and the minimum; undefined when a set has none so large. */
export const ceilToStep = (neededW: bigint, { minW, everyW, setW }: Steps): bigint | undefined => {
  const leastW = neededW > minW ? neededW : minW;
  if (setW !== undefined) return setW.find((allowedW) => allowedW >= leastW);
  return ((leastW + everyW - 1n) / everyW) * everyW;
};
