import assert from 'node:assert/strict';
import {
  cdrJson,
  component,
  element,
  lines,
  price,
  tariffJson,
  total,
  type PeriodRow,
} from './testing/build.ts';

/** One test for each entry of docs/errata.md, by its number. */
const at = (time: string): string => `2019-01-07T${time}:00Z`; // a Monday

describe('contradictions in the OCPI texts (docs/errata.md)', () => {
  it('E1: 20.45 kWh in steps of 100 Wh bill 20.5 kWh, as the text says and the 2.3.0 table does not', () => {
    const tariff = tariffJson([
      element([component('FLAT', '0.50', 1, '20'), component('ENERGY', '0.25', 100, '10')]),
    ]);
    const rated = price(tariff, cdrJson([[at('10:00'), { ENERGY: '20.45' }]], at('11:00')));
    assert.deepEqual(lines(rated), ['FLAT[0] 1 = 0.50', 'ENERGY[0] 20.5 = 5.125']);
    assert.equal(total(rated), '5.625 / 6.2375');
  });

  const tariff14 = tariffJson([
    element([component('TIME', '2.40', 900), component('PARKING_TIME', '1.00', 900)], {
      start_time: '17:00',
      end_time: '20:00',
    }),
    element([component('TIME', '2.40', 900)], { start_time: '20:00', end_time: '00:00' }),
  ]);

  it('E2: 12 minutes at 2.40 and 8 priced minutes of parking at 1.00 make 0.73, not 0.80', () => {
    const periods: readonly PeriodRow[] = [
      [at('19:40'), { TIME: '0.2' }],
      [at('19:52'), { PARKING_TIME: '0.1333' }],
      [at('20:00'), { PARKING_TIME: '0.2' }],
    ];
    const rated = price(tariff14, cdrJson(periods, at('20:12')));
    assert.deepEqual(lines(rated), ['TIME[0] 0.2 = 0.48', 'PARKING_TIME[0] 0.25 = 0.25']);
    assert.equal(total(rated), '0.73 / 0.73');
  });

  it('E3: an amount that is a multiple of the step stays, though the text asks for a greater one', () => {
    const tariff = tariffJson([element([component('TIME', '2', 300)])]);
    const rated = price(tariff, cdrJson([[at('10:00'), { TIME: '0.25' }]], at('10:15')));
    assert.equal(total(rated), '0.50 / 0.50');
  });

  it('E4: a step rounds only what is priced: unpriced parking after 20:00 does not count', () => {
    const periods: readonly PeriodRow[] = [
      [at('19:52'), { PARKING_TIME: '0.1333' }],
      [at('20:00'), { PARKING_TIME: '0.2' }],
    ];
    const cdr = cdrJson(periods, at('20:12'));
    assert.equal(total(price(tariff14, cdr)), '0.25 / 0.25');
    assert.equal(total(price(tariff14, cdr, { policy: { stepBasis: 'used' } })), '0.30 / 0.30');
  });

  it('E5: with charging after parking the step rounds the parking, or by policy what came last', () => {
    const tariff = tariffJson([element([component('TIME', '6', 600), component('PARKING_TIME', '3', 600)])]);
    const periods: readonly PeriodRow[] = [
      [at('10:00'), { PARKING_TIME: '0.25' }],
      [at('10:15'), { TIME: '0.25' }],
    ];
    const cdr = cdrJson(periods, at('10:30'));
    assert.deepEqual(lines(price(tariff, cdr)), [
      'PARKING_TIME[0] 0.333333333 = 1.00',
      'TIME[0] 0.25 = 1.50',
    ]);
    assert.deepEqual(lines(price(tariff, cdr, { policy: { mixedTimeStep: 'last' } })), [
      'PARKING_TIME[0] 0.25 = 0.75',
      'TIME[0] 0.333333333 = 2.00',
    ]);
  });

  it('E6: 0.6667 h over a period of 40 minutes is 40 minutes, not 41 steps of one', () => {
    const tariff = tariffJson([element([component('PARKING_TIME', '15', 60)])]);
    const cdr = cdrJson([[at('10:00'), { PARKING_TIME: '0.6667' }]], at('10:40'));
    assert.equal(total(price(tariff, cdr)), '10.00 / 10.00');
    assert.equal(total(price(tariff, cdr, { policy: { volumes: 'as-stated' } })), '10.25 / 10.25');
  });

  it('E7: a flat fee is owed once, by the first component that becomes active', () => {
    const tariff = tariffJson([
      element([component('FLAT', '5')], { min_duration: 3600 }),
      element([component('FLAT', '1')]),
    ]);
    const cdr = cdrJson([[at('10:00'), { TIME: '2' }]], at('12:00'));
    assert.deepEqual(lines(price(tariff, cdr)), ['FLAT[1] 1 = 1.00']);
  });

  it('E8: a range that crosses a power limit misses both sides of it, or by policy matches both', () => {
    const tariff = tariffJson([
      element([component('ENERGY', '0.20')], { max_power: '16' }),
      element([component('ENERGY', '0.50')]),
    ]);
    const periods: readonly PeriodRow[] = [[at('10:00'), { ENERGY: '10', MIN_POWER: '2', MAX_POWER: '48' }]];
    const cdr = cdrJson(periods, at('10:30'));
    const rated = price(tariff, cdr);
    assert.equal(total(rated), '5.00 / 5.00');
    assert.ok(rated.notes.some(({ code }) => code === 'POWER_STRADDLES'));
    assert.equal(total(price(tariff, cdr, { policy: { powerRange: 'any-moment' } })), '2.00 / 2.00');
  });

  it('E9: a limit that states no tax moves the tax in proportion', () => {
    const tariff = tariffJson([element([component('ENERGY', '0.50', 1, '20')])], {
      max_price: { before_taxes: '10' },
      tax_included: 'NO',
    });
    const rated = price(tariff, cdrJson([[at('10:00'), { ENERGY: '40' }]], at('11:00')));
    assert.equal(total(rated), '10.00 / 12.00');
  });

  it('E10: a wrapping window on a Friday does not reach into Saturday', () => {
    const tariff = tariffJson([
      element([component('ENERGY', '1')], {
        start_time: '22:00',
        end_time: '06:00',
        day_of_week: ['FRIDAY'],
      }),
    ]);
    const cdr = cdrJson([['2019-01-11T23:00:00Z', { ENERGY: '2' }]], '2019-01-12T01:00:00Z');
    assert.equal(total(price(tariff, cdr)), '1.00 / 1.00');
  });

  it('E11: reserved time is stepped apart from charging time', () => {
    const tariff = tariffJson([
      element([component('TIME', '6', 600)], { reservation: 'RESERVATION' }),
      element([component('TIME', '6', 600)]),
    ]);
    const periods: readonly PeriodRow[] = [
      [at('10:00'), { RESERVATION_TIME: '0.1' }],
      [at('10:06'), { TIME: '0.1' }],
    ];
    assert.deepEqual(lines(price(tariff, cdrJson(periods, at('10:12')))), [
      'RESERVATION_TIME[0] 0.166666667 = 1.00',
      'TIME[1] 0.166666667 = 1.00',
    ]);
  });

  it('E12: no minimum price is asked for a reservation that never became a session', () => {
    const tariff = tariffJson([element([component('TIME', '1')], { reservation: 'RESERVATION' })], {
      min_price: { excl_vat: '5', incl_vat: '6' },
    });
    const rated = price(tariff, cdrJson([[at('10:00'), { RESERVATION_TIME: '1' }]], at('11:00')));
    assert.equal(total(rated), '1.00 / 1.00');
  });

  it('E13: 114 minutes at 1.25 per hour cost 2.375, not 2.28', () => {
    const tariff = tariffJson([element([component('TIME', '1.25', 1, '20')])]);
    const rated = price(tariff, cdrJson([[at('10:00'), { TIME: '1.9' }]], at('11:54')));
    assert.equal(total(rated), '2.375 / 2.85');
  });

  it('E14: a period without tariff_id costs nothing where others name one, and is priced where none does', () => {
    const tariff = tariffJson([element([component('ENERGY', '1')])]);
    const named: readonly PeriodRow[] = [
      [at('10:00'), { ENERGY: '1' }, 'T'],
      [at('11:00'), { ENERGY: '2' }],
    ];
    assert.equal(total(price(tariff, cdrJson(named, at('12:00')))), '1.00 / 1.00');
    const unnamed: readonly PeriodRow[] = [
      [at('10:00'), { ENERGY: '1' }],
      [at('11:00'), { ENERGY: '2' }],
    ];
    assert.equal(total(price(tariff, cdrJson(unnamed, at('12:00')))), '3.00 / 3.00');
  });
});
