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

/**
 * The worked examples of the specification texts: OCPI 2.2.1 (branch release-2.2.1-bugfixes) and 2.3.0 (branch
 * 2.3.0/release/core), mod_tariffs §Examples, §PriceComponent, §TariffRestrictions and mod_cdrs §step_size. Both
 * versions state the same amounts, so every example is rated in both shapes. Where a text contradicts itself the case is
 * in errata.test.ts.
 */
interface Example {
  readonly name: string;
  readonly tariff: Json;
  readonly periods: readonly PeriodRow[];
  readonly end: string;
  readonly total: string;
  readonly lines?: readonly string[];
}

const energy25 = component('ENERGY', '0.25', 1, '10');
const start50 = component('FLAT', '0.50', 1, '20');

const at = (time: string): string => `2019-01-07T${time}:00Z`; // a Monday
const oneHour = (kWh: string): Pick<Example, 'periods' | 'end'> => ({
  periods: [[at('10:00'), { ENERGY: kWh, TIME: '1' }]],
  end: at('11:00'),
});

const complex = tariffJson([
  element([component('FLAT', '2.50', 1, '15')]),
  element([component('TIME', '1.00', 900, '20')], { max_current: '32' }),
  element([component('TIME', '2.00', 600, '20')], {
    min_current: '32',
    day_of_week: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'],
  }),
  element([component('TIME', '1.25', 600, '20')], { min_current: '32', day_of_week: ['SATURDAY', 'SUNDAY'] }),
  element([component('PARKING_TIME', '5.00', 300, '10')], {
    start_time: '09:00',
    end_time: '18:00',
    day_of_week: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'],
  }),
  element([component('PARKING_TIME', '6.00', 300, '10')], {
    start_time: '10:00',
    end_time: '17:00',
    day_of_week: ['SATURDAY'],
  }),
]);

const stepSize = tariffJson([
  element([component('TIME', '1.20', 1800), component('PARKING_TIME', '1.00', 900)], {
    start_time: '00:00',
    end_time: '17:00',
  }),
  element([component('TIME', '2.40', 900), component('PARKING_TIME', '1.00', 900)], {
    start_time: '17:00',
    end_time: '20:00',
  }),
  element([component('TIME', '2.40', 900)], { start_time: '20:00', end_time: '00:00' }),
]);

const expireFee = tariffJson([
  element([component('FLAT', '4.00', 1, '20')], { reservation: 'RESERVATION_EXPIRES' }),
  element([component('TIME', '2.00', 600, '20')], { reservation: 'RESERVATION' }),
  element([start50, energy25]),
]);

const expireTime = tariffJson([
  element([component('TIME', '6.00', 600, '20')], { reservation: 'RESERVATION_EXPIRES' }),
  element([component('TIME', '3.00', 600, '20')], { reservation: 'RESERVATION' }),
  element([start50, energy25]),
]);

const maxPrice = tariffJson([element([start50, energy25])], {
  max_price: { excl_vat: '10', incl_vat: '11' },
  end_date_time: '2019-06-30T23:59:59Z',
});

const minPrice = tariffJson([element([energy25])], { min_price: { excl_vat: '0.50', incl_vat: '0.55' } });

const maxDuration = tariffJson([
  element([component('ENERGY', '0.00', 1, '20')], { max_duration: 1800 }),
  element([component('ENERGY', '0.25', 1, '20')], { max_duration: 3600 }),
  element([component('ENERGY', '0.40', 1, '20')]),
]);

const maxPower = tariffJson([
  element([component('ENERGY', '0.20')], { max_power: '16' }),
  element([component('ENERGY', '0.35')], { max_power: '32' }),
  element([component('ENERGY', '0.50')]),
]);

const reserved = (minutes: string, hours: string): Pick<Example, 'periods' | 'end'> => ({
  periods: [
    [at('10:00'), { RESERVATION_TIME: hours }],
    [at(`10:${minutes}`), { ENERGY: '20', TIME: '1' }],
  ],
  end: at(`11:${minutes}`),
});

