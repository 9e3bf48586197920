import assert from 'node:assert/strict';
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

const at = (time: string): string => `2019-01-07T${time}:00Z`; // a Monday

/** Energy at 1 while the restrictions hold, and at 0 otherwise: the price is the energy inside them. */
const inside = (restrictions: Json): Json =>
  tariffJson([element([component('ENERGY', '1')], restrictions), element([component('ENERGY', '0')])]);

const energyInside = (restrictions: Json, periods: readonly PeriodRow[], end: string, zone = 'UTC'): string =>
  total(price(inside(restrictions), cdrJson(periods, end), { zone })).split(' ')[0] ?? '';

describe('time of day', () => {
  const day = (restrictions: Json): string =>
    energyInside(restrictions, [[at('00:00'), { ENERGY: '24' }]], '2019-01-08T00:00:00Z');

  const rows: readonly (readonly [name: string, restrictions: Json, kWh: string])[] = [
    ['from 09:00 until 17:00', { start_time: '09:00', end_time: '17:00' }, '8.00'],
    ['from 22:00 around midnight until 06:00', { start_time: '22:00', end_time: '06:00' }, '8.00'],
    ['from 18:00 until 00:00, the end of the day', { start_time: '18:00', end_time: '00:00' }, '6.00'],
    ['from 00:00 until 00:00, the whole day', { start_time: '00:00', end_time: '00:00' }, '24.00'],
    ['until 00:00 alone, the whole day', { end_time: '00:00' }, '24.00'],
    ['until 24:00, leniently', { start_time: '20:00', end_time: '24:00' }, '4.00'],
    ['from 20:00 alone, to the end of the day', { start_time: '20:00' }, '4.00'],
    ['until 06:00 alone, from the start of the day', { end_time: '06:00' }, '6.00'],
    ['from 08:00 until 08:00, never', { start_time: '08:00', end_time: '08:00' }, '0.00'],
  ];
  for (const [name, restrictions, kWh] of rows) {
    it(`holds ${name}`, () => {
      assert.equal(day(restrictions), kWh);
    });
  }

  it('includes its start and excludes its end to the minute', () => {
    const restrictions = { start_time: '09:00', end_time: '17:00' };
    assert.equal(energyInside(restrictions, [[at('09:00'), { ENERGY: '1' }]], at('09:01')), '1.00');
    assert.equal(energyInside(restrictions, [[at('17:00'), { ENERGY: '1' }]], at('17:01')), '0.00');
  });

  it('is local time of the location', () => {
    const restrictions = { start_time: '09:00', end_time: '17:00' };
    const periods: readonly PeriodRow[] = [[at('13:00'), { ENERGY: '1' }]];
    assert.equal(energyInside(restrictions, periods, at('14:00'), 'America/New_York'), '0.00');
    assert.equal(energyInside(restrictions, periods, at('14:00'), 'Europe/Amsterdam'), '1.00');
  });
});

