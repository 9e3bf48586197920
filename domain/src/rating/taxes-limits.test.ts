import assert from 'node:assert/strict';
import { cdrJson, component, element, price, tariffJson, total, type Json } from './testing/build.ts';

const at = (time: string): string => `2019-01-07T${time}:00Z`;
const kWh = (amount: string): Json => cdrJson([[at('10:00'), { ENERGY: amount, TIME: '1' }]], at('11:00'));
const limited = (limits: Json, vat = '20'): Json =>
  tariffJson([element([component('ENERGY', '1', 1, vat)])], limits);

describe('taxes', () => {
  it('are listed by rate and add up', () => {
    const tariff = tariffJson([
      element([
        component('FLAT', '1', 1, '20'),
        component('ENERGY', '1', 1, '10'),
        component('TIME', '1', 1, '20'),
      ]),
    ]);
    const rated = price(tariff, kWh('10'));
    assert.deepEqual(rated.taxes, [
      { percent: '20', taxMicros: 400_000n },
      { percent: '10', taxMicros: 1_000_000n },
    ]);
    assert.equal(rated.taxMicros, 1_400_000n);
  });

  it('are taken out of prices that include them', () => {
    const tariff = tariffJson([element([component('ENERGY', '1.20', 1, '20')])], { tax_included: 'YES' });
    assert.equal(total(price(tariff, kWh('10'))), '10.00 / 12.00');
  });

  it('leave the stated price whole after taking them out of one that does not divide', () => {
    const tariff = tariffJson([element([component('ENERGY', '1', 1, '19')])], { tax_included: 'YES' });
    assert.equal(total(price(tariff, kWh('1'))), '0.840336 / 1.00');
  });

  it('are none where the tariff says N/A, with a note', () => {
    const tariff = tariffJson([element([component('ENERGY', '1', 1, '19')])], { tax_included: 'N/A' });
    const rated = price(tariff, kWh('1'));
    assert.equal(total(rated), '1.00 / 1.00');
    assert.deepEqual(rated.taxes, []);
  });

  it('of 0 percent are listed, absent ones are not', () => {
    assert.deepEqual(price(limited({}, '0'), kWh('1')).taxes, [{ percent: '0', taxMicros: 0n }]);
    assert.deepEqual(price(tariffJson([element([component('ENERGY', '1')])]), kWh('1')).taxes, []);
  });
});

describe('minimum and maximum price', () => {
  const rows: readonly (readonly [name: string, tariff: Json, used: string, expected: string])[] = [
    [
      'a minimum before tax alone keeps the tax rate',
      limited({ min_price: { excl_vat: '5' } }),
      '2',
      '5.00 / 6.00',
    ],
    [
      'a minimum after tax alone keeps the tax rate',
      limited({ min_price: { incl_vat: '6' } }),
      '2',
      '5.00 / 6.00',
    ],
    [
      'a maximum after tax alone keeps the tax rate',
      limited({ max_price: { incl_vat: '6' } }),
      '9',
      '5.00 / 6.00',
    ],
    ['a bare number limits before tax', limited({ max_price: '5' }), '9', '5.00 / 6.00'],
    [
      'both sides apply, each on its own',
      limited({ min_price: { excl_vat: '3', incl_vat: '5' } }),
      '4',
      '4.00 / 5.00',
    ],
    [
      'a maximum may bind only after tax',
      limited({ max_price: { before_taxes: '10', after_taxes: '11' } }),
      '9.5',
      '9.50 / 11.00',
    ],
    [
      'a minimum for nothing used takes the common rate',
      limited({ min_price: { excl_vat: '5' } }),
      '0',
      '5.00 / 6.00',
    ],
    [
      'the maximum wins over a larger minimum',
      limited({
        min_price: { excl_vat: '9', incl_vat: '9.9' },
        max_price: { excl_vat: '5', incl_vat: '5.5' },
      }),
      '1',
      '5.00 / 5.50',
    ],
  ];
  for (const [name, tariff, used, expected] of rows) {
    it(`${name}: ${expected}`, () => {
      assert.equal(total(price(tariff, kWh(used))), expected);
    });
  }

  it('stand as a line of their own, so that the lines still add up', () => {
    const rated = price(limited({ max_price: { excl_vat: '5', incl_vat: '6' } }), kWh('9'));
    assert.deepEqual(
      rated.lines.map(({ type, micros }) => [type, micros]),
      [
        ['ENERGY', 9_000_000n],
        ['MAX_PRICE', -4_000_000n],
      ],
    );
    assert.deepEqual(rated.taxes, [{ percent: '20', taxMicros: 1_000_000n }]);
    assert.equal(rated.energy.micros, 9_000_000n);
  });

  it('hold for each tariff of a session apart', () => {
    const tariffs = [
      { ...limited({ min_price: { excl_vat: '5', incl_vat: '6' } }), id: 'A' },
      { ...limited({ min_price: { excl_vat: '3', incl_vat: '3.6' } }), id: 'B' },
    ];
    const cdr = cdrJson(
      [
        [at('10:00'), { ENERGY: '1' }, 'A'],
        [at('11:00'), { ENERGY: '4' }, 'b'],
      ],
      at('12:00'),
    );
    assert.equal(total(price(tariffs, cdr)), '9.00 / 10.80');
  });
});
