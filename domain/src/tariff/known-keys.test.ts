import assert from 'node:assert/strict';
import { parseCdr } from '../rating/index.ts';
import { cdrJson, component, element, tariffJson, type Json } from '../rating/testing/build.ts';
import { parseTariff } from './parse-tariff.ts';

const told = (tariff: Json): readonly string[] => {
  const parsed = parseTariff(tariff);
  assert.ok(parsed.ok);
  return parsed.value.notes
    .filter(({ code }) => code === 'KEY_UNKNOWN')
    .map(({ pointer = '', message }) => `${pointer} ${/mean (\w+)\?/.exec(message)?.[1] ?? '-'}`);
};

const energy = component('ENERGY', '1', 1);

/** Ways in which people misspell a field, whichever it is. */
const MISSPELLINGS: readonly (readonly [name: string, misspell: (field: string) => string])[] = [
  ['camel case', (field) => field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())],
  ['the singular or plural', (field) => (field.endsWith('s') ? field.slice(0, -1) : `${field}s`)],
  ['kebab case', (field) => field.replaceAll('_', '-')],
  ['capitals', (field) => field.toUpperCase()],
  ['a lost letter', (field) => `${field.slice(0, 3)}${field.slice(4)}`],
  ['two letters swapped', (field) => `${field.charAt(1)}${field.charAt(0)}${field.slice(2)}`],
];
const FIELDS = ['min_duration', 'max_current', 'day_of_week', 'start_time', 'reservation'] as const;

describe('a key that OCPI does not have', () => {
  it('is told with its pointer and with the field that was meant, as in the reported tariff', () => {
    const reported = { ...element([energy]), restriction: { end_time: '21:00' } };
    assert.deepEqual(told(tariffJson([reported, element([component('ENERGY', '10', 1)])])), [
      '/elements/0/restriction restrictions',
    ]);
    const camel = { ...component('ENERGY', '2', 1), stepSize: 10_000 };
    assert.deepEqual(told(tariffJson([element([camel], { maxCurrent: '20' })])), [
      '/elements/0/price_components/0/stepSize step_size',
      '/elements/0/restrictions/maxCurrent max_current',
    ]);
  });

  for (const [name, misspell] of MISSPELLINGS) {
    it(`is told when it is a field in ${name}`, () => {
      for (const field of FIELDS) {
        const wrong = misspell(field);
        if (wrong === field) continue;
        const tariff = tariffJson([element([energy]), element([energy], { [wrong]: null })]);
        assert.deepEqual(told(tariff), [`/elements/1/restrictions/${wrong} ${field}`]);
      }
    });
  }

  it('is told in every object of a tariff and a CDR, also where nothing like it exists', () => {
    const priced = { ...energy, colour: 'red' };
    const limit = { excl_vat: '1', gross: '2' };
    const tariff = tariffJson([{ ...element([priced], { weather: 1 }), x: 0 }], {
      'a/b': 1,
      min_price: limit,
    });
    assert.deepEqual(told(tariff), [
      '/a~1b -',
      '/elements/0/x -',
      '/elements/0/price_components/0/colour -',
      '/elements/0/restrictions/weather -',
      '/min_price/gross -',
    ]);
    const cdr = cdrJson([['2025-01-01T10:00:00Z', { ENERGY: '1' }]], '2025-01-01T11:00:00Z', {
      totalCost: 4,
      total_cost: { before_taxes: 1, taxes: [{ name: 'VAT', amount: 1, precentage: 2 }] },
    });
    const parsed = parseCdr(cdr);
    assert.ok(parsed.ok);
    assert.deepEqual(
      parsed.value.notes.filter(({ code }) => code === 'KEY_UNKNOWN').map(({ pointer }) => pointer),
      ['/totalCost', '/total_cost/taxes/0/precentage'],
    );
  });

  it('is none of the fields of any version', () => {
    const known = tariffJson(
      [element([component('TIME', '1', 1, '20')], { booking: null, max_power: '1' })],
      {
        tariff_alt_text: [],
        energy_mix: {},
        tax_included: 'NO',
        last_updated: '2024-01-01T00:00:00Z',
      },
    );
    assert.deepEqual(told(known), []);
  });
});
