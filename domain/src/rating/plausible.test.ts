import assert from 'node:assert/strict';
import { parseTariffs, UTC_OFFSETS } from '../tariff/index.ts';
import { parseCdr } from './parse-cdr.ts';
import { rateCdr } from './rate-cdr.ts';
import { cdrJson, component, element, tariffJson, type Json } from './testing/build.ts';

const tariff = tariffJson([
  element([
    component('ENERGY', '0.45', 1, '21'),
    component('TIME', '2', 60),
    component('PARKING_TIME', '1', 60),
  ]),
]);

const rated = (cdr: Json) => {
  const [tariffs, parsed] = [parseTariffs(tariff), parseCdr(cdr)];
  assert.ok(tariffs.ok && parsed.ok);
  return rateCdr({
    cdr: parsed.value,
    tariffs: tariffs.value.map((each) => each.tariff),
    zoneOffsets: UTC_OFFSETS,
  });
};
const CODES = ['TIME_IMPOSSIBLE', 'ENERGY_IMPOSSIBLE', 'TOTALS_CONTRADICT'];
const told = (cdr: Json): readonly string[] => {
  const result = rated(cdr);
  assert.ok(result.ok);
  return result.value.notes
    .filter(({ code }) => CODES.includes(code))
    .map(({ code, pointer = '' }) => `${code} ${pointer}`);
};
const iso = (ms: number): string => new Date(ms).toISOString();

/** A session in a year and of a length, whose periods share it evenly. */
const session = (
  startMs: number,
  minutes: number,
  volumes: readonly Readonly<Record<string, string>>[],
  more: Json = {},
): Json => {
  const eachMs = (minutes * 60_000) / volumes.length;
  return cdrJson(
    volumes.map((each, index) => [iso(startMs + index * eachMs), each]),
    iso(startMs + minutes * 60_000),
    more,
  );
};
const YEARS = [2015, 2024, 2031].map((year) => Date.UTC(year, 5, 29, 21, 39, 9));

describe('volumes that cannot be', () => {
  it('are told: minutes where hours belong, in any year and at any place', () => {
    for (const [index, startMs] of YEARS.entries()) {
      const minutes = [90, 47, 12][index] ?? 0;
      const good = { TIME: (minutes / 2 / 60).toFixed(4) };
      const bad = { TIME: String(minutes / 2) };
      assert.deepEqual(told(session(startMs, minutes, [good, bad])), ['TIME_IMPOSSIBLE /charging_periods/1']);
      assert.deepEqual(told(session(startMs, minutes, [bad, good])), ['TIME_IMPOSSIBLE /charging_periods/0']);
      assert.deepEqual(told(session(startMs, minutes, [good, good])), []);
    }
  });

  it('are told: charging and parking that together do not fit', () => {
    for (const startMs of YEARS) {
      const pair = (time: string, parking: string): Json =>
        session(startMs, 120, [{ TIME: time, PARKING_TIME: parking }]);
      assert.deepEqual(told(pair('2', '1')), ['TIME_IMPOSSIBLE /charging_periods/0']);
      assert.deepEqual(told(pair('1.25', '0.75')), []);
      assert.deepEqual(told(pair('1.3333', '0.6668')), []);
    }
  });

  it('are told: an odometer taken for energy, by the period’s power, the outlet’s, and any outlet’s', () => {
    const energy = (kWh: string, more: Json = {}, power: Readonly<Record<string, string>> = {}): Json =>
      session(Date.UTC(2026, 8, 14, 8), 20, [{ ENERGY: kWh, TIME: '0.3333', ...power }], more);
    const at = ['ENERGY_IMPOSSIBLE /charging_periods/0'];
    assert.deepEqual(told(energy('910.031', {}, { MAX_POWER: '11' })), at);
    assert.deepEqual(told(energy('3.85', {}, { MAX_POWER: '11' })), []);
    assert.deepEqual(told(energy('3.86', {}, { MAX_POWER: '11' })), at);
    const socket = (more: Json): Json => ({ cdr_location: { id: 'L', ...more } });
    assert.deepEqual(told(energy('17', socket({ connector_power_type: 'AC_3_PHASE' }))), at);
    assert.deepEqual(told(energy('17', socket({ connector_power_type: 'DC' }))), []);
    assert.deepEqual(told(energy('17', socket({ max_electric_power: 50_000 }))), []);
    assert.deepEqual(told(energy('18', socket({ max_electric_power: 50_000 }))), at);
    const full = { evses: [{ connectors: [{ voltage: 230, amperage: 32, power_type: 'AC_3_PHASE' }] }] };
    assert.deepEqual(told(energy('7.7', { location: full })), []);
    assert.deepEqual(told(energy('7.8', { location: full })), at);
    assert.deepEqual(told(energy('910.031')), []);
    assert.deepEqual(told(energy('91003.1')), at);
  });

  it('are told: totals that the session’s own clock or each other contradict', () => {
    for (const startMs of YEARS) {
      const totals = (more: Json) => told(session(startMs, 90, [{ ENERGY: '1' }], more));
      assert.deepEqual(totals({ total_time: '1.5', total_parking_time: '0.5' }), []);
      assert.deepEqual(totals({ total_time: '90' }), ['TOTALS_CONTRADICT /total_time']);
      assert.deepEqual(totals({ total_time: '1', total_parking_time: '1.2' }), [
        'TOTALS_CONTRADICT /total_parking_time',
      ]);
    }
  });

  it('are still priced as stated: the note is a note', () => {
    const result = rated(session(Date.UTC(2024, 4, 1, 8), 90, [{ TIME: '90' }]));
    assert.equal(result.ok && result.value.totalMicros, 180_000_000n);
  });

  it('do not include a session that ends before it starts: that one is refused', () => {
    const [start, end] = ['2024-05-01T10:00:00Z', '2024-05-01T09:00:00Z'];
    const cdr = { ...cdrJson([[end, { ENERGY: '1' }]], end), start_date_time: start };
    const result = rated(cdr);
    assert.deepEqual(!result.ok && result.error.map(({ code, pointer }) => `${code} ${pointer}`), [
      'SESSION_ENDS_BEFORE_START /end_date_time',
    ]);
  });
});
