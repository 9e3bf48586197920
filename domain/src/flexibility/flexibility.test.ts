import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import { BASELINE_METHODS, baselineOf, type BaselineInput, type DayLoad } from './baseline.ts';
import { baselineDays, DAY_MS, dayOf, isWorkday, type CalledEvent } from './days.ts';
import { DAY_SLOTS, settleDay, SLOT_MS, type FlexibilityTerms, type MeterDay } from './settle-day.ts';

const HOUR_MS = 3_600_000;
/** Midnight in New York's winter, of Wednesday, 18 March 2026. */
const WEDNESDAY_MS = Date.UTC(2026, 2, 18, 5);
const RULES = { dayOffsetMinutes: -300, holidays: ['2026-03-17'] };
const TERMS: FlexibilityTerms = {
  ...RULES,
  reductionMicrosPerKWh: 200_000n,
  v2gMicrosPerKWh: 250_000n,
  exportMicrosPerKWh: 100_000n,
  method: 'ten-in-ten',
  adjustmentCapPpm: 200_000n,
};
const eventOn = (dayMs: number, over: Partial<CalledEvent> = {}): CalledEvent => ({
  eventId: 'e1',
  fromMs: dayMs + 18 * HOUR_MS,
  untilMs: dayMs + 20 * HOUR_MS,
  calledAtMs: dayMs + HOUR_MS,
  reductionW: 10_000n,
  ...over,
});
const recordedBefore = (dayMs: number, count: number, recordedAtMs = dayMs) =>
  Array.from({ length: count }, (_none, at) => ({ dayMs: dayMs - (at + 1) * DAY_MS, recordedAtMs }));
const dateOf = (dayMs: number): string => new Date(dayMs).toISOString().slice(0, 10);

describe('days of a baseline', () => {
  it('are the ten latest workdays before the event, without holidays and days with events', () => {
    const earlier = eventOn(WEDNESDAY_MS - 2 * DAY_MS, { eventId: 'e0' });
    const event = eventOn(WEDNESDAY_MS);
    const days = unwrap(baselineDays(event, recordedBefore(WEDNESDAY_MS, 40), [earlier, event], RULES));
    assert.deepEqual(days.map(dateOf), [
      ...['2026-03-13', '2026-03-12', '2026-03-11', '2026-03-10', '2026-03-09'],
      ...['2026-03-06', '2026-03-05', '2026-03-04', '2026-03-03', '2026-03-02'],
    ]);
  });

  it('of a weekend or holiday are the four latest of those', () => {
    const saturday = WEDNESDAY_MS - 4 * DAY_MS;
    const days = unwrap(baselineDays(eventOn(saturday), recordedBefore(saturday, 40), [], RULES));
    assert.deepEqual(days.map(dateOf), ['2026-03-08', '2026-03-07', '2026-03-01', '2026-02-28']);
    assert.equal(isWorkday(WEDNESDAY_MS - DAY_MS, RULES), false);
  });

  it('are refused where there are too few, and where the latest were not recorded before the call', () => {
    const few = baselineDays(eventOn(WEDNESDAY_MS), recordedBefore(WEDNESDAY_MS, 6), [], RULES);
    assert.ok(!few.ok && few.error.code === 'TOO_FEW_DAYS', 'four workdays and a holiday');
    const event = eventOn(WEDNESDAY_MS);
    const late = recordedBefore(WEDNESDAY_MS, 40).map((day, at) =>
      at < 5 ? { ...day, recordedAtMs: event.calledAtMs } : day,
    );
    const kept = baselineDays(event, late, [], RULES);
    assert.ok(!kept.ok && kept.error.code === 'READINGS_LATE');
    const far = recordedBefore(WEDNESDAY_MS, 90).slice(46);
    const early = { ...event, calledAtMs: WEDNESDAY_MS - 45 * DAY_MS };
    const old = baselineDays(
      early,
      far.map((day) => ({ ...day, recordedAtMs: day.dayMs + DAY_MS })),
      [],
      RULES,
    );
    assert.ok(!old.ok && old.error.code === 'TOO_FEW_DAYS', 'nothing older than 45 days counts');
  });

  it('shift with the event by whole weeks, and do not depend on the order of what is known', () => {
    const { holidays: _none, ...rules } = RULES;
    const plain = { ...rules, holidays: [] };
    const known = recordedBefore(WEDNESDAY_MS, 45, 0);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 }),
        fc.shuffledSubarray(known, { minLength: known.length }),
        (weeks, shuffled) => {
          const byMs = weeks * 7 * DAY_MS;
          const event = eventOn(WEDNESDAY_MS);
          const shifted = eventOn(WEDNESDAY_MS + byMs);
          const days = unwrap(baselineDays(event, known, [], plain));
          assert.deepEqual(unwrap(baselineDays(event, shuffled, [], plain)), days);
          const later = known.map((day) => ({ ...day, dayMs: day.dayMs + byMs }));
          assert.deepEqual(
            unwrap(baselineDays(shifted, later, [], plain)),
            days.map((dayMs) => dayMs + byMs),
          );
          assert.equal(dayOf(event.fromMs, plain), WEDNESDAY_MS);
        },
      ),
    );
  });
});

