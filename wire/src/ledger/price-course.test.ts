import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkPriceCourse, withPoint } from './price-course.ts';
import type { PriceCoursePoint } from './tariff.ts';

const LIMITS = { maxStepMicrosPerKWh: 100n, noticeMs: 10 };
const distance = (a: bigint, b: bigint) => (a > b ? a - b : b - a);

const told = fc.record({
  waitMs: fc.nat({ max: 20 }),
  startsInMs: fc.integer({ min: -5, max: 60 }),
  lowMicros: fc.integer({ min: 0, max: 200 }),
  spreadMicros: fc.integer({ min: 0, max: 100 }),
});

describe('the course of a party’s prices', () => {
  it('has neighbours within the step and notice for all but the first, whatever is tried', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(told, { minLength: 10, maxLength: 40 }), (tries) => {
        let nowMs = 1_000;
        let course: readonly PriceCoursePoint[] = [];
        // Beside the pruned course, everything that was ever admitted.
        const all: PriceCoursePoint[] = [];
        for (const [index, { waitMs, startsInMs, lowMicros, spreadMicros }] of tries.entries()) {
          nowMs += waitMs;
          const next = {
            tariffId: `t${index}`,
            tariffVersion: 1,
            currency: 'USD',
            validFromMs: nowMs + startsInMs,
            minMicrosPerKWh: BigInt(lowMicros),
            maxMicrosPerKWh: BigInt(lowMicros + spreadMicros),
          };
          const verdict = checkPriceCourse(next, course, LIMITS, nowMs);
          assert.equal(
            verdict.ok,
            checkPriceCourse(next, all, LIMITS, nowMs).ok,
            'what was pruned does not matter',
          );
          if (!verdict.ok) continue;
          if (course.length > 0) assert.ok(next.validFromMs - nowMs >= LIMITS.noticeMs);
          course = withPoint(course, next, nowMs);
          all.push(next);
          taken += 1;
        }
        const ordered = [...all].sort((a, b) => a.validFromMs - b.validFromMs);
        for (const [at, point] of ordered.entries()) {
          const next = ordered[at + 1];
          if (next === undefined) break;
          for (const end of ['minMicrosPerKWh', 'maxMicrosPerKWh'] as const)
            assert.ok(distance(point[end], next[end]) <= LIMITS.maxStepMicrosPerKWh);
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(taken > 1_000, 'enough was admitted for this to mean something');
  });

  it('asks notice, but no step, of a tariff in another currency', () => {
    const point = (currency: string, micros: bigint, validFromMs: number): PriceCoursePoint => ({
      tariffId: currency,
      tariffVersion: 1,
      currency,
      validFromMs,
      minMicrosPerKWh: micros,
      maxMicrosPerKWh: micros,
    });
    const course = [point('USD', 100n, 0)];
    const verdict = (currency: string, startMs: number) => {
      const checked = checkPriceCourse(point(currency, 900n, startMs), course, LIMITS, 100);
      return checked.ok ? 'ok' : checked.error.code;
    };
    assert.equal(verdict('EUR', 110), 'ok');
    assert.equal(verdict('EUR', 109), 'NOTICE_TOO_SHORT');
    assert.equal(verdict('USD', 110), 'STEP_TOO_BIG');
  });
});
