import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import { currencyCode } from './currency.ts';
import {
  formatMinor,
  microsOfMinor,
  microsPerMinor,
  parseMinor,
  payableOf,
  wholeMinor,
} from './minor-amount.ts';

const currency = fc.constantFrom(
  ...['USD', 'EUR', 'JPY', 'KWD', 'CLF'].map((code) => unwrap(currencyCode(code))),
);
const micros = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const of = (code: string) => unwrap(currencyCode(code));

describe('amounts that can be paid', () => {
  it('and what is left of them are the whole, and less than one unit is left', () => {
    fc.assert(
      fc.property(currency, micros, (code, amount) => {
        const { payable, leftMicros } = payableOf(code, amount);
        assert.equal(microsOfMinor(payable) + leftMicros, amount);
        assert.ok((leftMicros < 0n ? -leftMicros : leftMicros) < microsPerMinor(code));
        // Toward zero: nobody is asked for more than there is.
        assert.ok(leftMicros === 0n || leftMicros > 0n === amount > 0n);
      }),
    );
  });

  it('have as many places as the currency, and read back', () => {
    const shown = [
      ['USD', 1_234_500_000n, '1234.50'],
      ['JPY', 1_000_000_000n, '1000'],
      ['KWD', 1_125_000n, '1.125'],
      ['CLF', 1_234_500n, '1.2345'],
    ] as const;
    for (const [code, amount, text] of shown)
      assert.equal(formatMinor(unwrap(wholeMinor(of(code), amount))), text);
    fc.assert(
      fc.property(currency, micros, (code, amount) => {
        const { payable } = payableOf(code, amount);
        assert.deepEqual(unwrap(parseMinor(formatMinor(payable), code)), payable);
      }),
    );
  });

  it('are read with zeros behind, and refused with more than the currency has', () => {
    assert.equal(unwrap(parseMinor('1000.00', of('JPY'))).minor, 1_000n);
    assert.equal(unwrap(parseMinor('12.34000', of('USD'))).minor, 1_234n);
    for (const [text, code] of [
      ['1000.5', 'JPY'],
      ['12.345', 'USD'],
      ['1.2345', 'KWD'],
    ] as const) {
      const read = parseMinor(text, of(code));
      assert.ok(!read.ok && read.error.code === 'DECIMAL_TOO_PRECISE', text);
    }
  });

  it('are refused where something would be left over', () => {
    const refused = wholeMinor(of('USD'), 12_345n);
    assert.ok(!refused.ok);
    assert.equal(refused.error.code, 'AMOUNT_NOT_PAYABLE');
    assert.equal(unwrap(wholeMinor(of('USD'), 20_000n)).minor, 2n);
  });
});