describe('a baseline', () => {
  const milliWh = fc.bigInt({ min: 0n, max: 50_000_000n });
  const load: fc.Arbitrary<DayLoad> = fc.record({ eventMilliWh: milliWh, windowMilliWh: milliWh });
  const input: fc.Arbitrary<BaselineInput> = fc.record({
    method: fc.constantFrom(...BASELINE_METHODS),
    days: fc.array(load, { minLength: 1, maxLength: 10 }),
    windowMilliWh: fc.option(milliWh, { nil: undefined }),
    capPpm: fc.bigInt({ min: 0n, max: 1_000_000n }),
  });
  const days = [1_000n, 2_000n, 3_000n].map((each) => ({ eventMilliWh: 2n * each, windowMilliWh: each }));

  it('is the mean of its days, scaled by the use before the event, within the cap', () => {
    const of = (windowMilliWh: bigint | undefined, capPpm = 200_000n) =>
      baselineOf({ method: 'ten-in-ten', days, windowMilliWh, capPpm });
    assert.deepEqual(of(undefined), { milliWh: 4_000n, adjustmentPpm: 1_000_000n });
    assert.deepEqual(of(2_200n), { milliWh: 4_400n, adjustmentPpm: 1_100_000n });
    assert.deepEqual(of(9_000n), { milliWh: 4_800n, adjustmentPpm: 1_200_000n });
    assert.deepEqual(of(0n), { milliWh: 3_200n, adjustmentPpm: 800_000n });
    assert.deepEqual(of(2_400n, 0n), { milliWh: 4_000n, adjustmentPpm: 1_000_000n });
  });

  it('by regression lies on the days’ line, within the same cap', () => {
    const line = [10n, 20n, 60n].map((each) => ({ eventMilliWh: 1_000n + 3n * each, windowMilliWh: each }));
    const of = (windowMilliWh: bigint) =>
      baselineOf({ method: 'regression', days: line, windowMilliWh, capPpm: 200_000n }).milliWh;
    assert.deepEqual([of(30n), of(50n), of(1_000n)], [1_090n, 1_150n, 1_308n]);
    const flat = line.map((each) => ({ ...each, windowMilliWh: 7n }));
    const alike = { method: 'regression', days: flat, windowMilliWh: 9n, capPpm: 200_000n } as const;
    assert.equal(baselineOf(alike).milliWh, 1_090n, 'days that are alike say nothing of the slope');
  });

  it('keeps within the cap of the mean, is no less than nothing, and forgets the order of its days', () => {
    fc.assert(
      fc.property(input, (each) => {
        const { milliWh: found } = baselineOf(each);
        const count = BigInt(each.days.length);
        const sum = each.days.reduce((total, { eventMilliWh }) => total + eventMilliWh, 0n);
        // Half a milliwatt-hour of rounding at most.
        const slack = count * 1_000_000n;
        assert.ok(found >= 0n);
        assert.ok(found * count * 1_000_000n <= sum * (1_000_000n + each.capPpm) + slack);
        assert.ok(found * count * 1_000_000n >= sum * (1_000_000n - each.capPpm) - slack);
        assert.deepEqual(baselineOf({ ...each, days: [...each.days].reverse() }), baselineOf(each));
      }),
    );
  });

  it('scales with everything that was measured', () => {
    fc.assert(
      fc.property(input, fc.bigInt({ min: 1n, max: 1_000n }), (each, factor) => {
        const scaled = baselineOf({
          ...each,
          days: each.days.map(({ eventMilliWh, windowMilliWh }) => ({
            eventMilliWh: eventMilliWh * factor,
            windowMilliWh: windowMilliWh * factor,
          })),
          windowMilliWh: each.windowMilliWh === undefined ? undefined : each.windowMilliWh * factor,
        });
        const base = baselineOf(each);
        const difference = scaled.milliWh - base.milliWh * factor;
        assert.ok((difference < 0n ? -difference : difference) <= factor, 'but for its one rounding');
        assert.equal(scaled.adjustmentPpm, base.adjustmentPpm);
      }),
    );
  });

  it('never falls by more use before the event with the ten-in-ten method', () => {
    fc.assert(
      fc.property(input, milliWh, (each, more) => {
        const of = (windowMilliWh: bigint) =>
          baselineOf({ ...each, method: 'ten-in-ten', windowMilliWh }).milliWh;
        const from = each.windowMilliWh ?? 0n;
        assert.ok(of(from + more) >= of(from));
      }),
    );
  });
});

