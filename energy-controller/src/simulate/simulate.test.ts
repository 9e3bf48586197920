import assert from 'node:assert/strict';
import fc from 'fast-check';
import { byRule } from './by-rule.ts';
import type { Stay } from './cars.ts';
import type { Hungry } from './decide.ts';
import { simulate, type SimulatedPolicy } from './simulate.ts';
import { levelsOf, type Site } from './site.ts';
import { MINUTE_MS, SITE, START_MS } from './testing/site.ts';

const stay = (fromMinute: number, toMinute: number, energyWh: bigint, more: Partial<Stay> = {}): Stay => ({
  stationId: 's1',
  arrivalMs: START_MS + fromMinute * MINUTE_MS,
  departureMs: START_MS + toMinute * MINUTE_MS,
  energyWh,
  ...more,
});

const lived = (stays: readonly Stay[], policy: SimulatedPolicy, more: Partial<Site> = {}) =>
  simulate({ site: { ...SITE, ...more }, stays, policy, knows: 'oracle' });

const siteArbitrary: fc.Arbitrary<Site> = fc.record({
  stepMinutes: fc.constantFrom(1, 5, 15),
  volts: fc.constantFrom(120n, 230n),
  phases: fc.constantFrom(1 as const, 3 as const),
  limitW: fc.bigInt({ min: 1_000n, max: 40_000n }),
  outletW: fc.bigInt({ min: 1_000n, max: 11_000n }),
  minAmps: fc.constantFrom(0n, 6n),
  isWholeAmps: fc.boolean(),
});

const staysArbitrary = fc.array(
  fc
    .record({
      from: fc.integer({ min: 0, max: 600 }),
      minutes: fc.integer({ min: 1, max: 400 }),
      energyWh: fc.bigInt({ min: 1n, max: 40_000n }),
      stationId: fc.constantFrom('a', 'b', 'c', 'd'),
    })
    .map(({ from, minutes, energyWh, stationId }) => stay(from, from + minutes, energyWh, { stationId })),
  { minLength: 1, maxLength: 14 },
);

