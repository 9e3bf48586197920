import assert from 'node:assert/strict';
import fc from 'fast-check';
import { computeAmounts, type CdrAmounts } from './cdr-amounts.ts';
import type { CdrInput } from './cdr-input.ts';
import { computeCdr } from './compute-cdr.ts';

const START_MS = Date.UTC(2026, 6, 1, 18, 0);

const tariffs = fc
  .tuple(
    fc.array(
      fc.record({
        type: fc.constantFrom('ENERGY', 'FLAT', 'PARKING_TIME', 'TIME'),
        price: fc.integer({ min: 0, max: 9_999 }).map((value) => value / 1_000),
        vat: fc.constantFrom(0, 7, 19.6),
        step_size: fc.constantFrom(1, 60, 500),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    // One of them is restricted, so that it is no tariff with one price for each thing.
    fc.constantFrom(undefined, { max_kwh: 7 }, { start_time: '19:00', end_time: '24:00' }),
    fc.constantFrom('USD', 'USD', 'USD', 'EUR'),
  )
  .map(([price_components, restrictions, currency]) =>
    JSON.stringify({
      country_code: 'US',
      party_id: 'DUK',
      id: 'T1',
      currency,
      elements: [{ price_components, ...(restrictions && { restrictions }) }],
      last_updated: '2026-01-01T00:00:00Z',
    }),
  );

const readings = fc
  .array(
    fc.record({
      afterMs: fc.integer({ min: -1, max: 3_600_000 }),
      gainMilliWh: fc.bigInt({ min: -1n, max: 20_000_000n }),
      charging: fc.boolean(),
      clock: fc.constantFrom(undefined, undefined, undefined, 'I' as const),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((rows) => {
    let atMs = START_MS;
    let registerMilliWh = 1_000_000n;
    return rows.map(({ afterMs, gainMilliWh, charging, clock }) => {
      const reading = { atMs, registerMilliWh, charging, ...(clock && { clock }) };
      atMs += afterMs;
      registerMilliWh += gainMilliWh;
      return reading;
    });
  });

const inputOf = (tariffJson: string, read: CdrInput['readings'], adjustmentPpm: bigint): CdrInput => ({
  laneSequence: 1,
  meteredBy: 'meter',
  quote: {
    channel: 'roaming',
    sessionId: 'USDUK-USALP-g0-1',
    vun: 'USDUK',
    hun: 'USALP',
    agreementId: 'a1',
    stationId: 'st1',
    evseId: 'US*DUK*E0001*1',
    tariffId: 'T1',
    tariffVersion: 1,
    adjustmentPpm,
    currency: 'USD',
    requestedEnergyWh: 20_000n,
    plannedMs: 7_200_000,
    estimateMicros: 5_000_000n,
    capMicros: 20_000_000n,
    zoneOffsets: [{ fromMs: START_MS, offsetMinutes: 0 }],
    issuedAtMs: START_MS,
    validUntilMs: START_MS + 60_000,
  },
  readings: read,
  tariffJson,
  terms: { shares: { hun: 50_000n, vun: 800_000n, infrastructure: 149_999n, driver: 1n } },
  endReason: 'driver',
});

const amountsOf = ({
  startMs,
  endMs,
  energyWh,
  currency,
  netMicros,
  taxMicros,
  totalMicros,
  shares,
}: CdrAmounts): CdrAmounts => ({
  ...{ startMs, endMs, energyWh, currency, netMicros, taxMicros, totalMicros, shares },
});

describe('the amounts of a record', () => {
  it('are those of the record with its lines, and what cannot be rated is refused alike', () => {
    const seen = { amounts: 0, refusals: 0 };
    fc.assert(
      fc.property(
        tariffs,
        readings,
        fc.constantFrom(0n, -100_000n, 33_333n, -1_000_001n),
        (tariffJson, read, ppm) => {
          const input = inputOf(tariffJson, read, ppm);
          const amounts = computeAmounts(input);
          const record = computeCdr(input);
          if (!record.ok) {
            assert.deepEqual(amounts, record);
            seen.refusals += 1;
            return;
          }
          assert.ok(amounts.ok);
          assert.deepEqual(amountsOf(amounts.value), amountsOf(record.value));
          seen.amounts += 1;
        },
      ),
      { numRuns: 500 },
    );
    assert.ok(seen.amounts > 100 && seen.refusals > 50, JSON.stringify(seen));
  });
});
