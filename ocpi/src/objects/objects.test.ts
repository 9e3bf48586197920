import assert from 'node:assert/strict';
import { exactJsonText, parseJsonKeepingNumbers } from '@roamgrid/wire';
import type { z } from 'zod';
import { chargingProfileResult, setChargingProfile } from './charging-profiles.ts';
import { cdrText, ownExamples, tariffText } from './examples.fixture.ts';
import { clientInfo } from './hub-client-info.ts';
import { OBJECTS } from './index.ts';
import { isTree, patched, readObject, type JsonTree } from './read.ts';
import { idKey, isSameId, numberOf, timeMs } from './scalars.ts';

const tree = (text: string): JsonTree => {
  const parsed = parseJsonKeepingNumbers(text);
  assert.ok(parsed.ok && isTree(parsed.value), text);
  return parsed.value;
};
const faults = (schema: z.ZodType, value: unknown): string => {
  const read = readObject(schema, value);
  return read.ok ? '' : read.error;
};

const schemas = OBJECTS['2.2.1'] as unknown as Readonly<Record<string, z.ZodType>>;
const schema = (name: string): z.ZodType => {
  const found = schemas[name];
  assert.ok(found, name);
  return found;
};

describe('an object of OCPI', () => {
  for (const [name, text] of Object.entries(ownExamples))
    it(`that is a ${name} is taken, and kept with its unknown fields, its order and every digit`, () => {
      const value = tree(text);
      const read = readObject(schema(name), value);
      assert.ok(read.ok, read.ok ? '' : read.error);
      const squeezed = text.replaceAll(/\s*\n\s*/g, '').replaceAll(/([{}[\],:]) | (?=[}\]])/g, '$1');
      assert.equal(exactJsonText(read.value), squeezed.replaceAll(/([:,[{]) /g, '$1'));
    });

  const wrong: readonly (readonly [what: string, name: string, change: object, fault: RegExp])[] = [
    ['a location without a country', 'location', { country: null }, /^\/country: /],
    ['an outlet without a connector', 'location', { evses: [{ uid: 'E1' }] }, /\/evses\/0\/connectors/],
    [
      'a status that nobody knows',
      'location',
      { evses: [{ uid: 'E1', status: 'NAPPING' }] },
      /\/evses\/0\/status/,
    ],
    [
      'a place that is none',
      'location',
      { coordinates: { latitude: 'north', longitude: '7.2' } },
      /latitude/,
    ],
    ['an id that is too long', 'token', { uid: 'x'.repeat(37) }, /^\/uid: /],
    ['an id that is no printable ASCII', 'token', { uid: 'kärte' }, /^\/uid: printable ASCII/],
    ['a time that is none', 'session', { start_date_time: '2026-02-30T00:00:00Z' }, /start_date_time/],
    ['energy as text', 'session', { kwh: '1.5' }, /^\/kwh: a number/],
    ['an element without a component', 'tariff', { elements: [{}] }, /^\/elements\/0\/price_components: /],
    ['a CDR without periods', 'cdr', { charging_periods: [] }, /charging_periods/],
    ['a credit that is for nothing', 'cdr', { credit: true }, /^\/credit_reference_id: /],
    ['a price of the other version', 'cdr', { total_cost: { before_taxes: 1 } }, /^\/total_cost\/excl_vat: /],
  ];
  for (const [what, name, change, fault] of wrong)
    it(`that is ${what} is refused, and the fault is named by its place`, () => {
      assert.match(faults(schema(name), patched(tree(ownExamples[name] ?? ''), change as JsonTree)), fault);
    });

  it('is another one in the next version: prices with taxes, a tariff that says whether they are in it, open words', () => {
    const { cdr, tariff, token, location } = OBJECTS['2.3.0'];
    const cost =
      '{ "before_taxes": 3.90, "taxes": [{ "name": "VAT", "percentage": 19.0, "amount": 0.741 }] }';
    assert.equal(faults(cdr, tree(cdrText('C', cost, '', tariffText('"tax_included": "NO", ')))), '');
    assert.match(faults(tariff, tree(tariffText())), /^\/tax_included: /);
    const emaid = patched(tree(ownExamples['token'] ?? ''), { type: 'EMAID' });
    assert.equal(faults(token, emaid), '');
    assert.match(faults(OBJECTS['2.2.1'].token, emaid), /^\/type: /);
    const garden = patched(tree(ownExamples['location'] ?? ''), { facilities: ['GARDEN'] });
    assert.equal(faults(location, garden), '');
    assert.match(faults(OBJECTS['2.2.1'].location, garden), /^\/facilities\/0: /);
  });

  it('of the smaller modules is checked too', () => {
    const { commands, credentials } = OBJECTS['2.2.1'];
    const token = tree(ownExamples['token'] ?? '');
    const start = { response_url: 'https://msp.example/r/1', token, location_id: 'L1' };
    assert.equal(faults(commands.bodies.START_SESSION, start), '');
    assert.match(faults(commands.bodies.START_SESSION, { ...start, token: {} }), /^\/token\//);
    assert.match(faults(commands.result, { result: 'MAYBE' }), /^\/result: /);
    const profile = {
      charging_rate_unit: 'W',
      charging_profile_period: [{ start_period: numberOf('0'), limit: numberOf('11000') }],
    };
    const set = { charging_profile: profile, response_url: 'https://msp.example/r/2' };
    assert.equal(faults(setChargingProfile, set), '');
    assert.match(faults(chargingProfileResult, { result: 'TOO_OFTEN' }), /^\/result: /);
    const party = { country_code: 'NL', party_id: 'MSP', role: 'EMSP' };
    const info = { ...party, status: 'CONNECTED', last_updated: '2026-03-01T08:00:00' };
    assert.equal(faults(clientInfo, info), '');
    const roles = [{ ...party, business_details: { name: 'Cards' } }];
    assert.equal(faults(credentials, { token: 'abc', url: 'https://msp.example/ocpi/versions', roles }), '');
    assert.match(
      faults(credentials, { token: 'a b', url: 'https://msp.example/', roles: [] }),
      /\/token: .*\/roles: /,
    );
  });

  it('never takes a written look-alike of a number for one that carries more', () => {
    const sneaky = tree('{"a":{"isLosslessNumber":true,"value":"1,\\"b\\":2"}}');
    assert.deepEqual(JSON.parse(exactJsonText(sneaky)), {
      a: { isLosslessNumber: true, value: '1,"b":2' },
    });
  });
});

describe('ids and times of OCPI', () => {
  it('are the same without regard to case, to Z, and to fractions that are nought', () => {
    assert.ok(isSameId('l-harbour-1', 'L-HARBOUR-1') && !isSameId('L1', 'L2'));
    assert.equal(idKey('straSse'), 'STRASSE');
    for (const same of ['2026-03-01T08:00:00', '2026-03-01T08:00:00Z', '2026-03-01T08:00:00.000Z'])
      assert.equal(timeMs(same), Date.UTC(2026, 2, 1, 8));
    assert.equal(timeMs('2026-03-01T08:00:00.250'), Date.UTC(2026, 2, 1, 8) + 250);
  });
});
