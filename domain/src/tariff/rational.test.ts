import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decimalToRational, rationalToDecimal } from './decimal-text.ts';
import { add, compare, divideExact, multiply, rational, subtract, sum } from './rational.ts';

const whole = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const fraction = fc.tuple(whole, fc.bigInt({ min: 1n, max: 10n ** 20n })).map(([n, d]) => rational(n, d));

describe('exact fractions', () => {
  it('add, subtract, multiply and divide without loss', () => {
    fc.assert(
      fc.property(fraction, fraction, (a, b) => {
        assert.equal(compare(subtract(add(a, b), b), a), 0);
        if (b.n !== 0n) assert.equal(compare(divideExact(multiply(a, b), b), a), 0);
      }),
    );
  });

  it('compare as their cross products do', () => {
    fc.assert(
      fc.property(fraction, fraction, (a, b) => {
        const cross = a.n * b.d - b.n * a.d;
        assert.equal(compare(a, b), cross < 0n ? -1 : cross > 0n ? 1 : 0);
      }),
    );
  });

  it('are kept in lowest terms with a positive denominator', () => {
    assert.deepEqual(rational(6n, -4n), { n: -3n, d: 2n });
    assert.deepEqual(rational(0n, 7n), { n: 0n, d: 1n });
    assert.throws(() => rational(1n, 0n), RangeError);
  });

  it('sum many thirds to a whole', () => {
    assert.equal(compare(sum(Array.from({ length: 300 }, () => rational(1n, 3n))), rational(100n)), 0);
  });
});

describe('decimal text', () => {
  it('reads decimals and exponents exactly, and nothing else', () => {
    assert.deepEqual(decimalToRational('12.340'), { n: 617n, d: 50n });
    assert.deepEqual(decimalToRational('-1.5E+3'), { n: -1500n, d: 1n });
    for (const text of ['', '.', '1,5', '0x10', 'NaN', '1e', '--1', '1e1000', ' 1']) {
      assert.equal(decimalToRational(text), undefined, text);
    }
  });

  it('writes without exponent, rounded at the asked digit', () => {
    assert.equal(rationalToDecimal(rational(2n, 3n), 4), '0.6667');
    assert.equal(rationalToDecimal(rational(-1n, 8n), 2), '-0.13');
    assert.equal(rationalToDecimal(rational(10n ** 25n), 6), '10000000000000000000000000');
  });
});
