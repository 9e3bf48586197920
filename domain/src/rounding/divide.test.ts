import assert from 'node:assert/strict';
import fc from 'fast-check';
import { divide, isRoundingMode, ROUNDING_MODES, roundToMultiple, type RoundingMode } from './divide.ts';

const mode = fc.constantFrom(...ROUNDING_MODES);
const amount = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
const nonZero = amount.filter((value) => value !== 0n);
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** Tenths in, whole units out; the table of java.math.RoundingMode plus one decimal row. */
const TABLE: readonly (readonly [tenths: bigint, expected: Readonly<Record<RoundingMode, bigint>>])[] = [
  [55n, { up: 6n, down: 5n, ceiling: 6n, floor: 5n, 'half-up': 6n, 'half-even': 6n }],
  [25n, { up: 3n, down: 2n, ceiling: 3n, floor: 2n, 'half-up': 3n, 'half-even': 2n }],
  [16n, { up: 2n, down: 1n, ceiling: 2n, floor: 1n, 'half-up': 2n, 'half-even': 2n }],
  [11n, { up: 2n, down: 1n, ceiling: 2n, floor: 1n, 'half-up': 1n, 'half-even': 1n }],
  [10n, { up: 1n, down: 1n, ceiling: 1n, floor: 1n, 'half-up': 1n, 'half-even': 1n }],
  [4n, { up: 1n, down: 0n, ceiling: 1n, floor: 0n, 'half-up': 0n, 'half-even': 0n }],
  [-4n, { up: -1n, down: 0n, ceiling: 0n, floor: -1n, 'half-up': 0n, 'half-even': 0n }],
  [-10n, { up: -1n, down: -1n, ceiling: -1n, floor: -1n, 'half-up': -1n, 'half-even': -1n }],
  [-11n, { up: -2n, down: -1n, ceiling: -1n, floor: -2n, 'half-up': -1n, 'half-even': -1n }],
  [-16n, { up: -2n, down: -1n, ceiling: -1n, floor: -2n, 'half-up': -2n, 'half-even': -2n }],
  [-25n, { up: -3n, down: -2n, ceiling: -2n, floor: -3n, 'half-up': -3n, 'half-even': -2n }],
  [-55n, { up: -6n, down: -5n, ceiling: -5n, floor: -6n, 'half-up': -6n, 'half-even': -6n }],
];

describe('divide', () => {
  for (const [tenths, expected] of TABLE) {
    for (const name of ROUNDING_MODES) {
      it(`rounds ${tenths} tenths ${name} to ${expected[name]}`, () => {
        assert.equal(divide(tenths, 10n, name), expected[name]);
        assert.equal(divide(-tenths, -10n, name), expected[name]);
      });
    }
  }

  it('is never a whole unit away from the exact quotient', () => {
    fc.assert(fc.property(amount, nonZero, mode, (n, d, m) => abs(divide(n, d, m) * d - n) < abs(d)));
  });

  it('is exact when the denominator divides the numerator, in every mode', () => {
    fc.assert(fc.property(amount, nonZero, mode, (q, d, m) => divide(q * d, d, m) === q));
  });

  it('is at most half a unit away in the half modes', () => {
    const half = fc.constantFrom<RoundingMode>('half-even', 'half-up');
    fc.assert(fc.property(amount, nonZero, half, (n, d, m) => 2n * abs(divide(n, d, m) * d - n) <= abs(d)));
  });

  it('mirrors at zero in every mode but ceiling and floor, which swap', () => {
    const mirrored = (m: RoundingMode): RoundingMode =>
      m === 'ceiling' ? 'floor' : m === 'floor' ? 'ceiling' : m;
    fc.assert(
      fc.property(amount, nonZero, mode, (n, d, m) => divide(-n, d, m) === -divide(n, d, mirrored(m))),
    );
  });

  it('never falls when the numerator rises', () => {
    const positive = fc.bigInt({ min: 1n, max: 1000n });
    fc.assert(
      fc.property(
        amount,
        positive,
        positive,
        mode,
        (n, more, d, m) => divide(n, d, m) <= divide(n + more, d, m),
      ),
    );
  });

  it('throws on a zero denominator', () => {
    for (const name of ROUNDING_MODES) assert.throws(() => divide(1n, 0n, name), RangeError);
  });
});

describe('roundToMultiple', () => {
  it('gives the neighbouring multiple that the mode names', () => {
    assert.equal(roundToMultiple(17n, 5n, 'half-even'), 15n);
    assert.equal(roundToMultiple(17n, 5n, 'up'), 20n);
    assert.equal(roundToMultiple(-17n, 5n, 'ceiling'), -15n);
  });

  it('throws on a step that is not positive', () => {
    assert.throws(() => roundToMultiple(1n, 0n, 'up'), RangeError);
    assert.throws(() => roundToMultiple(1n, -5n, 'up'), RangeError);
  });
});

describe('isRoundingMode', () => {
  it('knows its modes and nothing else', () => {
    for (const name of ROUNDING_MODES) assert.ok(isRoundingMode(name));
    for (const name of ['', 'HALF-EVEN', 'half_up', 'toString', '__proto__'])
      assert.ok(!isRoundingMode(name));
  });
});
