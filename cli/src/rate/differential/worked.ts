/** A charging period: its start on Monday 7 January 2019, and what was used. */
export type Period = readonly [time: string, volumes: Readonly<Record<string, string>>];

/** The amount after taxes where a tariff names none: 2.2 takes that for no tax, 2.3.0 for one that is not known. */
export const NO_VAT = 'no vat';

/** A worked example: the file, what was used on Monday 7 January 2019, and its total before and after taxes. */
export type Worked = readonly [
  file: string,
  periods: readonly Period[],
  end: string,
  before: string,
  after: string,
];

const hour = (kWh: string): readonly [readonly Period[], string] => [
  [['10:00', { ENERGY: kWh, TIME: '1' }]],
  '11:00',
];
const TIMED = [[['10:00', { TIME: '2.5' }]], '12:30'] as const;
const reserved = (minutes: string, hours: string): readonly [readonly Period[], string] => [
  [
    ['10:00', { RESERVATION_TIME: hours }],
    [`10:${minutes}`, { ENERGY: '20', TIME: '1' }],
  ],
  `11:${minutes}`,
];
const TIERS: readonly Period[] = [
  ['10:00', { ENERGY: '1', MAX_POWER: '6' }],
  ['10:10', { ENERGY: '40', MAX_POWER: '48' }],
  ['11:00', { ENERGY: '0.5', MAX_POWER: '4' }],
];
const FREE_THEN: readonly Period[] = [
  ['10:00', { ENERGY: '5' }],
  ['10:30', { ENERGY: '1.2' }],
];

export const WORKED: readonly Worked[] = [
  ['tariff_1_simple_2hour.json', ...TIMED, '5', '5.5'],
  ['tariff_2_alt_text.json', ...TIMED, '4.75', '4.997'],
  ['tariff_3_alt_url.json', ...hour('20.45'), '5.625', '6.2375'],
  [
    'tariff_4_complex.json',
    [
      ['09:30', { TIME: '2.75', MAX_CURRENT: '16' }],
      ['12:15', { PARKING_TIME: '0.7' }],
    ],
    '12:57',
    '9',
    '10.3',
  ],
  ['tariff_5_free_of_charge.json', ...hour('20'), '0', '0'],
  ['tariff_6_025kwh_start_max_price.json', ...hour('50'), '10', '11'],
  ['tariff_6_025kwh_start_max_price.json', ...hour('30'), '8', '8.85'],
  [
    'tariff_7_first_hour_kwh_free.json',
    // The text counts its hours from the end of charging: the same as a charging of no length.
    [
      ['10:00', { ENERGY: '20' }],
      ['10:00', { PARKING_TIME: '2.75' }],
    ],
    '12:45',
    '7.3',
    NO_VAT,
  ],
  ['tariff_8_simple_025kwh.json', ...hour('20'), '5', '5.5'],
  ['tariff_9_025kwh_start.json', ...hour('20'), '5.5', '6.1'],
  [
    'tariff_10_025kwh_parking_start.json',
    [...hour('20')[0], ['11:00', { PARKING_TIME: '0.6667' }]],
    '11:40',
    '7',
    '7.9',
  ],
  ['tariff_11_not_possible_alt_text.json', ...TIMED, '5.15', '5.497'],
  ['tariff_12_025kwh_min_price.json', ...hour('20'), '5', '5.5'],
  ['tariff_12_025kwh_min_price.json', ...hour('1.9'), '0.5', '0.55'],
  [
    'tariff_13_simple_3hour_5parking.json',
    [...TIMED[0], ['12:30', { PARKING_TIME: '0.7' }]],
    '13:12',
    '11.25',
    '12.75',
  ],
  [
    'tariff_14_step_size.json',
    [
      ['16:35', { TIME: '0.4167' }],
      ['17:00', { TIME: '0.1667' }],
    ],
    '17:10',
    '1.3',
    NO_VAT,
  ],
  ['tariff_15_reservation_5_euro_per_hour.json', ...reserved('15', '0.25'), '6.75', '7.6'],
  ['tariff_16_reservation_2_euro_fee_5_euro_per_hour.json', ...reserved('13', '0.2167'), '8.75', '10'],
  ['tariff_17_reservation_with_expire_fee.json', ...reserved('22', '0.3667'), '6.5', '7.3'],
  ['tariff_17_reservation_with_expire_fee.json', [['10:00', { RESERVATION_TIME: '1' }]], '11:00', '6', '7.2'],
  ['tariff_18_reservation_with_expire_time.json', ...reserved('22', '0.3667'), '7', '7.9'],
  [
    'tariff_18_reservation_with_expire_time.json',
    [['10:00', { RESERVATION_TIME: '1.5' }]],
    '11:30',
    '9',
    '10.8',
  ],
  ['tariff_19_simple_north_american_exclusive.json', ...TIMED, '5', 'unknown'],
  ['tariff_20_simple_north_american_inclusive.json', ...TIMED, 'unknown', '5.25'],
  ['tariff_put_example.json', ...TIMED, '5', '5.5'],
  ['tariffrestriction_example_max_duration.json', FREE_THEN, '10:40', '0.3', '0.36'],
  ['tariffrestriction_example_max_power.json', TIERS, '11:10', '20.3', '24.36'],
];

const at = (time: string): string => `2019-01-07T${time}:00Z`;
/** The CDR of a worked example. */
export const cdrOf = (periods: readonly Period[], end: string, currency: string): string =>
  JSON.stringify({
    id: 'C',
    currency,
    start_date_time: at(periods[0]?.[0] ?? ''),
    end_date_time: at(end),
    charging_periods: periods.map(([time, volumes]) => ({
      start_date_time: at(time),
      dimensions: Object.entries(volumes).map(([type, volume]) => ({ type, volume })),
    })),
  });
