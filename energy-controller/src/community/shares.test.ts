import assert from 'node:assert/strict';
import fc from 'fast-check';
import { areBits, lookAt, pointOf, proveBits, shapeOf, type BitProof } from './bit-proof.ts';
import { decodeNumbers, encodeNumbers, PRIME, randomNumbers, signedOf } from './field.ts';
import { addNumbers, dealShares, openShares } from './shares.ts';

const number = fc.bigInt({ min: -PRIME / 2n, max: PRIME / 2n });
const houses = fc.integer({ min: 3, max: 9 });
const RUNS = { numRuns: 60 };

/** What all holders of shares of bits and their proof see, opened. */
const seenOf = (bits: readonly bigint[], proof: BitProof, count: number, coin: bigint, point: bigint) => {
  const shape = shapeOf(bits.length);
  const [bitShares, proofShares] = [
    dealShares(bits, count),
    dealShares([...proof.starts, ...proof.heights], count),
  ];
  return openShares(
    bitShares.map((share, at) => {
      const ofProof = proofShares[at] ?? [];
      const split = 2 * shape.columns;
      const held = { starts: ofProof.slice(0, split), heights: ofProof.slice(split) };
      return lookAt(share, held, shape, { coin, point });
    }),
  );
};

describe('values in shares', () => {
  it('add up to the sum of all, in any order of adding, also across the prime', () => {
    fc.assert(
      fc.property(houses, fc.array(number, { minLength: 1, maxLength: 12 }), (count, values) => {
        const sums = values
          .map((value) => dealShares([value], count))
          .reduce((all, one) => all.map((share, at) => addNumbers(share, one[at] ?? [])));
        const [sum] = openShares(sums) ?? [];
        const expected = values.reduce((all, value) => all + value, 0n);
        assert.equal((((expected - (sum ?? 1n)) % PRIME) + PRIME) % PRIME, 0n);
      }),
      RUNS,
    );
    assert.equal(signedOf(PRIME - 5n), -5n);
  });

  it('tell when any one of them is wrong', () => {
    fc.assert(
      fc.property(
        houses,
        number,
        fc.nat(),
        fc.bigInt({ min: 1n, max: PRIME - 1n }),
        (count, value, who, by) => {
          const shares = dealShares([value, 7n], count).map((share, at) =>
            at === who % count ? [share[0] ?? 0n, ((share[1] ?? 0n) + by) % PRIME] : share,
          );
          assert.equal(openShares(shares), undefined);
        },
      ),
      RUNS,
    );
  });

  it('fit any value at all as long as two are missing', () => {
    // For four houses: whichever value is guessed, there is a missing share with which the two that are known give it.
    const [first, second] = dealShares([1_000n], 4).map(([share]) => share ?? 0n);
    assert.ok(first !== undefined && second !== undefined);
    for (const guessed of [0n, 1_000n, 25_000n]) {
      // The parabola through (0, guessed), (1, first), (2, second) goes on to shares that open to the guess.
      const third = guessed - 3n * first + 3n * second;
      const fourth = 3n * guessed - 8n * first + 6n * second;
      const on: readonly (readonly bigint[])[] = [first, second, third, fourth].map((share) => [
        ((share % PRIME) + PRIME) % PRIME,
      ]);
      assert.deepEqual(openShares(on), [guessed]);
    }
  });

  it('cross the wire as they are, and nothing else does', () => {
    const values = randomNumbers(20);
    assert.deepEqual(decodeNumbers(encodeNumbers(values), 20), values);
    assert.equal(decodeNumbers(encodeNumbers(values), 19), undefined);
    assert.equal(decodeNumbers(new Uint8Array(16).fill(255), 1), undefined);
  });

  it('cannot be had of two houses', () => assert.throws(() => dealShares([1n], 2), RangeError));
});

describe('a proof of bits', () => {
  const bit = fc.constantFrom(0n, 1n);

  it('holds for bits, whatever they are', () => {
    fc.assert(
      fc.property(houses, fc.array(bit, { minLength: 1, maxLength: 40 }), (count, bits) => {
        const shape = shapeOf(bits.length);
        const [coin = 0n, other = 0n] = randomNumbers(2);
        const proof = proveBits(bits, shape, coin);
        const seen = seenOf(bits, proof, count, coin, pointOf(other, shape));
        assert.ok(seen !== undefined && areBits(seen, shape));
      }),
      RUNS,
    );
  });

  it('holds for nothing else: neither two, nor minus one, nor what cancels out', () => {
    fc.assert(
      fc.property(
        fc.array(bit, { minLength: 2, maxLength: 40 }),
        fc.nat(),
        fc.bigInt({ min: 2n, max: PRIME - 1n }),
        (right, where, wrong) => {
          const bits = right.map((value, at) => (at === where % right.length ? wrong : value));
          const shape = shapeOf(bits.length);
          const [coin = 0n, other = 0n] = randomNumbers(2);
          const seen = seenOf(bits, proveBits(bits, shape, coin), 4, coin, pointOf(other, shape));
          assert.ok(seen !== undefined && !areBits(seen, shape));
        },
      ),
      RUNS,
    );
  });

  it('does not hold with heights that were made up', () => {
    const bits = [1n, 0n, 2n, 1n];
    const shape = shapeOf(4);
    const [coin = 0n, other = 0n] = randomNumbers(2);
    const proof = proveBits(bits, shape, coin);
    for (let at = 0; at < proof.heights.length; at += 1) {
      const heights = proof.heights.map((height, power) => (power === at ? height + 1n : height));
      const seen = seenOf(bits, { ...proof, heights }, 4, coin, pointOf(other, shape));
      assert.ok(seen !== undefined && !areBits(seen, shape));
    }
  });
});
