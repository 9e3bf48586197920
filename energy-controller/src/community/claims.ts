import { areBits, lookAt, pointOf, proveBits, shapeOf } from './bit-proof.ts';
import { randomNumbers, reduced } from './field.ts';
import { NotAgreed, type Session } from './session.ts';
import { addNumbers, openShares } from './shares.ts';

/** Bits of one claim, enough for all that is free. */
export const bitsFor = (mostSteps: bigint): number => Math.max(1, mostSteps.toString(2).length);

const bitsOf = (claims: readonly bigint[], width: number): readonly bigint[] =>
  claims.flatMap((steps) => Array.from({ length: width }, (_, bit) => (steps >> BigInt(bit)) & 1n));

const fromBits = (bits: readonly bigint[], width: number): readonly bigint[] =>
  Array.from({ length: bits.length / width }, (_, at) =>
    reduced(
      bits.slice(at * width, (at + 1) * width).reduce((sum, bit, place) => sum + (bit << BigInt(place)), 0n),
    ),
  );

/** A number that all houses choose together, and none alone. */
const tossCoin = async (session: Session, phase: string): Promise<bigint> =>
  (await session.sayNumbers(phase, randomNumbers(1)))
    .map(([coin]) => coin ?? 0n)
    .reduce((a, b) => reduced(a + b));

/**
 * The sum of what all houses claim, in steps, each claim proven to be a whole number from zero up that `width` bits hold: no house can
 * claim less than nothing to make room for another, and none can say a wrong sum, unless two of them do it together.
 * @throws NotAgreed when a claim is not proven, or shares contradict each other
 */
export const sumOfClaims = async (
  session: Session,
  claims: readonly bigint[],
  width: number,
): Promise<readonly bigint[]> => {
  const bits = bitsOf(claims, width);
  const shape = shapeOf(bits.length);
  const held = await session.deal('bits', bits);
  const coin = await tossCoin(session, 'coin');
  const proof = proveBits(bits, shape, coin);
  const proofs = await session.deal('proof', [...proof.starts, ...proof.heights]);
  const point = pointOf(await tossCoin(session, 'point'), shape);
  const split = 2 * shape.columns;
  const seen = held.flatMap((share, at) => {
    const ofProof = proofs[at] ?? [];
    const parts = { starts: ofProof.slice(0, split), heights: ofProof.slice(split) };
    return lookAt(share, parts, shape, { coin, point });
  });
  const sum = held.map((share) => fromBits(share, width)).reduce(addNumbers);
  const opened = openShares(await session.sayNumbers('check', [...seen, ...sum]));
  if (opened === undefined)
    throw new NotAgreed('SHARES_CONTRADICT', 'a house has dealt or says shares that contradict each other');
  const perHouse = split + 2;
  held.forEach((_, at) => {
    if (!areBits(opened.slice(at * perHouse, (at + 1) * perHouse), shape))
      throw new NotAgreed('CLAIM_UNPROVEN', `the claim of house ${at + 1} of ${held.length} is not proven`);
  });
  return opened.slice(held.length * perHouse);
};