const EXAMPLES: readonly Example[] = [
  { name: '0.25 per kWh', tariff: tariffJson([element([energy25])]), ...oneHour('20'), total: '5.00 / 5.50' },
  {
    name: '0.25 per kWh with a start fee',
    tariff: tariffJson([element([start50, energy25])]),
    ...oneHour('20'),
    total: '5.50 / 6.10',
  },
  { name: 'a minimum price that is exceeded', tariff: minPrice, ...oneHour('20'), total: '5.00 / 5.50' },
  { name: 'a minimum price that is not reached', tariff: minPrice, ...oneHour('1.9'), total: '0.50 / 0.55' },
  {
    name: 'a start fee, energy and 40 minutes of parking in steps of 15',
    tariff: tariffJson([element([start50, energy25, component('PARKING_TIME', '2.00', 900, '20')])]),
    periods: [
      [at('10:00'), { ENERGY: '20', TIME: '1' }],
      [at('11:00'), { PARKING_TIME: '0.6667' }],
    ],
    end: at('11:40'),
    total: '7.00 / 7.90',
  },
  { name: 'a maximum price at 50 kWh', tariff: maxPrice, ...oneHour('50'), total: '10.00 / 11.00' },
  {
    name: 'a maximum price that 30 kWh do not reach',
    tariff: maxPrice,
    ...oneHour('30'),
    total: '8.00 / 8.85',
  },
  {
    name: '2 per hour for 2.5 hours',
    tariff: tariffJson([element([component('TIME', '2.00', 60, '10')])]),
    periods: [[at('10:00'), { TIME: '2.5' }]],
    end: at('12:30'),
    total: '5.00 / 5.50',
  },
  {
    name: '3 per hour and 5 per hour parked, 2.5 hours and 42 minutes',
    tariff: tariffJson([
      element([component('TIME', '3.00', 60, '10'), component('PARKING_TIME', '5.00', 300, '20')]),
    ]),
    periods: [
      [at('10:00'), { TIME: '2.5' }],
      [at('12:30'), { PARKING_TIME: '0.7' }],
    ],
    end: at('13:12'),
    total: '11.25 / 12.75',
  },
  {
    name: '1.90 per hour with 5.2 % (the text rounds 4.997 to 5.00)',
    tariff: tariffJson([element([component('TIME', '1.90', 300, '5.2')])]),
    periods: [[at('10:00'), { TIME: '2.5' }]],
    end: at('12:30'),
    total: '4.75 / 4.997',
  },
  {
    name: 'the profile tariff at its real-time price of 0.22 (the text rounds 4.961 and 5.561)',
    tariff: tariffJson([element([start50, component('ENERGY', '0.22', 100, '10')])]),
    ...oneHour('20.45'),
    total: '5.01 / 5.561',
  },
  {
    name: 'the complex tariff on a Monday at 16 A',
    tariff: complex,
    periods: [
      [at('09:30'), { TIME: '2.75', MAX_CURRENT: '16' }],
      [at('12:15'), { PARKING_TIME: '0.7' }],
    ],
    end: at('12:57'),
    total: '9.00 / 10.30',
    lines: ['FLAT[0] 1 = 2.50', 'TIME[1] 2.75 = 2.75', 'PARKING_TIME[4] 0.75 = 3.75'],
  },
  {
    name: 'the complex tariff on a Saturday at 43 A (the table miscalculates 114 minutes at 1.25: errata E13)',
    tariff: complex,
    periods: [
      ['2019-01-05T13:30:00Z', { TIME: '1.9', MIN_CURRENT: '43' }],
      ['2019-01-05T15:24:00Z', { PARKING_TIME: '1.1833' }],
    ],
    end: '2019-01-05T16:35:00Z',
    total: '12.375 / 13.975',
    lines: ['FLAT[0] 1 = 2.50', 'TIME[3] 1.9 = 2.375', 'PARKING_TIME[5] 1.25 = 7.50'],
  },
  {
    name: 'a free-of-charge tariff',
    tariff: tariffJson([element([component('FLAT', '0.00')])]),
    ...oneHour('20'),
    total: '0.00 / 0.00',
  },
  {
    name: 'reservation at 5 per hour, 15 minutes',
    tariff: tariffJson([
      element([component('TIME', '5.00', 60, '20')], { reservation: 'RESERVATION' }),
      element([start50, energy25]),
    ]),
    ...reserved('15', '0.25'),
    total: '6.75 / 7.60',
  },
  {
    name: 'reservation with a fee and 5 per hour, 13 minutes in steps of 5',
    tariff: tariffJson([
      element([component('FLAT', '2.00', 1, '20'), component('TIME', '5.00', 300, '20')], {
        reservation: 'RESERVATION',
      }),
      element([start50, energy25]),
    ]),
    ...reserved('13', '0.2167'),
    total: '8.75 / 10.00',
  },
  {
    name: 'reservation with an expiry fee, used after 22 minutes in steps of 10',
    tariff: expireFee,
    ...reserved('22', '0.3667'),
    total: '6.50 / 7.30',
  },
  {
    name: 'reservation with an expiry fee, expired after an hour',
    tariff: expireFee,
    periods: [[at('10:00'), { RESERVATION_TIME: '1' }]],
    end: at('11:00'),
    total: '6.00 / 7.20',
    lines: ['RESERVATION_FLAT[0] 1 = 4.00', 'RESERVATION_TIME[1] 1 = 2.00'],
  },
  {
    name: 'reservation with an expiry price, used after 22 minutes',
    tariff: expireTime,
    ...reserved('22', '0.3667'),
    total: '7.00 / 7.90',
  },
  {
    name: 'reservation with an expiry price, expired after 1.5 hours',
    tariff: expireTime,
    periods: [[at('10:00'), { RESERVATION_TIME: '1.5' }]],
    end: at('11:30'),
    total: '9.00 / 10.80',
  },
  {
    name: 'step size over a change of element and into parking',
    tariff: stepSize,
    periods: [
      [at('16:55'), { TIME: '0.0833' }],
      [at('17:00'), { TIME: '0.0833' }],
      [at('17:05'), { PARKING_TIME: '0.0333' }],
    ],
    end: at('17:07'),
    total: '0.55 / 0.55',
    lines: ['TIME[0] 0.083333333 = 0.10', 'TIME[1] 0.083333333 = 0.20', 'PARKING_TIME[1] 0.25 = 0.25'],
  },
  {
    name: 'step size over a change of element, 25 minutes before and 10 after',
    tariff: stepSize,
    periods: [
      [at('16:35'), { TIME: '0.4167' }],
      [at('17:00'), { TIME: '0.1667' }],
    ],
    end: at('17:10'),
    total: '1.30 / 1.30',
    lines: ['TIME[0] 0.416666667 = 0.50', 'TIME[1] 0.333333333 = 0.80'],
  },
  {
    name: 'power tiers: 1 kWh at 6 kW, 40 at 48, 0.5 at 4',
    tariff: maxPower,
    periods: [
      [at('10:00'), { ENERGY: '1', MAX_POWER: '6' }],
      [at('10:10'), { ENERGY: '40', MAX_POWER: '48' }],
      [at('11:00'), { ENERGY: '0.5', MAX_POWER: '4' }],
    ],
    end: at('11:10'),
    total: '20.30 / 20.30',
  },
  {
    name: 'half an hour free, then 10 minutes at 0.25',
    tariff: maxDuration,
    periods: [
      [at('10:00'), { ENERGY: '5' }],
      [at('10:30'), { ENERGY: '1.2' }],
    ],
    end: at('10:40'),
    total: '0.30 / 0.36',
  },
  {
    name: 'mod_cdrs: 4.3 kWh before 17:00 and 1.1 after make 5.5 in steps of 500 Wh',
    tariff: tariffJson([
      element([component('ENERGY', '0.20', 500)], { end_time: '17:00' }),
      element([component('ENERGY', '0.27', 500)], { start_time: '17:00' }),
    ]),
    periods: [
      [at('16:00'), { ENERGY: '4.3' }],
      [at('17:00'), { ENERGY: '1.1' }],
    ],
    end: at('17:20'),
    total: '1.184 / 1.184',
    lines: ['ENERGY[0] 4.3 = 0.86', 'ENERGY[1] 1.2 = 0.324'],
  },
  {
    name: 'mod_cdrs: 6 minutes before 17:00 and 22 after make 30 in steps of 10',
    tariff: tariffJson([
      element([component('TIME', '5', 600)], { end_time: '17:00' }),
      element([component('TIME', '7', 600)], { start_time: '17:00' }),
    ]),
    periods: [
      [at('16:54'), { TIME: '0.1' }],
      [at('17:00'), { TIME: '0.3667' }],
    ],
    end: at('17:22'),
    total: '3.30 / 3.30',
    lines: ['TIME[0] 0.1 = 0.50', 'TIME[1] 0.4 = 2.80'],
  },
  {
    name: 'mod_cdrs: 21 minutes of charging stay, 7 of parking become 10 in steps of 5',
    tariff: tariffJson([element([component('TIME', '1', 300), component('PARKING_TIME', '1', 300)])]),
    periods: [
      [at('10:00'), { TIME: '0.35' }],
      [at('10:21'), { PARKING_TIME: '0.1167' }],
    ],
    end: at('10:28'),
    total: '0.516667 / 0.516667',
    lines: ['TIME[0] 0.35 = 0.35', 'PARKING_TIME[0] 0.166666667 = 0.166667'],
  },
  {
    name: 'mod_cdrs: 21 minutes of charging stay, 16 of parking become 20 in steps of 10',
    tariff: tariffJson([element([component('TIME', '1', 600), component('PARKING_TIME', '2', 600)])]),
    periods: [
      [at('10:00'), { TIME: '0.35' }],
      [at('10:21'), { PARKING_TIME: '0.2667' }],
    ],
    end: at('10:37'),
    total: '1.016667 / 1.016667',
  },
  ...(
    [
      [1, '0.029'],
      [25, '0.03125'],
      [500, '0.125'],
    ] as const
  ).map(([step, amount]): Example => ({
    name: `PriceComponent: 115.2 Wh in steps of ${step} Wh`,
    tariff: tariffJson([element([component('ENERGY', '0.25', step)])]),
    ...oneHour('0.1152'),
    total: `${amount} / ${amount}`,
  })),
  {
    name: 'mod_cdrs: the example CDR, 1.973 hours in steps of 5 minutes',
    tariff: tariffJson([element([component('TIME', '2.00', 300, '10')])]),
    periods: [['2015-06-29T21:39:09Z', { TIME: '1.973' }]],
    end: '2015-06-29T23:37:32Z',
    total: '4.00 / 4.40',
  },
];

