import assert from 'node:assert/strict';
import type { ChargingSchedule } from '../power/index.ts';
import { claim, decide, grantsOf, grid, NOW, PROFILE, rail, stateOf } from '../power/testing/build.ts';
import { parseTariff, UTC_OFFSETS } from '../tariff/index.ts';
import { rateSession, type MeterReading } from './rate-session.ts';
import { component, element, lines, tariffJson, total } from './testing/build.ts';

const PRICE = '0.32';
const WATT_SECONDS_PER_WH = 3_600n;

/** What the register shows each second when the car takes what the power core grants it, whole watt-hours, rounded down. */
const registerOf = (schedules: readonly ChargingSchedule[]): readonly MeterReading[] => {
  const state = stateOf({
    ...{ tree: rail(), sources: [grid(50_000n)], claims: [claim('car', 50_000n, { schedules })] },
    tickMs: 1_000,
  });
  let wattSeconds = 0n;
  return Array.from({ length: 1_981 }, (_, second) => {
    const atMs = NOW + second * 1_000;
    const energyWh = wattSeconds / WATT_SECONDS_PER_WH;
    wattSeconds += grantsOf(decide(state, atMs))['car'] ?? 0n;
    return { atMs, energyWh };
  });
};
const readEach = (readings: readonly MeterReading[], seconds: number): readonly MeterReading[] =>
  readings.filter((_, second) => second % seconds === 0);

const billOf = (readings: readonly MeterReading[]) => {
  const tariff = parseTariff(tariffJson([element([component('ENERGY', PRICE)])]));
  assert.ok(tariff.ok);
  const rated = rateSession({ tariff: tariff.value.tariff, readings, zoneOffsets: UTC_OFFSETS });
  assert.ok(rated.ok);
  return rated.value;
};

describe('the bill of a charge that follows a profile of 22, 15 and 8 kW', () => {
  it('is 2.192 USD to the micro, however often the register is read', () => {
    const register = registerOf([PROFILE]);
    for (const seconds of [1, 60, 180, 1_980]) {
      const rated = billOf(readEach(register, seconds));
      assert.equal(rated.totalMicros, 2_192_000n, `each ${seconds} s`);
      assert.deepEqual([rated.energyKWh, total(rated)], ['6.85', '2.192 / 2.192']);
      assert.deepEqual(lines(rated), ['ENERGY[0] 6.85 = 2.192']);
    }
  });

  it('is another one where a later profile of a higher level holds less for five minutes', () => {
    const higher: ChargingSchedule = {
      ...{ startMs: NOW, stackLevel: 1, periods: [{ offsetMs: 0, limitW: 3_000n }] },
      ...{ validFromMs: NOW + 300_000, validToMs: NOW + 600_000 },
    };
    // 12 kW less for 300 s are 1,000 Wh, and 0.32 USD.
    assert.equal(billOf(registerOf([PROFILE, higher])).totalMicros, 1_872_000n);
  });
});