describe('a simulated site', () => {
  it('keeps its limits, gives what cars take, and never more than the best programme, whatever the rule', () =>
    fc.assert(
      fc.asyncProperty(
        siteArbitrary,
        staysArbitrary,
        fc.constantFrom('fcfs', 'edf', 'llf'),
        async (site, stays, policy) => {
          const report = await simulate({ site, stays, policy, knows: 'oracle' });
          assert.equal(report.violations, 0);
          assert.ok(report.isExact);
          assert.ok(report.deliveredWh <= report.optimumWh, `${report.deliveredWh} of ${report.optimumWh}`);
          assert.ok(report.optimumWh <= report.requestedWh);
        },
      ),
      { numRuns: 30 },
    ));

  it('gives everybody what they want where the rule of the power core would too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 12 }),
        (lefts) => {
          const site: Site = { ...SITE, limitW: 7_360n * BigInt(lefts.length) };
          const { most, every, least } = levelsOf(site);
          const hungry = lefts.map((left, index): Hungry => {
            const filling = Math.max(least, Math.ceil(left / site.stepMinutes / every) * every);
            return {
              car: { index, stay: stay(0, 60, 1n), lane: 0, firstStep: 0, endStep: 9, need: left },
              left,
              leavesStep: 9,
              want: Math.min(most, filling),
            };
          });
          const { given } = byRule(site, 'llf')(hungry, 0) as { given: readonly number[] };
          given.forEach((watts, at) => {
            // The core counts in whole watt-hours: it may give an ampere more for the last of them, which nobody takes.
            const over = watts - (hungry[at]?.want ?? 0);
            assert.ok(over === 0 || over === every, `${over}`);
          });
        },
      ),
    );
  });

  it('serves the one with the least time to spare first, and the earliest deadline first', async () => {
    // 43 A in all. The long one has 5 min to spare, the short one leaves earlier and has 60.
    const stays = [stay(0, 125, 14_720n), stay(0, 90, 3_680n, { stationId: 's2' })];
    assert.equal((await lived(stays, 'llf')).deliveredWh, 14_720n + 3_680n);
    const byDeadline = await lived(stays, 'edf');
    assert.ok(byDeadline.deliveredWh < 14_720n + 3_680n);
    assert.equal(byDeadline.optimumWh, 14_720n + 3_680n);
  });

  it('gives nothing in steps that a stay covers in part', async () => {
    const { deliveredWh } = await lived([stay(1, 14, 50_000n)], 'llf');
    // From 8:05 to 8:10 alone: 7,360 W for five minutes.
    assert.equal(deliveredWh, (7_360n * 5n) / 60n);
  });

  it('loads the phases in turn, each with a third of the limit', async () => {
    const three = { phases: 3 as const, limitW: 30_000n };
    const at = (stationId: string) => stay(0, 60, 7_360n, { stationId });
    // Three outlets: one a phase, 43 A each.
    assert.equal((await lived([at('a'), at('b'), at('c')], 'llf', three)).deliveredWh, 22_080n);
    // Of four the first and the fourth share a phase.
    const four = await lived([at('a'), at('b'), at('c'), at('d')], 'llf', three);
    assert.equal(four.deliveredWh, 14_720n + 9_890n);
    assert.equal(four.optimumWh, 14_720n + 9_890n);
    const given = [0, 1, 2, 1].map((phase) => ({ ...at('same'), phase }));
    assert.equal((await lived(given, 'llf', three)).deliveredWh, 14_720n + 9_890n);
  });

  it('believes what drivers declare, and lets a car go when it really leaves', async () => {
    const stays = [
      stay(0, 60, 7_360n, { declaredDepartureMs: START_MS + 600 * MINUTE_MS }),
      stay(0, 180, 7_360n, { stationId: 's2', declaredDepartureMs: START_MS + 120 * MINUTE_MS }),
    ];
    const of = async (knows: 'oracle' | 'declared') =>
      (await simulate({ site: SITE, stays, policy: 'llf', knows })).deliveredWh;
    assert.equal(await of('oracle'), 14_720n);
    // The first one is taken to have ten hours and gets 11 A while the other fills: an hour at 11 A.
    assert.equal(await of('declared'), 7_360n + 2_530n);
  });

  it('leaves less unserved with four weeks to learn from than with none', async function () {
    this.timeout(60_000);
    // Each day the first declares nine hours too much, and the second an hour too little.
    const daily = (day: number): readonly Stay[] => {
      const dayMs = day * 24 * 60 * MINUTE_MS;
      const said = (one: Stay, minutes: number): Stay => ({
        ...one,
        arrivalMs: one.arrivalMs + dayMs,
        departureMs: one.departureMs + dayMs,
        declaredDepartureMs: START_MS + dayMs + minutes * MINUTE_MS,
      });
      return [said(stay(0, 60, 7_360n), 600), said(stay(0, 180, 7_360n, { stationId: 's2' }), 120)];
    };
    const DAYS = 28;
    const unservedWh = async (historyDays: number): Promise<bigint> => {
      const days = Array.from({ length: historyDays + 7 }, (_, at) => DAYS - historyDays + at);
      const report = await simulate({
        ...{ site: SITE, stays: days.flatMap(daily), policy: 'plan', knows: 'declared' },
        fromMs: START_MS + DAYS * 24 * 60 * MINUTE_MS,
      });
      return report.optimumWh - report.deliveredWh;
    };
    const [none, learnt] = [await unservedWh(0), await unservedWh(DAYS)];
    assert.ok(learnt < none, `${learnt} Wh after four weeks, ${none} Wh without`);
  });

  it('does not count what begins before the span, and keeps the phases of its stations', async () => {
    const stays = [stay(-120, -60, 1_000n, { stationId: 'a' }), stay(0, 60, 1_000n, { stationId: 'b' })];
    const report = await simulate({
      site: SITE,
      stays,
      policy: 'fcfs',
      knows: 'oracle',
      fromMs: START_MS,
    });
    assert.deepEqual([report.sessions, report.deliveredWh], [1, 1_000n]);
  });

  it('adds up what energy and the highest power of each month cost', async () => {
    const report = await simulate({
      site: SITE,
      stays: [stay(0, 60, 7_360n)],
      policy: 'llf',
      knows: 'oracle',
      pricing: {
        energyMicrosPerKWh: () => 250_000n,
        peakMicrosPerKW: () => ({ month: '2026-11', micros: 10_000_000n }),
      },
    });
    assert.deepEqual(report.cost, { energyMicros: 1_840_000n, peakMicros: 73_600_000n });
  });
});
