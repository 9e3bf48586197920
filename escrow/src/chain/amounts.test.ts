import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toBaseUnits, toMicros } from './amounts.ts';

const decimals = fc.constantFrom(0, 2, 5, 6, 7, 8, 18, 36);
const amounts = fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { maxLength: 20 });
const sum = (of: readonly bigint[]) => of.reduce((total, one) => total + one, 0n);

describe('amounts in tokens', () => {
  it('are exact with six decimals and more, and rounded down with fewer', () => {
    assert.deepEqual(toBaseUnits(12_345_678n, 6), { baseUnits: 12_345_678n, carriedMicros: 0n });
    assert.deepEqual(toBaseUnits(1n, 18), { baseUnits: 1_000_000_000_000n, carriedMicros: 0n });
    assert.deepEqual(toBaseUnits(12_345_678n, 2), { baseUnits: 1_234n, carriedMicros: 5_678n });
    assert.deepEqual(toBaseUnits(4_322n, 2, 5_678n), { baseUnits: 1n, carriedMicros: 0n });
    assert.deepEqual(toMicros(1_999_999_999_999n, 18), { micros: 1n, carriedBaseUnits: 999_999_999_999n });
    assert.deepEqual(toMicros(3n, 0), { micros: 3_000_000n, carriedBaseUnits: 0n });
  });

  it('lose nothing over any number of payments, and never pay ahead', () => {
    fc.assert(
      fc.property(decimals, amounts, (places, owed) => {
        let carriedMicros = 0n;
        const paid = owed.map((micros) => {
          const made = toBaseUnits(micros, places, carriedMicros);
          carriedMicros = made.carriedMicros;
          return toMicros(made.baseUnits, places).micros;
        });
        assert.equal(sum(paid) + carriedMicros, sum(owed));
        assert.ok(carriedMicros < 10n ** BigInt(Math.max(0, 6 - places)));
      }),
      { seed: 20261129 },
    );
  });

  it('received in any parts are worth what they are worth together', () => {
    fc.assert(
      fc.property(decimals, amounts, (places, received) => {
        let carriedBaseUnits = 0n;
        const worth = received.map((baseUnits) => {
          const made = toMicros(baseUnits, places, carriedBaseUnits);
          carriedBaseUnits = made.carriedBaseUnits;
          return made.micros;
        });
        assert.deepEqual({ micros: sum(worth), carriedBaseUnits }, toMicros(sum(received), places));
      }),
      { seed: 20261129 },
    );
  });

  it('are refused when they are negative or the decimals are not some', () => {
    assert.throws(() => toBaseUnits(-1n, 6), RangeError);
    assert.throws(() => toMicros(-1n, 6), RangeError);
    for (const places of [-1, 1.5, 37]) assert.throws(() => toBaseUnits(1n, places), RangeError);
  });
});
