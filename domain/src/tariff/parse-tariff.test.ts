import assert from 'node:assert/strict';
import { parseTariff, parseTariffs } from './parse-tariff.ts';

const component = { type: 'ENERGY', price: '0.25', step_size: 1 };
const tariff = (more: object = {}, priced: object = component, restrictions: object = {}): object => ({
  country_code: 'DE',
  party_id: 'ALL',
  id: '1',
  currency: 'EUR',
  elements: [{ price_components: [priced], restrictions }],
  ...more,
});

const problems = (json: unknown): readonly string[] => {
  const parsed = parseTariff(json);
  assert.ok(!parsed.ok);
  return parsed.error.map(({ code, pointer }) => `${code} ${pointer}`);
};

const notes = (json: unknown): readonly string[] => {
  const parsed = parseTariff(json);
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.error));
  return parsed.value.notes.map(({ code }) => code).filter((code) => code !== 'NUMBER_AS_STRING');
};

const AT = '/elements/0/price_components/0';
const ON = '/elements/0/restrictions';

describe('reading a tariff', () => {
  const wrong: readonly (readonly [name: string, json: unknown, expected: readonly string[]])[] = [
    ['no object', 'x', ['NOT_AN_OBJECT ']],
    ['no currency', tariff({ currency: null }), ['FIELD_MISSING /currency']],
    ['no elements', tariff({ elements: [] }), ['LIST_EMPTY /elements']],
    ['no components', tariff({ elements: [{}] }), ['LIST_EMPTY /elements/0/price_components']],
    ['no price', tariff({}, { ...component, price: null }), [`FIELD_MISSING ${AT}/price`]],
    [
      'a price that is no number',
      tariff({}, { ...component, price: 'free' }),
      [`NUMBER_INVALID ${AT}/price`],
    ],
    ['a price of another type', tariff({}, { ...component, price: true }), [`TYPE_WRONG ${AT}/price`]],
    ['a dimension nobody knows', tariff({}, { ...component, type: 'WATER' }), [`ENUM_UNKNOWN ${AT}/type`]],
    ['a negative tax', tariff({}, { ...component, vat: '-1' }), [`VALUE_OUT_OF_RANGE ${AT}/vat`]],
    ['half a step', tariff({}, { ...component, step_size: '0.5' }), [`VALUE_OUT_OF_RANGE ${AT}/step_size`]],
    [
      'a time of day that is none',
      tariff({}, component, { start_time: '25:00' }),
      [`TIME_INVALID ${ON}/start_time`],
    ],
    [
      'a date that is none',
      tariff({}, component, { end_date: '2019-02-29' }),
      [`DATE_INVALID ${ON}/end_date`],
    ],
    [
      'a weekday that is none',
      tariff({}, component, { day_of_week: ['MONDAY', 'DOOMSDAY'] }),
      [`ENUM_UNKNOWN ${ON}/day_of_week/1`],
    ],
    [
      'a reservation type that is none',
      tariff({}, component, { reservation: 'YES' }),
      [`ENUM_UNKNOWN ${ON}/reservation`],
    ],
    ['a tax_included that is none', tariff({ tax_included: 'MAYBE' }), ['ENUM_UNKNOWN /tax_included']],
    ['a limit without an amount', tariff({ min_price: {} }), ['FIELD_MISSING /min_price/excl_vat']],
  ];
  for (const [name, json, expected] of wrong) {
    it(`says where there is ${name}`, () => {
      assert.deepEqual(problems(json), expected);
    });
  }

  it('lists everything that is wrong at once', () => {
    const broken = tariff({ currency: 3 }, { type: 'FLAT' }, { min_kwh: [] });
    assert.deepEqual(problems(broken), [
      'TYPE_WRONG /currency',
      `FIELD_MISSING ${AT}/price`,
      `TYPE_WRONG ${ON}/min_kwh`,
    ]);
  });

  const lenient: readonly (readonly [name: string, json: unknown, expected: readonly string[]])[] = [
    ['words in lower case', tariff({}, { ...component, type: 'energy' }), ['CASE_REPAIRED']],
    ['no step_size', tariff({}, { type: 'ENERGY', price: '1' }), ['DEFAULT_USED']],
    [
      'nulls for what is optional',
      tariff({ min_price: null, start_date_time: null }, { ...component, vat: null }),
      [],
    ],
    [
      'a second component of a dimension',
      tariff({ elements: [{ price_components: [component, component] }] }),
      ['COMPONENT_REPEATED'],
    ],
    ['a booking restriction', tariff({}, component, { booking: 'BOOKING' }), ['RESTRICTION_UNSUPPORTED']],
    [
      'a window that never opens',
      tariff({}, component, { start_time: '08:00', end_time: '08:00' }),
      ['RESTRICTION_EMPTY_WINDOW'],
    ],
  ];
  for (const [name, json, expected] of lenient) {
    it(`accepts ${name}`, () => {
      assert.deepEqual(notes(json), expected);
    });
  }

  it('keeps every digit of a price, from text, exponent or number', () => {
    const priceOf = (price: unknown): unknown => {
      const parsed = parseTariff(tariff({}, { ...component, price }));
      assert.ok(parsed.ok);
      return parsed.value.tariff.elements[0]?.components[0]?.price;
    };
    assert.deepEqual(priceOf({ isLosslessNumber: true, value: '0.1234567890123456789' }), {
      n: 1234567890123456789n,
      d: 10n ** 19n,
    });
    assert.deepEqual(priceOf({ isLosslessNumber: true, value: '25e-2' }), { n: 1n, d: 4n });
    assert.deepEqual(priceOf(0.1), { n: 1n, d: 10n });
    assert.deepEqual(priceOf('-0.50'), { n: -1n, d: 2n });
  });

  it('refuses numbers made to cost memory', () => {
    assert.deepEqual(problems(tariff({}, { ...component, price: '1e999' })), [`NUMBER_INVALID ${AT}/price`]);
    assert.deepEqual(problems(tariff({}, { ...component, price: '9'.repeat(65) })), [
      `NUMBER_INVALID ${AT}/price`,
    ]);
  });

  it('finds tariffs alone, in lists and in responses, and points into them', () => {
    const count = (json: unknown): number => {
      const parsed = parseTariffs(json);
      assert.ok(parsed.ok);
      return parsed.value.length;
    };
    assert.equal(count(tariff()), 1);
    assert.equal(count([tariff(), tariff()]), 2);
    assert.equal(count({ status_code: 1000, data: [tariff()] }), 1);
    assert.equal(count({ status_code: 1000, data: tariff() }), 1);
    assert.equal(count({ tariffs: [tariff()] }), 1);
    const wrong = parseTariffs({ data: [tariff(), tariff({ currency: 1 })] });
    assert.ok(!wrong.ok);
    assert.equal(wrong.error[0]?.pointer, '/data/1/currency');
    assert.equal(parseTariffs([]).ok, false);
  });
});
