import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import type { AgreementTerms } from './consortium.ts';
import { EVERYWHERE, isWithin, narrownessOf, scopeText, type TariffScope } from './tariff-scope.ts';
import type { PriceCoursePoint } from './tariff.ts';

/**
 * What a publisher's prices do under an agreement as time goes on, whichever tariff ids carry them. At each outlet, in the
 * order of their starts, neighbours differ by no more than the agreed step; all but the very first were bound with the
 * agreed notice.
 */

export type PriceCourseError = DomainError<'NOTICE_TOO_SHORT' | 'STEP_TOO_BIG'>;

export type PriceCourseLimits = Pick<AgreementTerms, 'maxStepMicrosPerKWh' | 'noticeMs'>;

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);
const nameOf = ({ tariffId, tariffVersion }: PriceCoursePoint): string =>
  `${tariffId} version ${tariffVersion}`;

const scopeOf = ({ appliesTo = EVERYWHERE }: PriceCoursePoint): TariffScope => appliesTo;

/** Points that make the price of outlets in a scope: once one narrower than others has started, those count no more. */
const pointsAt = (course: readonly PriceCoursePoint[], scope: TariffScope): readonly PriceCoursePoint[] => {
  const covering = course.filter((point) => isWithin(scope, scopeOf(point)));
  return covering.filter(
    (point) =>
      !covering.some(
        (other) =>
          other.validFromMs <= point.validFromMs &&
          narrownessOf(scopeOf(other)) > narrownessOf(scopeOf(point)),
      ),
  );
};

/** Points that one stands next to: the ones before it, those that start with it, and the next ones. */
const neighboursOf = (course: readonly PriceCoursePoint[], startMs: number): readonly PriceCoursePoint[] => {
  const starts = course.map(({ validFromMs }) => validFromMs);
  const before = Math.max(...starts.filter((atMs) => atMs < startMs));
  const after = Math.min(...starts.filter((atMs) => atMs > startMs));
  return course.filter(({ validFromMs: atMs }) => atMs === before || atMs === startMs || atMs === after);
};

/** Neighbours of a new point at every outlet where it counts: where nothing is narrower, and where something is, before that starts. */
const neighboursEverywhere = (
  course: readonly PriceCoursePoint[],
  next: PriceCoursePoint,
): readonly PriceCoursePoint[] => {
  const scopes = [next, ...course].map(scopeOf).filter((scope) => isWithin(scope, scopeOf(next)));
  return [...new Map(scopes.map((scope) => [scopeText(scope), scope])).values()].flatMap((scope) => {
    const there = pointsAt([...course, next], scope);
    return there.includes(next) ? neighboursOf(there, next.validFromMs) : [];
  });
};

/**
 * Whether a version may join the course. The very first one owes nothing; every other one owes notice and, towards its
 * neighbours of the same currency, the step. A lapsed tariff still counts: letting one run out frees nobody.
 */
export const checkPriceCourse = (
  next: PriceCoursePoint,
  course: readonly PriceCoursePoint[],
  limits: PriceCourseLimits,
  nowMs: number,
): Result<undefined, PriceCourseError> => {
  if (course.length === 0) return ok(undefined);
  const noticeMs = next.validFromMs - nowMs;
  if (noticeMs < limits.noticeMs) {
    return err({
      code: 'NOTICE_TOO_SHORT',
      message: `the version starts ${noticeMs} ms from now, the agreed notice is ${limits.noticeMs} ms`,
    });
  }
  for (const near of neighboursEverywhere(course, next)) {
    if (near.currency !== next.currency) continue;
    const low = distance(next.minMicrosPerKWh, near.minMicrosPerKWh);
    const high = distance(next.maxMicrosPerKWh, near.maxMicrosPerKWh);
    const step = low > high ? low : high;
    if (step > limits.maxStepMicrosPerKWh) {
      return err({
        code: 'STEP_TOO_BIG',
        message: `the price moves by ${step} micros a kWh against ${nameOf(near)}, agreed are ${limits.maxStepMicrosPerKWh} at once`,
      });
    }
  }
  return ok(undefined);
};

/** The course with a version in it, ascending by start, without what can no longer be a neighbour of a later one. */
export const withPoint = (
  course: readonly PriceCoursePoint[],
  next: PriceCoursePoint,
  nowMs: number,
): readonly PriceCoursePoint[] => {
  const all = [...course, next].sort((a, b) => a.validFromMs - b.validFromMs);
  const startedMs = (scope: TariffScope): number =>
    all.findLast(
      (point) =>
        point.validFromMs < nowMs && isWithin(scopeOf(point), scope) && isWithin(scope, scopeOf(point)),
    )?.validFromMs ?? 0;
  return all.filter((point) => point.validFromMs >= startedMs(scopeOf(point)));
};
