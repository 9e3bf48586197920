import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HighsSolver } from '../../solver/highs-solver.ts';
import { beliefOf } from '../belief.ts';
import { carsOf, type Stay } from '../cars.ts';
import { optimumOf } from '../optimum.ts';
import { run } from '../run.ts';
import { simulate, type SimulatedPolicy } from '../simulate.ts';
import { levelsOf, type Site } from '../site.ts';
import { MINUTE_MS, SITE, START_MS } from '../testing/site.ts';
import { byPlan } from './by-plan.ts';
import { learntDepartures } from './departures.ts';
import { seededChance } from '@roamgrid/domain/chance';
import { urgenciesOf } from './urgency.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const stay = (stationId: string, from: number, to: number, energyWh: bigint, said?: number): Stay => ({
  stationId,
  arrivalMs: START_MS + from * MINUTE_MS,
  departureMs: START_MS + to * MINUTE_MS,
  energyWh,
  ...(said !== undefined && { declaredDepartureMs: START_MS + said * MINUTE_MS }),
});

/** A hundred earlier days: who says six hours leaves after one, who says five stays for five; the limit does not let both have all. */
const HISTORY: readonly Stay[] = Array.from({ length: 200 }, (_, at): Stay => {
  const isShort = at % 2 === 0;
  const arrivalMs = START_MS - (1 + (at >> 1)) * DAY_MS;
  return {
    stationId: isShort ? 'a' : 'b',
    arrivalMs,
    departureMs: arrivalMs + (isShort ? 1 : 5) * HOUR_MS,
    energyWh: 7_000n,
    declaredDepartureMs: arrivalMs + (isShort ? 6 : 5) * HOUR_MS,
  };
});

/** Days on which eight cars come in the morning and stay for some hours, no two days alike. */
const busyDays = (seed: number, days: number): readonly Stay[] => {
  const chance = seededChance(seed);
  return Array.from({ length: days * 8 }, (_, at) => {
    const from = (at >> 3) * 1_440 + Math.floor(chance() * 180);
    const minutes = 60 + Math.floor(chance() * 300);
    const most = Math.floor(7_360 * (minutes / 60 - 0.5));
    return stay(
      `s${at % 8}`,
      from,
      from + minutes,
      BigInt(1_000 + Math.floor(chance() * Math.min(most, 14_000))),
    );
  });
};

const packedWay = (site: Site) => ({ urgency: urgenciesOf(site)[0], isPacked: true });

