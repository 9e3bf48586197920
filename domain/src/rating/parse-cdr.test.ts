import assert from 'node:assert/strict';
import { parseCdr } from './parse-cdr.ts';
import { cdrJson, type Json } from './testing/build.ts';

const one = cdrJson([['2019-01-07T10:00:00Z', { ENERGY: '1' }]], '2019-01-07T11:00:00Z');
const period = { start_date_time: '2019-01-07T10:00:00Z', dimensions: [{ type: 'ENERGY', volume: '1' }] };

const problems = (json: unknown): readonly string[] => {
  const parsed = parseCdr(json);
  assert.ok(!parsed.ok);
  return parsed.error.map(({ code, pointer }) => `${code} ${pointer}`);
};

describe('reading a CDR', () => {
  const wrong: readonly (readonly [name: string, json: unknown, expected: readonly string[]])[] = [
    ['no object', [1, 2], ['NOT_AN_OBJECT ']],
    [
      'no times',
      { ...one, start_date_time: null, end_date_time: undefined },
      ['FIELD_MISSING /start_date_time', 'FIELD_MISSING /end_date_time'],
    ],
    [
      'a time that is none',
      { ...one, end_date_time: '2019-02-30T10:00:00Z' },
      ['DATE_TIME_INVALID /end_date_time'],
    ],
    ['no periods', { ...one, charging_periods: [] }, ['LIST_EMPTY /charging_periods']],
    [
      'periods that are no list',
      { ...one, charging_periods: {} },
      ['TYPE_WRONG /charging_periods', 'LIST_EMPTY /charging_periods'],
    ],
    [
      'a period without a start',
      { ...one, charging_periods: [{ dimensions: [] }] },
      ['FIELD_MISSING /charging_periods/0/start_date_time'],
    ],
    [
      'a volume that is no number',
      { ...one, charging_periods: [{ ...period, dimensions: [{ type: 'ENERGY', volume: '1,5' }] }] },
      ['NUMBER_INVALID /charging_periods/0/dimensions/0/volume'],
    ],
    [
      'a volume that is missing',
      { ...one, charging_periods: [period, { ...period, dimensions: [{ type: 'TIME' }] }] },
      ['FIELD_MISSING /charging_periods/1/dimensions/0/volume'],
    ],
    [
      'a negative time',
      { ...one, charging_periods: [{ ...period, dimensions: [{ type: 'TIME', volume: '-1' }] }] },
      ['VALUE_OUT_OF_RANGE /charging_periods/0/dimensions/0/volume'],
    ],
    [
      'a broken tariff inside',
      { ...one, tariffs: [{ currency: 'EUR', elements: [] }] },
      ['LIST_EMPTY /tariffs/0/elements'],
    ],
  ];
  for (const [name, json, expected] of wrong) {
    it(`says where there is ${name}`, () => {
      assert.deepEqual(problems(json), expected);
    });
  }

  const right: readonly (readonly [name: string, json: unknown])[] = [
    ['inside an OCPI response', { status_code: 1000, data: one }],
    ['as the only one of a list', [one]],
    [
      'of 2.1.1 with stop_date_time',
      { ...one, end_date_time: undefined, stop_date_time: '2019-01-07T11:00:00Z' },
    ],
    ['without a Z, as UTC', { ...one, end_date_time: '2019-01-07T11:00:00' }],
    ['with an offset for the Z', { ...one, end_date_time: '2019-01-07T13:00:00.000+02:00' }],
    [
      'with a dimension nobody knows',
      {
        ...one,
        charging_periods: [{ ...period, dimensions: [...period.dimensions, { type: 'X', volume: '1' }] }],
      },
    ],
  ];
  for (const [name, json] of right) {
    it(`reads one ${name}`, () => {
      const parsed = parseCdr(json);
      assert.ok(parsed.ok);
      assert.equal(parsed.value.endMs, Date.UTC(2019, 0, 7, 11));
      assert.deepEqual(parsed.value.periods[0]?.volumes.get('ENERGY'), { n: 1n, d: 1n });
    });
  }

  it('takes each version by how it states its total', () => {
    const of = (total: Json | string): string => {
      const parsed = parseCdr({ ...one, total_cost: total });
      assert.ok(parsed.ok);
      return parsed.value.version;
    };
    assert.equal(of('4.00'), '2.1.1');
    assert.equal(of({ excl_vat: '4.00', incl_vat: '4.40' }), '2.2.1');
    assert.equal(of({ before_taxes: '4.00', taxes: [{ name: 'VAT', amount: '0.40' }] }), '2.3.0');
  });

  it('adds up the taxes that a 2.3.0 price states', () => {
    const taxes = [
      { name: 'GST', amount: '0.25' },
      { name: 'QST', amount: '0.50' },
    ];
    const parsed = parseCdr({ ...one, total_cost: { before_taxes: '5', taxes } });
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value.statedCosts.get('total_cost')?.afterTax, { n: 23n, d: 4n });
  });
});
