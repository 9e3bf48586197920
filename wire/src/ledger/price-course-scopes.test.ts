import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkPriceCourse, withPoint } from './price-course.ts';
import { EVERYWHERE, isWithin, narrownessOf, type TariffScope } from './tariff-scope.ts';
import type { PriceCoursePoint } from './tariff.ts';

const LIMITS = { maxStepMicrosPerKWh: 100n, noticeMs: 10 };

const SCOPES: readonly TariffScope[] = [
  EVERYWHERE,
  { placeId: 'mall' },
  { placeId: 'mall', stationId: 'S1' },
  { placeId: 'mall', stationId: 'S1', evseId: 'US*DUK*E1*1' },
  { placeId: 'mall', stationId: 'S2' },
  { stationId: 'S3' },
];
const [, MALL = {}, STATION = {}, OUTLET = {}] = SCOPES;

const point = (appliesTo: TariffScope, micros: number, validFromMs: number): PriceCoursePoint => ({
  tariffId: `t${validFromMs}`,
  tariffVersion: 1,
  appliesTo,
  currency: 'USD',
  validFromMs,
  minMicrosPerKWh: BigInt(micros),
  maxMicrosPerKWh: BigInt(micros),
});

/** Prices at an outlet as time goes on, told apart from the code: at each start, of what has started the narrowest's newest. */
const pricesAt = (all: readonly PriceCoursePoint[], outlet: TariffScope): readonly bigint[] => {
  const covering = all.filter(({ appliesTo = EVERYWHERE }) => isWithin(outlet, appliesTo));
  const starts = [...new Set(covering.map(({ validFromMs }) => validFromMs))].sort((a, b) => a - b);
  return starts.flatMap((atMs) => {
    const started = covering.filter(({ validFromMs }) => validFromMs <= atMs);
    const narrowest = Math.max(...started.map(({ appliesTo = EVERYWHERE }) => narrownessOf(appliesTo)));
    const counting = started.filter(({ appliesTo = EVERYWHERE }) => narrownessOf(appliesTo) === narrowest);
    const newestMs = Math.max(...counting.map(({ validFromMs }) => validFromMs));
    return counting
      .filter(({ validFromMs }) => validFromMs === newestMs)
      .map(({ minMicrosPerKWh }) => minMicrosPerKWh);
  });
};

const told = fc.record({
  scope: fc.constantFrom(...SCOPES),
  waitMs: fc.nat({ max: 20 }),
  startsInMs: fc.integer({ min: -5, max: 60 }),
  micros: fc.integer({ min: 0, max: 300 }),
});

describe('the course of prices that are for places, stations and outlets', () => {
  it('moves by no more than the step at any outlet, whatever is tried, and what was pruned does not matter', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(told, { minLength: 10, maxLength: 40 }), (tries) => {
        let nowMs = 1_000;
        let course: readonly PriceCoursePoint[] = [];
        const all: PriceCoursePoint[] = [];
        for (const { scope, waitMs, startsInMs, micros } of tries) {
          nowMs += waitMs;
          const next = point(scope, micros, nowMs + startsInMs);
          const verdict = checkPriceCourse(next, course, LIMITS, nowMs);
          assert.equal(verdict.ok, checkPriceCourse(next, all, LIMITS, nowMs).ok);
          if (!verdict.ok) continue;
          course = withPoint(course, next, nowMs);
          all.push(next);
          taken += 1;
        }
        for (const outlet of SCOPES) {
          const prices = pricesAt(all, outlet);
          for (const [at, price] of prices.entries()) {
            const step = price - (prices[at - 1] ?? price);
            assert.ok(-LIMITS.maxStepMicrosPerKWh <= step && step <= LIMITS.maxStepMicrosPerKWh);
          }
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(taken > 1_000, 'enough was admitted for this to mean something');
  });

  const verdict = (next: PriceCoursePoint, ...course: PriceCoursePoint[]) => {
    const checked = checkPriceCourse(next, course, LIMITS, 100);
    return checked.ok ? 'ok' : checked.error.code;
  };

  it('a first price for a place owes notice, and the step from what was charged there', () => {
    const before = point(EVERYWHERE, 300, 0);
    assert.equal(verdict(point(MALL, 400, 110), before), 'ok');
    assert.equal(verdict(point(MALL, 400, 109), before), 'NOTICE_TOO_SHORT');
    assert.equal(verdict(point(MALL, 401, 110), before), 'STEP_TOO_BIG');
  });

  it('one jump is not cut into narrower and narrower scopes that start together', () => {
    const course = [point(EVERYWHERE, 300, 0), point(MALL, 400, 200)];
    assert.equal(verdict(point(STATION, 500, 200), ...course), 'STEP_TOO_BIG');
    assert.equal(verdict(point(STATION, 500, 201), ...course), 'ok');
  });

  it('nor hidden by changing what is wide just before what is narrow starts', () => {
    const course = [point(EVERYWHERE, 300, 0), point(STATION, 400, 300)];
    assert.equal(verdict(point(EVERYWHERE, 200, 200), ...course), 'STEP_TOO_BIG');
    assert.equal(verdict(point(EVERYWHERE, 200, 301), ...course), 'ok');
  });

  it('a place’s own price may go its way, as far as steps take it', () => {
    const course = [point(EVERYWHERE, 300, 0), point(MALL, 400, 10), point(MALL, 500, 20)];
    assert.equal(verdict(point(MALL, 600, 200), ...course), 'ok');
    assert.equal(verdict(point(EVERYWHERE, 200, 200), ...course), 'ok');
    assert.equal(verdict(point(OUTLET, 300, 200), ...course), 'STEP_TOO_BIG');
  });
});
