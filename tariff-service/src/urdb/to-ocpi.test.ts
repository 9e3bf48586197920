import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { urdbFile, UrdbError, type UrdbRate } from './rate.ts';
import { urdbToOcpi } from './to-ocpi.ts';

const folder = join(import.meta.dirname, '../../../data/tariffs');
const load = (name: string): UrdbRate => {
  const [rate] = urdbFile.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))).items;
  if (!rate) throw new Error(`${name} holds no rate`);
  return rate;
};
const options = {
  tariffId: 'T1',
  countryCode: 'US',
  partyId: 'DUK',
  currency: 'USD',
  firstMonth: '2026-01',
  months: 12,
  vatPercent: 7,
  lastUpdated: '2026-01-01T00:00:00Z',
} as const;

/** The element that covers a local hour of a day, first match as OCPI rates. */
function priceAt(
  tariff: ReturnType<typeof urdbToOcpi>,
  date: string,
  day: string,
  hour: number,
): number | undefined {
  const clock = `${hour.toString().padStart(2, '0')}:00`;
  return tariff.elements.find((element) => {
    const r = element.restrictions;
    if (!r) return false;
    const inDates = r.start_date <= date && date < r.end_date;
    const inDays = r.day_of_week?.includes(day) ?? true;
    const inHours =
      r.start_time === undefined ||
      (r.start_time <= clock && (r.end_time === '00:00' || clock < (r.end_time ?? '')));
    return inDates && inDays && inHours;
  })?.price_components[0]?.price;
}

describe('a URDB rate as an OCPI tariff', () => {
  it('prices every hour of the year as the schedule does', () => {
    for (const name of [
      'urdb_pge_bev-2-s.json',
      'urdb_sce_tou-ev-9.json',
      'urdb_sdge_ev-hp.json',
      'urdb_ladwp_a-3.json',
    ]) {
      const rate = load(name);
      const tariff = urdbToOcpi(rate, options);
      for (let month = 0; month < 12; month += 1) {
        for (let hour = 0; hour < 24; hour += 1) {
          const date = `2026-${(month + 1).toString().padStart(2, '0')}-15`;
          for (const [day, schedule] of [
            ['TUESDAY', rate.energyweekdayschedule],
            ['SUNDAY', rate.energyweekendschedule],
          ] as const) {
            const tier = rate.energyratestructure[schedule[month]?.[hour] ?? -1]?.[0];
            assert.ok(tier);
            const expected = (Math.round(tier.rate * 1e6) + Math.round(tier.adj * 1e6)) / 1e6;
            assert.equal(priceAt(tariff, date, day, hour), expected, `${name} ${date} ${day} ${hour}`);
          }
        }
      }
    }
  });

  it('merges equal hours, days and months into one element each', () => {
    const tariff = urdbToOcpi(load('urdb_pge_bev-2-s.json'), options);
    assert.equal(tariff.elements.length, 5); // 00–09, 09–14, 14–16, 16–21, 21–24 all year, every day
  });

  it('refuses tiers and prices that are not per kWh', () => {
    const rate = load('urdb_pge_bev-2-s.json');
    const tiered = {
      ...rate,
      energyratestructure: rate.energyratestructure.map((tiers) => [...tiers, ...tiers]),
    };
    assert.throws(
      () => urdbToOcpi(tiered, options),
      (e) => e instanceof UrdbError && e.code === 'TIERED',
    );
    const daily = {
      ...rate,
      energyratestructure: rate.energyratestructure.map(() => [{ rate: 1, adj: 0, unit: 'kW' }]),
    };
    assert.throws(
      () => urdbToOcpi(daily, options),
      (e) => e instanceof UrdbError && e.code === 'UNIT',
    );
  });
});
