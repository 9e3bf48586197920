import assert from 'node:assert/strict';
import { eventSignals } from './event-signals.ts';
import { openAdrEvent } from './model.ts';
import { durationOf, instantOf } from './times.ts';

const NOW = Date.UTC(2026, 11, 1, 6, 30);
const HOUR_MS = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 11, 1);

const read = (event: object, nowMs = NOW) =>
  eventSignals(
    openAdrEvent.parse({
      ...{ id: 'e-1', programID: 'p-1', createdDateTime: '2026-12-01T05:00:00Z' },
      ...{ modificationDateTime: '2026-12-01T05:00:00Z', ...event },
    }),
    undefined,
    { by: 'ven', currency: 'EUR', simpleReduceW: [] },
    nowMs,
  );

describe('times of OpenADR', () => {
  for (const [text, expected] of [
    ['0000-00-00', 'now'],
    ['0000-00-00T00:00:00Z', 'now'],
    ['0001-01-01', 'now'],
    ['0001-01-01T00:00:00.000Z', 'now'],
    ['2026-12-01T00:00:00Z', MIDNIGHT],
    ['2026-12-01T01:00:00+01:00', MIDNIGHT],
    ['2026-12-01T00:00:60Z', undefined],
    ['2026-12-01', undefined],
    ['2026-13-01T00:00:00Z', undefined],
  ] as const)
    it(`reads ${text} as ${expected ?? 'nothing'}`, () => {
      assert.equal(instantOf(text), expected);
    });
  for (const [text, expected] of [
    ['PT1H', HOUR_MS],
    ['P1DT12H', 36 * HOUR_MS],
    ['P1W', 168 * HOUR_MS],
    ['PT0.25S', 250],
    ['-PT1M', -60_000],
    ['P9999Y', 'endless'],
    ['P', undefined],
    ['PT', undefined],
    ['1H', undefined],
  ] as const)
    it(`takes ${text} for ${expected ?? 'nothing'}`, () => {
      assert.equal(durationOf(text), expected);
    });
});

describe('signals of an event of OpenADR', () => {
  const hourly = (count: number) =>
    Array.from({ length: count }, (_, id) => ({ id, payloads: [{ type: 'PRICE', values: [id / 100] }] }));

  it('repeats a day of prices for ever, each look from the day that it is in', () => {
    const event = {
      ...{ duration: 'P9999Y', intervals: hourly(24) },
      intervalPeriod: { start: '2026-12-01T00:00:00Z', duration: 'PT1H' },
    };
    const [today] = read(event).signals;
    const [later] = read(event, NOW + 48 * HOUR_MS).signals;
    assert.ok(today?.kind === 'price' && later?.kind === 'price');
    assert.equal(today.intervals[0]?.startMs, MIDNIGHT);
    assert.equal(later.intervals[0]?.startMs, MIDNIGHT + 48 * HOUR_MS);
    assert.equal(today.intervals[25]?.priceMicrosPerKWh, 10_000n);
    assert.ok(later.version > today.version);
  });

  it('is cut by its own duration', () => {
    const [price] = read({
      ...{ duration: 'PT12H', intervals: hourly(24) },
      intervalPeriod: { start: '2026-12-01T00:00:00Z', duration: 'PT1H' },
    }).signals;
    assert.ok(price?.kind === 'price');
    assert.equal(price.intervals.length, 12);
  });

  it('moves a random start within its bounds, and each time by the same', () => {
    const event = {
      intervalPeriod: { start: '2026-12-01T08:00:00Z', duration: 'PT1H', randomizeStart: 'PT10M' },
      intervals: [{ id: 0, payloads: [{ type: 'IMPORT_CAPACITY_LIMIT', values: [4.5] }] }],
    };
    const [first] = read(event).signals;
    const [again] = read(event, NOW + HOUR_MS).signals;
    assert.ok(first?.kind === 'dr-event');
    assert.ok(Math.abs(first.startMs - MIDNIGHT - 8 * HOUR_MS) <= 600_000);
    assert.equal(first.endMs - first.startMs, HOUR_MS);
    assert.deepEqual(again, first);
  });

  it('leaves out by name what it cannot take: another currency, an unknown unit or payload', () => {
    const priced = (more: object) => ({
      ...{ intervals: hourly(1), intervalPeriod: { start: '2026-12-01T00:00:00Z', duration: 'PT1H' } },
      payloadDescriptors: [{ payloadType: 'PRICE', ...more }],
    });
    assert.deepEqual(read(priced({ currency: 'USD' })).leftOut, [
      'PRICE: in USD per KWH, not in EUR per KWH or MWH',
    ]);
    assert.deepEqual(read(priced({ units: 'THERM' })).signals, []);
    const perMwh = read(priced({ units: 'MWH', currency: 'EUR' })).signals[0];
    assert.ok(perMwh?.kind === 'price' && perMwh.intervals[0]?.priceMicrosPerKWh === 0n);
    const curve = { type: 'CURVE', values: [{ x: 1, y: 2 }] };
    assert.deepEqual(read({ ...priced({}), intervals: [{ id: 0, payloads: [curve] }] }).leftOut, [
      'CURVE: not understood here',
    ]);
  });
});
