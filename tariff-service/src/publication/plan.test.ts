import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { parsePolicy, type TariffPolicy } from '../policy/policy.ts';
import { createZone, instantOfLocal, parseDay } from '../time/zone.ts';
import { readForecast, type PublishableForecast } from './forecast.ts';
import { planTariff, type PlanInput } from './plan.ts';
import { standingPrices } from './standing.ts';

const zone = createZone('America/New_York');
const DAY = parseDay('2026-07-15') ?? 0;
const HOUR_MS = 3_600_000;
const NOON_BEFORE_MS = instantOfLocal(zone, DAY - 1, 720);

const policyOf = (changes: object = {}): TariffPolicy => {
  const parsed = parsePolicy({
    policyId: 'duk-adaptive',
    version: 1,
    utility: 'USDUK',
    currency: 'USD',
    timeZone: zone.name,
    validFromMs: 0,
    intervalMinutes: 60,
    baseMicrosPerKWh: '250000',
    floorMicrosPerKWh: '150000',
    ceilingMicrosPerKWh: '450000',
    tickMicrosPerKWh: '1000',
    maxStepMicrosPerKWh: '50000',
    noticeMinutes: 120,
    loadCurve: {
      kind: 'linear',
      points: [
        { ratioPpm: '400000', multiplierPpm: '700000' },
        { ratioPpm: '900000', multiplierPpm: '1700000' },
      ],
    },
    timeOfUse: [],
    budgetNeutral: false,
    review: { reviewer: 'tariff board', reviewedAtMs: 0 },
    ...changes,
  });
  if (!parsed.ok) assert.fail(JSON.stringify(parsed.error));
  return parsed.value;
};

/** A load that climbs to a peak at 17:00 local and falls again. */
const forecastOf = (peakW: bigint, hours = 24): PublishableForecast => ({
  forecastHash: 'a'.repeat(64),
  dataCutMs: NOON_BEFORE_MS,
  intervals: Array.from({ length: hours }, (_, hour) => ({
    startMs: instantOfLocal(zone, DAY, hour * 60),
    minutes: 60,
    loadW: peakW - BigInt(Math.abs(17 - hour)) * 500_000_000n,
  })),
});

const inputOf = (changes: Partial<PlanInput> = {}): PlanInput => ({
  tariffId: 'USDUK-ADAPTIVE',
  zone,
  policies: [policyOf()],
  forecast: forecastOf(18_000_000_000n),
  capacityW: 20_000_000_000n,
  day: DAY,
  publishedAtMs: NOON_BEFORE_MS,
  vatPercent: 7,
  validDays: 7,
  lastVersion: 0,
  ...changes,
});

const planned = (input: PlanInput) => {
  const plan = planTariff(input);
  if (!plan.ok) assert.fail(plan.error.message);
  return plan.value;
};

