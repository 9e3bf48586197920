import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HighsSolver } from '../../solver/highs-solver.ts';
import { simulate, type SimulatedPolicy } from '../simulate.ts';
import { levelsOf, type Site } from '../site.ts';
import { MINUTE_MS, SITE, START_MS } from '../testing/site.ts';
import { cheapestCourse, departingOf, spansOf, type Departing, type Span } from './course.ts';

const THREE: Site = { ...SITE, phases: 3, limitW: 24_000n };
/** Worth more than any price, so that as much is served as can be. */
const SERVED = 1_000_000n;

describe('the cheapest course of those who are there', function () {
  this.timeout(60_000);
  const solver = new HighsSolver();
  after(() => solver.close());

  /** Least cost of a course by the linear programme, less what is served is worth; with the first span as it is given. */
  const programme = async (
    cars: readonly Departing[],
    spans: readonly Span[],
    limit: number,
    first?: readonly number[],
  ): Promise<number> => {
    const { most, room } = levelsOf(THREE);
    const minutesOf = ({ fromStep, toStep }: Span): number => (toStep - fromStep) * THREE.stepMinutes;
    const columns = cars.flatMap((car, at) =>
      spans.flatMap((span, place) => {
        if (car.endStep < span.toStep) return [];
        const given = place === 0 ? first?.[at] : undefined;
        const upper = BigInt(given ?? most * minutesOf(span));
        return [{ at, place, car, lower: BigInt(given ?? 0), upper, cost: span.price - SERVED }];
      }),
    );
    const sumOf = (isOf: (column: (typeof columns)[number]) => boolean, upper: number) => ({
      terms: columns.flatMap((one, column) => (isOf(one) ? [{ column, factor: 1n }] : [])),
      upper: BigInt(upper),
    });
    const rows = [
      ...cars.map(({ need }, at) => sumOf((one) => one.at === at, need)),
      ...spans.flatMap((span, place) => [
        sumOf((one) => one.place === place, limit * minutesOf(span)),
        ...[0, 1, 2].map((lane) =>
          sumOf((one) => one.place === place && one.car.lane === lane, room * minutesOf(span)),
        ),
      ]),
    ].filter(({ terms }) => terms.length > 0);
    const answer = await solver.solve({
      columns: columns.map(({ lower, upper, cost }) => ({ lower, upper, cost })),
      rows,
    });
    assert.ok(answer.status === 'solved', JSON.stringify(answer));
    return answer.values.reduce((sum, value, at) => sum + value * Number(columns[at]?.cost ?? 0n), 0);
  };

  it('costs what the best linear programme does, its first hours as they are', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            lane: fc.nat({ max: 2 }),
            endStep: fc.integer({ min: 1, max: 24 }),
            parts: fc.integer({ min: 1, max: 150 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        fc.array(fc.bigInt({ min: 10n, max: 40n }), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 5_000, max: 24_000 }),
        async (list, prices, limit) => {
          const { most, every } = levelsOf(THREE);
          const cars = list.map(({ lane, endStep, parts }) => ({
            lane,
            endStep,
            need: Math.min(parts * every * THREE.stepMinutes, most * THREE.stepMinutes * endStep),
          }));
          const spans = spansOf(cars, 0, (step) => prices[Math.floor(step / 6)] ?? 0n);
          const { first } = cheapestCourse(cars, spans, THREE, () => limit);
          const [best, kept] = [
            await programme(cars, spans, limit),
            await programme(cars, spans, limit, first),
          ];
          assert.ok(Math.abs(best - kept) <= Math.abs(best) * 1e-6 + 1, `${best}, ${kept}`);
        },
      ),
      { numRuns: 40 },
    ));

  it('gives what a later hour keeps to those who could not be served without it, and to nobody else', () => {
    const hungry = (endStep: number, parts: number): Departing => ({
      lane: 0,
      endStep,
      need: parts * 230 * SITE.stepMinutes,
    });
    const cheapLater = (step: number): bigint => (step < 3 ? 30n : 10n);
    const of = (cars: readonly Departing[]) =>
      cheapestCourse(
        cars,
        spansOf(cars, 0, cheapLater),
        SITE,
        () => 7_360,
        ({ fromStep }) => (fromStep === 0 ? 0 : 7_360),
      );
    assert.deepEqual(of([hungry(6, 96)]), { served: 96 * 1_150, first: [96 * 1_150] });
    assert.deepEqual(of([hungry(6, 192)]), { served: 192 * 1_150, first: [96 * 1_150] });
  });

  it('asks for whole levels, and for no more than an outlet gives by the time a car leaves', () => {
    const stay = { stationId: 'a', arrivalMs: START_MS, departureMs: START_MS + 600_000, energyWh: 9_000n };
    const car = { index: 0, stay, lane: 0, firstStep: 0, endStep: 2, need: 540_000 };
    const of = (left: number, leavesStep: number) =>
      departingOf([{ car, left, leavesStep, want: 7_360 }], 0, SITE)[0]?.need;
    assert.deepEqual([of(1, 2), of(1_151, 2), of(540_000, 2), of(540_000, -1)], [1_150, 2_300, 73_600, 0]);
  });
});