describe('daylight saving', () => {
  // Europe/Amsterdam: 2025-03-30 skips 02:00 to 03:00, 2025-10-26 has 02:00 to 03:00 twice.
  const night = { start_time: '01:00', end_time: '04:00' };

  it('gives a window of three clock hours two hours on the short day', () => {
    const periods: readonly PeriodRow[] = [['2025-03-29T23:00:00Z', { ENERGY: '6' }]];
    assert.equal(energyInside(night, periods, '2025-03-30T05:00:00Z', 'Europe/Amsterdam'), '2.00');
  });

  it('and four hours on the long day', () => {
    const periods: readonly PeriodRow[] = [['2025-10-25T22:00:00Z', { ENERGY: '6' }]];
    assert.equal(energyInside(night, periods, '2025-10-26T04:00:00Z', 'Europe/Amsterdam'), '4.00');
  });

  it('skips a window that lies wholly in the missing hour', () => {
    const missing = { start_time: '02:00', end_time: '03:00' };
    const periods: readonly PeriodRow[] = [['2025-03-29T23:00:00Z', { ENERGY: '6' }]];
    assert.equal(energyInside(missing, periods, '2025-03-30T05:00:00Z', 'Europe/Amsterdam'), '0.00');
  });

  it('holds a window of the repeated hour twice', () => {
    const repeated = { start_time: '02:00', end_time: '03:00' };
    const periods: readonly PeriodRow[] = [['2025-10-25T22:00:00Z', { ENERGY: '6' }]];
    assert.equal(energyInside(repeated, periods, '2025-10-26T04:00:00Z', 'Europe/Amsterdam'), '2.00');
  });

  it('makes a local day 23 or 25 hours long', () => {
    const sunday = { day_of_week: ['SUNDAY'] };
    const short: readonly PeriodRow[] = [['2025-03-29T12:00:00Z', { ENERGY: '48' }]];
    assert.equal(energyInside(sunday, short, '2025-03-31T12:00:00Z', 'Europe/Amsterdam'), '23.00');
    const long: readonly PeriodRow[] = [['2025-10-25T12:00:00Z', { ENERGY: '48' }]];
    assert.equal(energyInside(sunday, long, '2025-10-27T12:00:00Z', 'Europe/Amsterdam'), '25.00');
  });

  it('follows a zone whose offset is no whole hour', () => {
    const periods: readonly PeriodRow[] = [['2025-03-31T03:00:00Z', { ENERGY: '1' }]];
    assert.equal(
      energyInside({ start_time: '09:00' }, periods, '2025-03-31T04:00:00Z', 'Asia/Kathmandu'),
      '0.75',
    );
  });
});

describe('dates and weekdays', () => {
  const week: readonly PeriodRow[] = [[at('00:00'), { ENERGY: '168' }]];
  const sevenDays = (restrictions: Json): string => energyInside(restrictions, week, '2019-01-14T00:00:00Z');

  it('include the start date and exclude the end date', () => {
    assert.equal(sevenDays({ start_date: '2019-01-08', end_date: '2019-01-10' }), '48.00');
    assert.equal(sevenDays({ start_date: '2019-01-13' }), '24.00');
    assert.equal(sevenDays({ end_date: '2019-01-07' }), '0.00');
  });

  it('hold on the named weekdays, and on every day when none is named', () => {
    assert.equal(sevenDays({ day_of_week: ['SATURDAY', 'sunday'] }), '48.00');
    assert.equal(sevenDays({ day_of_week: [] }), '168.00');
  });

  it('must hold together with every other restriction', () => {
    const both = {
      day_of_week: ['MONDAY'],
      start_time: '09:00',
      end_time: '10:00',
      start_date: '2019-01-07',
    };
    assert.equal(sevenDays(both), '1.00');
  });
});