describe('a planned tariff version', () => {
  it('prices every local hour by the policy and names policy, forecast and data cut', () => {
    const { tariff, slots } = planned(inputOf());
    assert.equal(slots.length, 24);
    assert.deepEqual(tariff.origin, {
      policyId: 'duk-adaptive.v1',
      forecastHash: 'a'.repeat(64),
      dataCutMs: NOON_BEFORE_MS,
    });
    assert.equal(tariff.validFromMs, instantOfLocal(zone, DAY, 0));
    const prices = standingPrices(tariff.tariffJson, DAY, 60);
    assert.deepEqual(
      slots.map(({ minute, microsPerKWh }) => [minute, microsPerKWh]),
      [...prices].sort(([a], [b]) => a - b),
    );
    // 18 of 20 GW is the last point of the curve: 1.7 times the base.
    assert.equal(prices.get(17 * 60), 425_000n);
  });

  it('falls back to the base price when no later version replaces it', () => {
    const { tariff } = planned(inputOf());
    const { elements } = JSON.parse(tariff.tariffJson) as {
      elements: { restrictions?: object; price_components: { price: number }[] }[];
    };
    const last = elements.at(-1);
    assert.equal(last?.restrictions, undefined);
    assert.equal(last?.price_components[0]?.price, 0.25);
    assert.equal(tariff.validUntilMs, instantOfLocal(zone, DAY + 7, 0));
  });

  it('keeps what was promised inside the notice time and starts after it', () => {
    const { tariff: first } = planned(inputOf({ forecast: forecastOf(16_000_000_000n) }));
    const atMs = instantOfLocal(zone, DAY, 14 * 60);
    const { tariff, slots } = planned(
      inputOf({
        publishedAtMs: atMs,
        forecast: { ...forecastOf(18_000_000_000n), forecastHash: 'b'.repeat(64) },
        lastVersion: 1,
        standingJson: first.tariffJson,
      }),
    );
    assert.equal(tariff.version, 2);
    assert.equal(tariff.validFromMs, atMs + 2 * HOUR_MS);
    const before = standingPrices(first.tariffJson, DAY, 60);
    for (const { minute, microsPerKWh, limitedBy } of slots.slice(0, 16)) {
      assert.equal(microsPerKWh, before.get(minute));
      assert.equal(limitedBy, 'frozen');
    }
    assert.ok((slots[17]?.microsPerKWh ?? 0n) > (before.get(17 * 60) ?? 0n));
  });

  it('starts with the first slot after the notice, not in the middle of one', () => {
    const atMs = instantOfLocal(zone, DAY, 14 * 60 + 7);
    assert.equal(
      planned(inputOf({ publishedAtMs: atMs })).tariff.validFromMs,
      instantOfLocal(zone, DAY, 17 * 60),
    );
  });

  it('steps from the last price of the day before', () => {
    const evening = forecastOf(18_000_000_000n);
    const { tariff: first } = planned(inputOf({ forecast: evening }));
    const next = {
      ...evening,
      intervals: evening.intervals.map((each) => ({ ...each, startMs: each.startMs + 24 * HOUR_MS })),
    };
    const { slots } = planned(
      inputOf({
        day: DAY + 1,
        forecast: next,
        lastVersion: 1,
        standingJson: first.tariffJson,
        publishedAtMs: NOON_BEFORE_MS + 24 * HOUR_MS,
      }),
    );
    const last = standingPrices(first.tariffJson, DAY, 60).get(23 * 60) ?? 0n;
    const step = (slots[0]?.microsPerKWh ?? 0n) - last;
    assert.ok(step >= -50_000n && step <= 50_000n, String(step));
  });

  it('is the same text for the same inputs', () => {
    assert.deepEqual(planned(inputOf()), planned(inputOf()));
  });

  it('is not made without a reviewed policy, a whole forecast, or time left in the day', () => {
    const cases: readonly [string, Partial<PlanInput>][] = [
      ['NO_POLICY_IN_FORCE', { policies: [] }],
      ['NO_POLICY_IN_FORCE', { policies: [policyOf({ review: undefined })] }],
      ['FORECAST_INCOMPLETE', { forecast: forecastOf(18_000_000_000n, 23) }],
      ['DAY_OVER', { publishedAtMs: instantOfLocal(zone, DAY, 22 * 60) }],
    ];
    for (const [code, changes] of cases) {
      const plan = planTariff(inputOf(changes));
      assert.equal(plan.ok ? 'ok' : plan.error.code, code);
    }
  });
});

describe('a forecast to publish', () => {
  const intervals = [
    { startUtc: '2026-07-15T04:00:00.000Z', minutes: 60, point: 12.3456789, quantiles: [1] },
  ];
  const answer = {
    area: 'DUK',
    modelId: 'm1',
    day: '2026-07-15',
    gateUtc: '2026-07-14T16:00:00.000Z',
    dataSha256: 'c'.repeat(64),
    forecastHash: createHash('sha256').update(JSON.stringify(intervals)).digest('hex'),
    method: 'ensemble',
    weather: 'none',
    weatherNotes: [],
    levels: [0.5],
    intervals,
  };

  it('is integer watts with the hash and the data cut that the publication cites', () => {
    assert.deepEqual(readForecast(answer, 1_000_000), {
      ok: true,
      value: {
        forecastHash: answer.forecastHash,
        dataCutMs: NOON_BEFORE_MS,
        intervals: [{ startMs: Date.UTC(2026, 6, 15, 4), minutes: 60, loadW: 12_345_679n }],
      },
    });
  });

  it('is refused when a value was altered, or when it is none', () => {
    const altered = { ...answer, intervals: [{ ...intervals[0], point: 12.4 }] };
    for (const [code, json] of [
      ['FORECAST_ALTERED', altered],
      ['FORECAST_INVALID', { ...answer, intervals: 'none' }],
    ] as const) {
      const read = readForecast(json, 1_000_000);
      assert.equal(read.ok ? 'ok' : read.error.code, code);
    }
  });
});
