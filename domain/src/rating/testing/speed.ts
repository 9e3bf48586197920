/** Prints how long one rating takes: `npx tsx domain/src/rating/testing/speed.ts`. Figures belong to `bench/`. */
import { parseTariff, UTC_OFFSETS } from '../../tariff/index.ts';
import { rateSession } from '../rate-session.ts';
import { component, element, tariffJson } from './build.ts';

const READINGS = 20;
const ROUNDS = 20_000;
const START_MS = Date.UTC(2025, 5, 2, 17, 13);

const parsed = parseTariff(
  tariffJson([
    element([component('FLAT', '0.5', 1, '10')]),
    element([component('ENERGY', '0.35', 1, '10')], { end_time: '18:00', day_of_week: ['MONDAY'] }),
    element([component('ENERGY', '0.25', 1, '10'), component('PARKING_TIME', '3', 300, '10')]),
  ]),
);
if (!parsed.ok) throw new Error('the tariff of this script is broken');

const input = {
  tariff: parsed.value.tariff,
  readings: Array.from({ length: READINGS }, (_, index) => ({
    atMs: START_MS + index * 300_000,
    energyWh: 1_000_000n + BigInt(Math.min(index, 15)) * 537n,
  })),
  zoneOffsets: UTC_OFFSETS,
};

for (let round = 0; round < 5; round++) {
  const before = process.hrtime.bigint();
  for (let index = 0; index < ROUNDS; index++) rateSession(input);
  const each = (process.hrtime.bigint() - before) / BigInt(ROUNDS);
  console.log(`${each} ns for a session of ${READINGS} readings`);
}