describe('a day of a house', () => {
  /** Registers of a day by what came in and went out in each quarter-hour, mWh. */
  const dayOfLoad = (dayMs: number, loads: readonly (readonly [bigint, bigint])[]): MeterDay => {
    const importMilliWh = [0n];
    const exportMilliWh = [0n];
    for (const [taken, given] of loads) {
      importMilliWh.push((importMilliWh.at(-1) ?? 0n) + taken);
      exportMilliWh.push((exportMilliWh.at(-1) ?? 0n) + given);
    }
    return { dayMs, importMilliWh, exportMilliWh };
  };
  const usual = Array.from({ length: DAY_SLOTS }, () => [250_000n, 0n] as const);
  const settled = (loads: readonly (readonly [bigint, bigint])[], events = [eventOn(WEDNESDAY_MS)]) =>
    settleDay({
      terms: TERMS,
      day: dayOfLoad(WEDNESDAY_MS, loads),
      recorded: recordedBefore(WEDNESDAY_MS, 40),
      events,
      dayAt: (dayMs) => dayOfLoad(dayMs, usual),
    });
  const slotLoad = fc.tuple(fc.bigInt({ min: 0n, max: 3_000_000n }), fc.bigInt({ min: 0n, max: 3_000_000n }));
  const loads = fc.array(slotLoad, { minLength: DAY_SLOTS, maxLength: DAY_SLOTS });

  it('pays no quarter-hour twice: what is given beside events and in them is what was given net', () => {
    fc.assert(
      fc.property(loads, (each) => {
        const lines = settled(each);
        const givenWh = lines.reduce((sum, line) => (line.line === 'DR' ? sum : sum + line.energyWh), 0n);
        const netMilliWh = each.reduce(
          (sum, [taken, given]) => (given > taken ? sum + given - taken : sum),
          0n,
        );
        assert.ok(givenWh <= netMilliWh / 1_000n && netMilliWh / 1_000n - givenWh <= 1n);
        const [reduction] = lines;
        assert.ok(reduction?.line === 'DR' && reduction.energyWh >= 0n);
        assert.ok(reduction.energyWh <= reduction.baselineWh, 'nobody takes less than nothing');
      }),
    );
  });

  it('pays the same whatever goes in and out again within a quarter-hour', () => {
    fc.assert(
      fc.property(loads, loads, (each, cycled) => {
        const more = each.map(([taken, given], at) => {
          const [turned] = cycled[at] ?? [0n];
          return [taken + turned, given + turned] as const;
        });
        assert.deepEqual(settled(more), settled(each));
      }),
    );
  });

  it('pays no more than was called for, and nothing for use above the baseline', () => {
    const quiet = usual.map((each, at) => (at >= 72 && at < 80 ? ([0n, 0n] as const) : each));
    const [line] = settled(quiet, [eventOn(WEDNESDAY_MS, { reductionW: 300n })]);
    assert.deepEqual([line?.energyWh, line?.micros], [600n, 120_000n]);
    const busy = usual.map((each, at) => (at >= 72 && at < 80 ? ([900_000n, 0n] as const) : each));
    assert.deepEqual(settled(busy)[0]?.energyWh, 0n);
  });

  it('has no adjustment where the day has no whole window before the event', () => {
    const early = eventOn(WEDNESDAY_MS, {
      fromMs: WEDNESDAY_MS + 2 * HOUR_MS,
      untilMs: WEDNESDAY_MS + 2 * HOUR_MS + SLOT_MS,
    });
    const busy = usual.map((each, at) => (at < 8 ? ([900_000n, 0n] as const) : each));
    const [line] = settled(busy, [early]);
    assert.ok(line?.line === 'DR');
    assert.deepEqual([line.adjustmentPpm, line.baselineWh], [1_000_000n, 250n]);
  });
});