/** The same tariff in the words of 2.3.0. */
const as230 = (tariff: Json): Json => {
  const limit = (key: string): Json => {
    const value = tariff[key] as Json | undefined;
    return value === undefined
      ? {}
      : { [key]: { before_taxes: value['excl_vat'], after_taxes: value['incl_vat'] } };
  };
  return { ...tariff, ...limit('min_price'), ...limit('max_price'), tax_included: 'NO' };
};

for (const [version, shape] of [
  ['2.2.1', (tariff: Json): Json => tariff],
  ['2.3.0', as230],
] as const) {
  describe(`the worked examples of OCPI ${version}`, () => {
    for (const example of EXAMPLES) {
      it(`${example.name}: ${example.total}`, () => {
        const rated = price(shape(example.tariff), cdrJson(example.periods, example.end));
        assert.equal(total(rated), example.total);
        if (example.lines) assert.deepEqual(lines(rated), example.lines);
        assert.equal(rated.version, version);
      });
    }
  });
}

describe('the North American examples of OCPI 2.3.0', () => {
  const hours: readonly PeriodRow[] = [[at('10:00'), { TIME: '2.5' }]];

  it('2.00 per hour, taxes not included, is 5.00 and says that taxes are left open', () => {
    const tariff = tariffJson([element([component('TIME', '2.00')])], { tax_included: 'NO' });
    const rated = price(tariff, cdrJson(hours, at('12:30')));
    assert.equal(total(rated), '5.00 / 5.00');
    assert.ok(rated.notes.some(({ code }) => code === 'TAX_UNKNOWN'));
  });

  it('2.10 per hour, taxes included, is 5.25 with all taxes', () => {
    const tariff = tariffJson([element([component('TIME', '2.10')])], { tax_included: 'YES' });
    const rated = price(tariff, cdrJson(hours, at('12:30')));
    assert.equal(rated.totalInclTaxMicros, 5_250_000n);
    assert.ok(rated.notes.some(({ code }) => code === 'TAX_UNKNOWN'));
  });
});

