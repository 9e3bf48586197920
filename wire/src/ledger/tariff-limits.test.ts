import assert from 'node:assert/strict';
import { checkTariffLimits } from './tariff-limits.ts';

const limits = {
  currency: 'USD',
  floorMicrosPerKWh: 200_000n,
  ceilingMicrosPerKWh: 500_000n,
};
const tariff = (prices: readonly string[], more = '') =>
  `{"id":"T","currency":"USD","country_code":"US","party_id":"DUK","last_updated":"2026-01-01T00:00:00Z"${more},"elements":[${prices
    .map((price) => `{"price_components":[{"type":"ENERGY","price":${price},"vat":25,"step_size":1}]}`)
    .join(',')}]}`;

describe('the limits of a tariff', () => {
  it('admit both ends of the agreed range, to the micro', () => {
    assert.deepEqual(checkTariffLimits(tariff(['0.2', '0.5']), limits), {
      ok: true,
      value: { minMicrosPerKWh: 200_000n, maxMicrosPerKWh: 500_000n },
    });
  });

  it('are kept exactly, each refusal by its name', () => {
    const cases: readonly [string, string][] = [
      ['UNDER_FLOOR', tariff(['0.19999999'])],
      ['OVER_CEILING', tariff(['0.3', '0.50000001'])],
      ['CURRENCY_DIFFERS', tariff(['0.3']).replace('USD', 'EUR')],
      ['TARIFF_INVALID', tariff(['"x"'])],
      ['TARIFF_INVALID', '{'],
      ['TARIFF_INVALID', tariff(['0.3'], ',"restriction":{"end_time":"21:00"}')],
      ['UNDER_FLOOR', tariff(['1']).replace('ENERGY', 'TIME')],
      ['ok', tariff(['0.3'])],
    ];
    for (const [code, text] of cases) {
      const result = checkTariffLimits(text, limits);
      assert.equal(result.ok ? 'ok' : result.error.code, code, text);
    }
  });

  it('look at the price before tax when the tariff states prices with tax', () => {
    const included = ',"tax_included":"YES"';
    const gross = `{"id":"T","currency":"USD","country_code":"US","party_id":"DUK","last_updated":"2026-01-01T00:00:00Z"${included},"elements":[{"price_components":[{"type":"ENERGY","price":0.625,"vat":25,"step_size":1}]}]}`;
    assert.deepEqual(checkTariffLimits(gross, limits), {
      ok: true,
      value: { minMicrosPerKWh: 500_000n, maxMicrosPerKWh: 500_000n },
    });
  });
});
