/** Splits an amount by weights so that the parts add up to it exactly (largest remainder method). */

/** Parts per million in the whole. */
export const PPM = 1_000_000n;

interface Part {
  readonly index: number;
  readonly share: bigint;
  readonly remainder: bigint;
}

const byRemainderThenIndex = (a: Part, b: Part): number =>
  a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1;

/**
 * One part a weight, in the order of the weights; each is within one micro of its exact share and has the sign of the
 * total. The micros that whole shares leave over go to the largest remainders, ties to the lower index, so the same
 * input gives the same split everywhere. Weights are not negative and not all zero, or it throws: a broken invariant.
 */
export const allocateMicros = (totalMicros: bigint, weights: readonly bigint[]): readonly bigint[] => {
  if (weights.some((weight) => weight < 0n)) throw new RangeError('allocateMicros: a weight is negative');
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0n);
  if (weightSum === 0n) throw new RangeError('allocateMicros: the weights are all zero');

  const sign = totalMicros < 0n ? -1n : 1n;
  const magnitude = totalMicros * sign;
  const parts = weights.map((weight, index): Part => {
    const scaled = magnitude * weight;
    return { index, share: scaled / weightSum, remainder: scaled % weightSum };
  });
  const leftOver = magnitude - parts.reduce((sum, part) => sum + part.share, 0n);
  const favoured = new Set(
    [...parts]
      .sort(byRemainderThenIndex)
      .slice(0, Number(leftOver))
      .map((part) => part.index),
  );
  return parts.map(({ index, share }) => sign * (favoured.has(index) ? share + 1n : share));
};