describe('a plan at a simulated site', function () {
  this.timeout(60_000);
  const solver = new HighsSolver();
  after(() => solver.close());

  it('keeps the limits, decides every step in which they bind, and never delivers more than the best programme', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1 as const, 3 as const),
        fc.array(
          fc
            .tuple(
              fc.constantFrom('a', 'b', 'c', 'd', 'e'),
              fc.integer({ min: 0, max: 120 }),
              fc.integer({ min: 10, max: 150 }),
              fc.bigInt({ min: 500n, max: 20_000n }),
            )
            .map(([id, from, minutes, energyWh]) => stay(id, from, from + minutes, energyWh)),
          { minLength: 2, maxLength: 7 },
        ),
        async (phases, stays) => {
          const site = { ...SITE, phases };
          const cars = carsOf(stays, site);
          const decide = byPlan(site, solver.solve, { wayAt: () => packedWay(site) });
          const { steps, drawn } = await run(cars, site, { belief: beliefOf('oracle', site), decide });
          assert.ok(steps.every(({ isOver, decidedBy }) => !isOver && decidedBy !== 'rule'));
          const delivered = drawn.reduce((sum, part) => sum + part, 0);
          assert.ok(delivered <= optimumOf(cars, site));
        },
      ),
      { numRuns: 6 },
    ));

  it('bounds by the same best programme that the solver finds step by step', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: 40 }),
            fc.integer({ min: 5, max: 60 }),
            fc.bigInt({ min: 1n, max: 9_000n }),
          ),
          { minLength: 1, maxLength: 6 },
        ),
        async (list) => {
          const cars = carsOf(
            list.map(([from, minutes, wh], at) => stay(String(at), from, from + minutes, wh)),
            SITE,
          );
          const { most, every, room } = levelsOf(SITE);
          const spots = cars.flatMap((car, place) =>
            Array.from({ length: Math.max(0, car.endStep - car.firstStep) }, (_, at) => ({
              place,
              step: car.firstStep + at,
            })),
          );
          const terms = (isOf: (spot: { place: number; step: number }) => boolean) =>
            spots.flatMap((spot, column) => (isOf(spot) ? [{ column, factor: 5n }] : []));
          const answer = await solver.solve({
            columns: spots.map(() => ({ lower: 0n, upper: BigInt(most), cost: -5n })),
            rows: [
              ...cars.map(({ need }, place) => ({
                terms: terms((spot) => spot.place === place),
                upper: BigInt(need),
              })),
              ...[...new Set(spots.map(({ step }) => step))].map((step) => ({
                terms: terms((spot) => spot.step === step),
                upper: BigInt(Math.floor(room / every) * every * 5),
              })),
            ].filter((row) => row.terms.length > 0),
          });
          if (spots.length === 0) return;
          assert.ok(answer.status === 'solved', JSON.stringify(answer));
          const sum = answer.values.reduce((total, value) => total + 5 * value, 0);
          assert.ok(Math.abs(sum - optimumOf(cars, SITE)) < 0.5, `${sum}`);
        },
      ),
      { numRuns: 25 },
    ));

  it('serves all of those that the earliest deadline would not', async () => {
    const stays = [stay('a', 0, 125, 14_720n), stay('b', 0, 90, 3_680n)];
    const report = await simulate({ site: SITE, stays, policy: 'plan', knows: 'oracle' });
    assert.equal(report.deliveredWh, 18_400n);
    assert.equal(report.plannedShare, 1, JSON.stringify(report.reasons));
    const whys = report.reasons.filter(({ decidedBy }) => decidedBy === 'plan').map(({ why }) => why);
    assert.deepEqual([...new Set(whys)], ['ORDER_SERVES_AS_MUCH']);
    assert.ok((report.solveMs?.p99 ?? 0) > 0);
  });

  it('serves first whom earlier stays tell to leave early, whatever was declared', async () => {
    const now = [stay('a', 0, 60, 7_360n, 360), stay('b', 0, 300, 7_360n, 300)];
    const of = async (policy: 'llf' | 'plan', knows: 'declared' | 'oracle' = 'declared') =>
      (await simulate({ site: SITE, stays: [...HISTORY, ...now], policy, knows, fromMs: START_MS }))
        .deliveredWh;
    const [planned, ruled, known] = [await of('plan'), await of('llf'), await of('plan', 'oracle')];
    assert.ok(
      known - ruled > 2_000n && 2n * (planned - ruled) >= known - ruled,
      `${planned}, ${ruled}, ${known}`,
    );
  });

  it('never delivers less than the ranked rules where departures are known', async () => {
    for (const seed of [1, 2]) {
      const stays = busyDays(seed, 20);
      const fromMs = START_MS + 10 * DAY_MS;
      const of = (policy: SimulatedPolicy) =>
        simulate({ site: SITE, stays, policy, knows: 'oracle', fromMs });
      const [plan, llf, edf] = [await of('plan'), await of('llf'), await of('edf')];
      assert.equal(plan.violations, 0);
      assert.ok(llf.deliveredWh < llf.requestedWh, 'the limit binds');
      assert.ok(plan.deliveredWh >= llf.deliveredWh && plan.deliveredWh >= edf.deliveredWh, `seed ${seed}`);
      assert.ok(100n * plan.deliveredWh >= 99n * plan.optimumWh);
    }
  });

  it('keeps the month’s highest power down where it costs, and serves all of them none the less', async () => {
    for (const seed of [4]) {
      const stays = busyDays(seed, 30);
      const of = (policy: SimulatedPolicy) =>
        simulate({
          site: { ...SITE, limitW: 45_000n },
          stays,
          policy,
          knows: 'oracle',
          fromMs: START_MS + 20 * DAY_MS,
          pricing: {
            energyMicrosPerKWh: () => 80_000n,
            peakMicrosPerKW: () => ({ month: 'one', micros: 15_000_000n }),
          },
        });
      const [plan, llf] = [await of('plan'), await of('llf')];
      assert.deepEqual([plan.violations, plan.deliveredWh], [0, llf.deliveredWh]);
      assert.equal(llf.deliveredWh, llf.optimumWh);
      const costOf = ({ cost }: typeof plan): bigint => (cost?.energyMicros ?? 0n) + (cost?.peakMicros ?? 0n);
      assert.ok(10n * costOf(plan) <= 9n * costOf(llf), `seed ${seed}: ${costOf(plan)}, ${costOf(llf)}`);
    }
  });

  it('learns nothing of a stay that had not ended when the car came, its own the least', () => {
    const own = stay('a', 0, 60, 1n, 360);
    const car = carsOf([...HISTORY, own], SITE).at(-1);
    assert.ok(car);
    const unknown = Array.from({ length: 100 }, (_, at) => stay('c', at - 50, 400 + at, 1n, at + 310));
    const told = (stays: readonly Stay[]) =>
      learntDepartures(stays, SITE).stays(car, car.firstStep, [0, 5, 30, 60]);
    assert.deepEqual(told([...HISTORY, own, ...unknown]), told(HISTORY));
  });

  it('takes what was declared for true as long as too few stays have ended', () => {
    const cars = carsOf([...HISTORY.slice(0, 40), stay('a', 0, 60, 1n, 360)], SITE);
    const car = cars.at(-1);
    assert.ok(car);
    const known = learntDepartures(HISTORY, SITE).stays(car, car.firstStep, [0, 5, 30, 60]);
    assert.equal(learntDepartures(HISTORY.slice(0, 40), SITE).stays(car, car.firstStep, [0]), undefined);
    assert.ok(known);
    known.forEach((chance, at) => assert.ok(chance <= (known[at - 1] ?? 1) && chance >= 0, known.join()));
    assert.ok((known[0] ?? 0) > 0.9 && (known[3] ?? 1) < 0.2, known.join());
  });
});

describe('a plan without an answer', () => {
  it('leaves the step to the rule, and the step says so', async () => {
    const stays = [stay('a', 0, 60, 7_360n), stay('b', 0, 60, 7_360n)];
    const cars = carsOf(stays, SITE);
    const decide = byPlan(SITE, () => ({ status: 'failed', detail: 'out of time' }), {
      wayAt: () => packedWay(SITE),
    });
    const { steps } = await run(cars, SITE, { belief: beliefOf('oracle', SITE), decide });
    assert.ok(steps.some(({ decidedBy, why }) => decidedBy === 'rule' && why === 'SOLVER_FAILED'));
    assert.ok(steps.every(({ decidedBy, isOver }) => decidedBy !== 'plan' && !isOver));
  });
});
