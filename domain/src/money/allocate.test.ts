import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocateMicros } from './allocate.ts';

const total = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const weights = fc
  .array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 12 })
  .filter((list) => list.some((weight) => weight > 0n));
const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);

describe('allocateMicros', () => {
  it('conserves the total', () => {
    fc.assert(fc.property(total, weights, (t, w) => sum(allocateMicros(t, w)) === t));
  });

  it('gives each part its exact share within one micro', () => {
    fc.assert(
      fc.property(total, weights, (t, w) => {
        const whole = sum(w);
        allocateMicros(t, w).forEach((part, index) => {
          const off = part * whole - t * (w[index] ?? 0n);
          assert.ok(off < whole && off > -whole);
        });
      }),
    );
  });

  it('gives nothing to a zero weight and mirrors a negative total', () => {
    fc.assert(
      fc.property(total, weights, (t, w) => {
        const parts = allocateMicros(t, w);
        parts.forEach((part, index) => {
          if (w[index] === 0n) assert.equal(part, 0n);
        });
        assert.deepEqual(
          allocateMicros(-t, w),
          parts.map((part) => -part),
        );
      }),
    );
  });

  it('breaks ties by the lower index', () => {
    assert.deepEqual(allocateMicros(100n, [1n, 1n, 1n]), [34n, 33n, 33n]);
    assert.deepEqual(allocateMicros(-101n, [1n, 1n, 1n]), [-34n, -34n, -33n]);
    assert.deepEqual(allocateMicros(1n, [0n, 5n, 5n]), [0n, 1n, 0n]);
  });

  it('gives left-over micros to the largest remainder first', () => {
    assert.deepEqual(allocateMicros(10n, [15n, 70n, 15n]), [2n, 7n, 1n]);
    assert.deepEqual(allocateMicros(1n, [1n, 3n]), [0n, 1n]);
  });

  it('throws on weights that make no split', () => {
    assert.throws(() => allocateMicros(1n, []), RangeError);
    assert.throws(() => allocateMicros(1n, [0n, 0n]), RangeError);
    assert.throws(() => allocateMicros(1n, [2n, -1n]), RangeError);
  });
});
