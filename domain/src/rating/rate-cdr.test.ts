import assert from 'node:assert/strict';
import { parseTariffs, UTC_OFFSETS, type ProblemCode } from '../tariff/index.ts';
import { parseCdr } from './parse-cdr.ts';
import { rateCdr } from './rate-cdr.ts';
import {
  cdrJson,
  component,
  element,
  lines,
  price,
  tariffJson,
  total,
  type Json,
  type PeriodRow,
} from './testing/build.ts';

const at = (time: string): string => `2019-01-07T${time}:00Z`;
const perKWh = (amount: string, more: Json = {}): Json =>
  tariffJson([element([component('FLAT', '1'), component('ENERGY', amount, 1000)])], more);

const failure = (tariffs: unknown, cdr: Json): readonly (readonly [ProblemCode, string])[] => {
  const parsedCdr = parseCdr(cdr);
  const parsedTariffs = tariffs === undefined ? undefined : parseTariffs(tariffs);
  assert.ok(parsedCdr.ok);
  assert.ok(parsedTariffs?.ok ?? true);
  const rated = rateCdr({
    cdr: parsedCdr.value,
    zoneOffsets: UTC_OFFSETS,
    ...(parsedTariffs?.ok && { tariffs: parsedTariffs.value.map(({ tariff }) => tariff) }),
  });
  assert.ok(!rated.ok);
  return rated.error.map(({ code, pointer }) => [code, pointer]);
};

describe('the tariff of a period', () => {
  const switching: readonly PeriodRow[] = [
    [at('10:00'), { ENERGY: '1.4' }, 'A'],
    [at('11:00'), { ENERGY: '1.4' }, 'B'],
  ];
  const both = [perKWh('1', { id: 'A' }), perKWh('2', { id: 'B' })];

  it('is the one it names; step size counts once, a start fee once a tariff', () => {
    assert.deepEqual(lines(price(both, cdrJson(switching, at('12:00')))), [
      'FLAT[0] 1 = 1.00',
      'ENERGY[0] 1.4 = 1.40',
      'FLAT[0] 1 = 1.00',
      'ENERGY[0] 1.6 = 3.20',
    ]);
  });

  it('is refused when several are there and none has the name', () => {
    const cdr = cdrJson([[at('10:00'), { ENERGY: '1' }, 'C']], at('11:00'));
    assert.deepEqual(failure(both, cdr), [['TARIFF_UNKNOWN', '/charging_periods/0/tariff_id']]);
  });

  it('is the only one given, whatever the name, with a note', () => {
    const cdr = cdrJson([[at('10:00'), { ENERGY: '1' }, 'C']], at('11:00'));
    const rated = price(perKWh('1'), cdr);
    assert.equal(total(rated), '2.00 / 2.00');
    assert.ok(rated.notes.some(({ code }) => code === 'TARIFF_ID_DIFFERS'));
  });

  it('is the first one valid at the start when no period names any', () => {
    const tariffs = [
      perKWh('1', { id: 'old', end_date_time: '2018-12-31T23:59:59Z' }),
      perKWh('2', { id: 'now', start_date_time: '2018-12-31T23:59:59Z' }),
    ];
    assert.equal(
      total(price(tariffs, cdrJson([[at('10:00'), { ENERGY: '1' }]], at('11:00')))),
      '3.00 / 3.00',
    );
  });

  it('comes from inside the CDR when none is given', () => {
    const parsed = parseCdr(cdrJson(switching, at('12:00'), { tariffs: both }));
    assert.ok(parsed.ok);
    const rated = rateCdr({ cdr: parsed.value, zoneOffsets: UTC_OFFSETS });
    assert.ok(rated.ok);
    assert.equal(rated.value.totalMicros, 6_600_000n);
  });

  it('must exist and be in the currency of the CDR', () => {
    const cdr = cdrJson([[at('10:00'), { ENERGY: '1' }]], at('11:00'), { currency: 'USD' });
    assert.deepEqual(failure(undefined, cdr), [['TARIFF_MISSING', '/tariffs']]);
    assert.deepEqual(failure(perKWh('1'), cdr), [['CURRENCY_MISMATCH', '/currency']]);
  });
});

describe('the periods of a CDR', () => {
  it('are put in time order', () => {
    const rows: readonly PeriodRow[] = [
      [at('11:00'), { ENERGY: '2' }],
      [at('10:00'), { ENERGY: '1' }],
    ];
    const tariff = tariffJson([element([component('ENERGY', '1')], { start_time: '11:00' })]);
    const rated = price(tariff, cdrJson(rows, at('12:00'), { start_date_time: at('10:00') }));
    assert.equal(total(rated), '2.00 / 2.00');
    assert.ok(rated.notes.some(({ code }) => code === 'PERIODS_SORTED'));
  });

  it('may not begin after the session ends', () => {
    const cdr = cdrJson([[at('10:00'), { ENERGY: '1' }]], at('09:00'));
    assert.deepEqual(failure(perKWh('1'), cdr), [
      ['PERIOD_OUTSIDE_SESSION', '/charging_periods/0/start_date_time'],
    ]);
  });

  it('may not span more than two years', () => {
    const cdr = cdrJson([['1970-01-01T00:00:00Z', { ENERGY: '1' }]], at('09:00'));
    assert.deepEqual(failure(perKWh('1'), cdr), [['SESSION_TOO_LONG', '/end_date_time']]);
  });

  it('bill no time that they do not state, with a note', () => {
    const tariff = tariffJson([element([component('TIME', '1')])]);
    const rated = price(tariff, cdrJson([[at('10:00'), { ENERGY: '1' }]], at('11:00')));
    assert.equal(total(rated), '0.00 / 0.00');
    assert.ok(rated.notes.some(({ code }) => code === 'TIME_NOT_STATED'));
  });

  it('that share their length between charging and parking keep whole seconds', () => {
    const tariff = tariffJson([element([component('TIME', '60', 60), component('PARKING_TIME', '60', 60)])]);
    // 5 and 7 minutes in four decimals: 299.88 s and 420.12 s.
    const rated = price(
      tariff,
      cdrJson([[at('10:00'), { TIME: '0.0833', PARKING_TIME: '0.1167' }]], at('10:12')),
    );
    assert.equal(total(rated), '12.00 / 12.00');
  });

  it('give the totals of what was used, without step size', () => {
    const periods: readonly PeriodRow[] = [
      [at('09:00'), { RESERVATION_TIME: '1' }],
      [at('10:00'), { ENERGY: '1.5', TIME: '1' }],
      [at('11:00'), { PARKING_TIME: '0.5' }],
    ];
    const rated = price(perKWh('1'), cdrJson(periods, at('11:30')));
    assert.deepEqual(
      [rated.energyKWh, rated.timeHours, rated.parkingHours, rated.reservationHours],
      ['1.5', '1.5', '0.5', '1'],
    );
  });
});