describe('energy, duration, power and current', () => {
  const hour: readonly PeriodRow[] = [[at('10:00'), { ENERGY: '10' }]];

  it('energy counts from the start of the session, from min_kwh until max_kwh', () => {
    assert.equal(energyInside({ min_kwh: '2.5', max_kwh: '7' }, hour, at('11:00')), '4.50');
    const second: readonly PeriodRow[] = [...hour, [at('11:00'), { ENERGY: '10' }]];
    assert.equal(energyInside({ min_kwh: '15' }, second, at('12:00')), '5.00');
  });

  it('energy fed back leaves a threshold again', () => {
    const periods: readonly PeriodRow[] = [
      [at('10:00'), { ENERGY: '10' }],
      [at('11:00'), { ENERGY: '-4' }],
    ];
    // 5 to 10 upwards, then 10 down to 6: all of it above the threshold.
    assert.equal(energyInside({ min_kwh: '5' }, periods, at('12:00')), '1.00');
    // Upwards 8 to 10, downwards 10 to 8.
    assert.equal(energyInside({ min_kwh: '8' }, periods, at('12:00')), '0.00');
  });

  it('duration counts from the start of the session, from min_duration until max_duration', () => {
    assert.equal(energyInside({ min_duration: 900, max_duration: 2700 }, hour, at('11:00')), '5.00');
  });

  it('duration does not count the reservation before the session', () => {
    const periods: readonly PeriodRow[] = [
      [at('09:00'), { RESERVATION_TIME: '1' }],
      [at('10:00'), { ENERGY: '10' }],
    ];
    assert.equal(energyInside({ max_duration: 1800 }, periods, at('11:00')), '5.00');
  });

  for (const unit of ['power', 'current'] as const) {
    const volumes = (min: string, max: string): readonly PeriodRow[] => [
      [at('10:00'), { ENERGY: '10', [`MIN_${unit.toUpperCase()}`]: min, [`MAX_${unit.toUpperCase()}`]: max }],
    ];

    it(`${unit} holds from the minimum on and below the maximum`, () => {
      assert.equal(energyInside({ [`min_${unit}`]: '16' }, volumes('16', '20'), at('11:00')), '10.00');
      assert.equal(energyInside({ [`min_${unit}`]: '16' }, volumes('15.9', '15.9'), at('11:00')), '0.00');
      assert.equal(energyInside({ [`max_${unit}`]: '16' }, volumes('10', '15.9'), at('11:00')), '10.00');
      assert.equal(energyInside({ [`max_${unit}`]: '16' }, volumes('16', '16'), at('11:00')), '0.00');
    });

    it(`${unit} known from one side stands for both`, () => {
      const peak: readonly PeriodRow[] = [
        [at('10:00'), { ENERGY: '10', [`MAX_${unit.toUpperCase()}`]: '48' }],
      ];
      assert.equal(energyInside({ [`max_${unit}`]: '16' }, peak, at('11:00')), '0.00');
      assert.equal(energyInside({ [`min_${unit}`]: '16' }, peak, at('11:00')), '10.00');
    });
  }

  it('power that no dimension states is the mean of the period', () => {
    assert.equal(energyInside({ max_power: '16' }, hour, at('11:00')), '10.00');
    assert.equal(energyInside({ max_power: '16' }, hour, at('10:30')), '0.00');
  });

  it('current that no dimension states does not exclude, with a note', () => {
    const rated = price(inside({ min_current: '16' }), cdrJson(hour, at('11:00')));
    assert.equal(total(rated), '10.00 / 10.00');
    assert.ok(rated.notes.some(({ code }) => code === 'POWER_UNKNOWN'));
  });
});

describe('the component in force', () => {
  it('is that of the first matching element, for each dimension apart', () => {
    const tariff = tariffJson([
      element([component('ENERGY', '3'), component('TIME', '6')], { start_time: '10:30' }),
      element([component('ENERGY', '1')]),
    ]);
    const rated = price(tariff, cdrJson([[at('10:00'), { ENERGY: '2', TIME: '1' }]], at('11:00')));
    assert.deepEqual(lines(rated), ['ENERGY[1] 1 = 1.00', 'ENERGY[0] 1 = 3.00', 'TIME[0] 0.5 = 3.00']);
  });

  it('is none where no element matches, and then nothing is owed', () => {
    const tariff = tariffJson([element([component('ENERGY', '1')], { start_time: '12:00' })]);
    assert.equal(total(price(tariff, cdrJson([[at('10:00'), { ENERGY: '2' }]], at('11:00')))), '0.00 / 0.00');
  });

  it('with price 0 shadows a later one', () => {
    const tariff = tariffJson([
      element([component('ENERGY', '0')], { end_time: '12:00' }),
      element([component('ENERGY', '1')]),
    ]);
    assert.equal(total(price(tariff, cdrJson([[at('10:00'), { ENERGY: '2' }]], at('11:00')))), '0.00 / 0.00');
  });

  it('of an element for reservations never prices a session, nor the other way round', () => {
    const tariff = tariffJson([
      element([component('TIME', '9'), component('ENERGY', '9')], { reservation: 'RESERVATION' }),
      element([component('TIME', '1')]),
    ]);
    const rated = price(tariff, cdrJson([[at('10:00'), { ENERGY: '2', TIME: '1' }]], at('11:00')));
    assert.deepEqual(lines(rated), ['TIME[1] 1 = 1.00']);
  });
});