describe('a site with a price of energy and of the highest power', function () {
  this.timeout(60_000);

  const priced = (policy: SimulatedPolicy) =>
    simulate({
      site: { ...SITE, limitW: 30_000n },
      stays: Array.from({ length: 12 }, (_, at) => ({
        stationId: String(at % 4),
        arrivalMs: START_MS + (at >> 2) * 1_440 * MINUTE_MS,
        departureMs: START_MS + ((at >> 2) * 1_440 + 480) * MINUTE_MS,
        energyWh: 7_360n,
      })),
      policy,
      knows: 'oracle',
      pricing: {
        // Cheap from four hours after all have come.
        energyMicrosPerKWh: (atMs) =>
          (atMs - START_MS) % (1_440 * MINUTE_MS) < 240 * MINUTE_MS ? 300_000n : 100_000n,
        peakMicrosPerKW: () => ({ month: 'one', micros: 1_000_000n }),
      },
    });

  it('serves all in the cheaper hours, below the power that takes', async () => {
    const [plan, llf] = [await priced('plan'), await priced('llf')];
    assert.deepEqual([plan.deliveredWh, llf.deliveredWh, plan.violations], [88_320n, 88_320n, 0]);
    assert.equal(llf.cost?.energyMicros, 26_496_000n);
    assert.ok(4n * (plan.cost?.energyMicros ?? 0n) <= 3n * 26_496_000n, String(plan.cost?.energyMicros));
    assert.ok(plan.peakW <= 5_000n && llf.peakW >= 29_000n, `${plan.peakW}, ${llf.peakW}`);
  });

  it('leaves to another month, cheaper as it is, only what the one that runs cannot serve', async () => {
    const boundaryMs = START_MS + 120 * MINUTE_MS;
    const report = await simulate({
      site: SITE,
      stays: [
        {
          stationId: 'a',
          arrivalMs: START_MS,
          departureMs: START_MS + 480 * MINUTE_MS,
          energyWh: 7_360n,
        },
      ],
      policy: 'plan',
      knows: 'oracle',
      pricing: {
        energyMicrosPerKWh: (atMs) => (atMs < boundaryMs ? 300_000n : 100_000n),
        peakMicrosPerKW: (atMs) => ({ month: atMs < boundaryMs ? 'one' : 'two', micros: 1_000_000n }),
      },
    });
    // Of the 7.36 kWh as much as the least power of an outlet gives in two hours.
    assert.equal(report.cost?.energyMicros, 2_760n * 300n + 4_600n * 100n);
  });

  it('leaves cheaper hours to those who need all of them, as the weeks before tell', async () => {
    const begin = START_MS - 28 * 1_440 * MINUTE_MS;
    const stays = Array.from({ length: 35 }, (_, day) => {
      const dayMs = begin + day * 1_440 * MINUTE_MS;
      const stay = (stationId: string, from: number, to: number, energyWh: bigint) => ({
        ...{ stationId, energyWh },
        arrivalMs: dayMs + from * MINUTE_MS,
        departureMs: dayMs + to * MINUTE_MS,
      });
      return [stay('waits', 0, 480, 7_360n), stay('cannot', 240, 480, 29_440n)];
    }).flat();
    const report = await simulate({
      site: { ...SITE, limitW: 20_000n },
      stays,
      policy: 'plan',
      knows: 'oracle',
      fromMs: START_MS,
      pricing: {
        energyMicrosPerKWh: (atMs) =>
          (atMs - begin) % (1_440 * MINUTE_MS) < 240 * MINUTE_MS ? 300_000n : 100_000n,
        peakMicrosPerKW: () => ({ month: 'one', micros: 10_000_000n }),
      },
    });
    assert.equal(report.deliveredWh, report.requestedWh);
    assert.ok(report.peakW <= 8_500n, String(report.peakW));
  });
});
