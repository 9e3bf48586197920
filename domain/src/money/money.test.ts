import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import { currencyCode } from './currency.ts';
import { formatMoney, parseMoney } from './money-text.ts';
import {
  addMoney,
  compareMoney,
  money,
  negateMoney,
  scaleMoney,
  subtractMoney,
  sumMoney,
  zeroMoney,
} from './money.ts';

const USD = unwrap(currencyCode('USD'));
const EUR = unwrap(currencyCode('EUR'));
const micros = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const usd = micros.map((value) => money(USD, value));

describe('Money', () => {
  it('adds commutatively and associatively, and subtracting undoes adding', () => {
    fc.assert(
      fc.property(usd, usd, usd, (a, b, c) => {
        assert.deepEqual(addMoney(a, b), addMoney(b, a));
        assert.deepEqual(addMoney(unwrap(addMoney(a, b)), c), addMoney(a, unwrap(addMoney(b, c))));
        assert.deepEqual(unwrap(subtractMoney(unwrap(addMoney(a, b)), b)), a);
        assert.deepEqual(unwrap(addMoney(a, negateMoney(a))), zeroMoney(USD));
      }),
    );
  });

  it('compares as its micros do', () => {
    fc.assert(
      fc.property(usd, usd, (a, b) => {
        const expected = a.micros < b.micros ? -1 : a.micros > b.micros ? 1 : 0;
        assert.equal(unwrap(compareMoney(a, b)), expected);
      }),
    );
  });

  it('refuses to combine two currencies and names both', () => {
    const refusal = {
      ok: false,
      error: {
        code: 'CURRENCY_MISMATCH',
        message: 'USD and EUR cannot be combined: convert one of them first',
        left: USD,
        right: EUR,
      },
    };
    for (const combine of [addMoney, subtractMoney, compareMoney]) {
      assert.deepEqual(combine(money(USD, 1n), money(EUR, 1n)), refusal);
    }
    assert.deepEqual(sumMoney(USD, [money(USD, 1n), money(EUR, 1n)]), refusal);
  });

  it('sums a list, and an empty one to zero of the currency asked for', () => {
    assert.deepEqual(unwrap(sumMoney(USD, [money(USD, 2n), money(USD, 40n)])), money(USD, 42n));
    assert.deepEqual(unwrap(sumMoney(EUR, [])), zeroMoney(EUR));
  });

  it('scales with the rounding that is named', () => {
    assert.deepEqual(scaleMoney(money(USD, 5n), 1n, 2n, 'half-even'), money(USD, 2n));
    assert.deepEqual(scaleMoney(money(USD, 5n), 1n, 2n, 'half-up'), money(USD, 3n));
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(usd, (amount) => {
        const [text = '', currency = ''] = formatMoney(amount).split(' ');
        assert.deepEqual(unwrap(parseMoney(text, currency)), amount);
      }),
    );
  });

  it('names a bad currency and a bad amount', () => {
    for (const bad of ['usd', 'US', 'USDT', '', 'U$D']) {
      const result = parseMoney('1', bad);
      assert.ok(!result.ok && result.error.code === 'CURRENCY_INVALID' && result.error.message.includes(bad));
    }
    const result = parseMoney('1,50', 'USD');
    assert.ok(!result.ok && result.error.code === 'DECIMAL_INVALID');
  });
});
