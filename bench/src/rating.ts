/** How long one rating of a metered session takes: `npx tsx bench/src/rating.ts`. Prints JSON, microseconds. */
import { parseTariff, rateSession, UTC_OFFSETS } from '@roamgrid/domain';

const READINGS = 20;
const ROUNDS = 20_000;
const PASSES = 5;
const START_MS = Date.UTC(2025, 5, 2, 17, 13);

const component = (type: string, price: string, stepSize: number) => ({
  type,
  price,
  vat: '10',
  step_size: stepSize,
});
const parsed = parseTariff({
  id: 'BENCH',
  country_code: 'NL',
  party_id: 'ABC',
  currency: 'EUR',
  elements: [
    { price_components: [component('FLAT', '0.5', 1)] },
    {
      price_components: [component('ENERGY', '0.35', 1)],
      restrictions: { end_time: '18:00', day_of_week: ['MONDAY'] },
    },
    { price_components: [component('ENERGY', '0.25', 1), component('PARKING_TIME', '3', 300)] },
  ],
  last_updated: '2025-01-01T00:00:00Z',
});
if (!parsed.ok) throw new Error(`the tariff of this bench is broken: ${JSON.stringify(parsed.error)}`);

const input = {
  tariff: parsed.value.tariff,
  readings: Array.from({ length: READINGS }, (_, i) => ({
    atMs: START_MS + i * 300_000,
    energyWh: BigInt(i) * 900n,
  })),
  zoneOffsets: UTC_OFFSETS,
};

const passes = Array.from({ length: PASSES }, () => {
  const beganMs = performance.now();
  for (let i = 0; i < ROUNDS; i += 1)
    if (!rateSession(input).ok) throw new Error('the session cannot be rated');
  return Math.round(((performance.now() - beganMs) / ROUNDS) * 10_000) / 10;
});
process.stdout.write(`${JSON.stringify({ readings: READINGS, rounds: ROUNDS, microsecondsEach: passes })}\n`);