/** Worked answers in the issues of the public `ocpi/ocpi` repository, by number. */
describe("answers in the specification's issue tracker", () => {
  it('#494: 9 kWh in steps of 10 over two current tiers cost 29', () => {
    const tariff = tariffJson([
      element([component('ENERGY', '2', 10_000)], { max_current: '20' }),
      element([component('ENERGY', '5', 10_000)], { min_current: '20' }),
    ]);
    const periods: readonly PeriodRow[] = [
      [at('09:00'), { ENERGY: '3', MAX_CURRENT: '10' }],
      [at('10:00'), { ENERGY: '3', MAX_CURRENT: '40' }],
      [at('11:00'), { ENERGY: '3', MAX_CURRENT: '10' }],
    ];
    const rated = price(tariff, cdrJson(periods, at('12:00')));
    assert.deepEqual(lines(rated), ['ENERGY[0] 7 = 14.00', 'ENERGY[1] 3 = 15.00']);
  });

  it('#386: 3 minutes of charging stay, 6 of parking become 7 in steps of 7', () => {
    const tariff = tariffJson([element([component('TIME', '1', 300), component('PARKING_TIME', '2', 420)])]);
    const periods: readonly PeriodRow[] = [
      [at('10:00'), { TIME: '0.05' }],
      [at('10:03'), { PARKING_TIME: '0.1' }],
    ];
    assert.deepEqual(lines(price(tariff, cdrJson(periods, at('10:09')))), [
      'TIME[0] 0.05 = 0.05',
      'PARKING_TIME[0] 0.116666667 = 0.233333',
    ]);
  });

  it('#390: an hour at 1 and an hour at 3 cost 4, also when the CDR has one period for both', () => {
    const tariff = tariffJson([
      element([component('TIME', '1')], { max_duration: 3600 }),
      element([component('TIME', '3')], { min_duration: 3600 }),
    ]);
    assert.equal(total(price(tariff, cdrJson([[at('10:00'), { TIME: '2' }]], at('12:00')))), '4.00 / 4.00');
  });
});
