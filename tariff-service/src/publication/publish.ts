import {
  checkPriceCourse,
  checkTariffLimits,
  energyPriceRange,
  readTariffJson,
  withPoint,
  type EnergyPriceRange,
  type PriceCourseLimits,
  type PriceCoursePoint,
  type TariffLimits,
  type TariffRecord,
} from '@roamgrid/wire';
import { policyInForce } from '../policy/policy.ts';
import type { DoorAnswer, DoorRefusal, KnownVersion, LedgerDoor } from './ledger-door.ts';
import {
  planTariff,
  policyIdOf,
  type Plan,
  type PlanInput,
  type PlanProblem,
  type PlannedTariff,
} from './plan.ts';

/** An agreement under which the version is to be bound, with the limits that the contract will check. */
export interface BoundBy {
  readonly agreementId: string;
  /** Left out, nothing is checked beforehand: the contract checks in any case. */
  readonly limits?: TariffLimits & PriceCourseLimits;
}

/** Which agreed limit a version breaks; `OTHER` when the contract refused for another reason. */
export const BROKEN_LIMITS = [
  'UNDER_FLOOR',
  'OVER_CEILING',
  'STEP_TOO_BIG',
  'NOTICE_TOO_SHORT',
  'CURRENCY_DIFFERS',
  'TARIFF_INVALID',
  'OTHER',
] as const;
export type BrokenLimit = (typeof BROKEN_LIMITS)[number];

export type BindOutcome = { readonly agreementId: string } & (
  | { readonly outcome: 'bound' | 'bound-before' }
  | {
      readonly outcome: 'refused';
      /** `pre-check`: the ledger was not asked. */
      readonly by: 'pre-check' | 'contract';
      readonly limit: BrokenLimit;
      readonly code: string;
      readonly message: string;
    }
);

export type Publication =
  | { readonly kind: 'not-planned'; readonly problem: PlanProblem }
  | { readonly kind: 'unreadable'; readonly refusal: DoorRefusal }
  | {
      readonly kind: 'planned';
      readonly tariff: PlannedTariff;
      /** Empty for a version that stood on the ledger before. */
      readonly slots: Plan['slots'];
      readonly published: 'now' | 'before' | 'no';
      /** Why the ledger did not take the version itself. */
      readonly refusal?: DoorRefusal;
      readonly range?: EnergyPriceRange;
      readonly agreements: readonly BindOutcome[];
    };

export interface PublishInput extends Omit<PlanInput, 'lastVersion' | 'standingJson'> {
  readonly utilityId: string;
  readonly agreements: readonly BoundBy[];
}

const limitIn = (message: string): BrokenLimit =>
  BROKEN_LIMITS.find((limit) => limit !== 'OTHER' && message.includes(limit)) ?? 'OTHER';

type Priced = Pick<TariffRecord, 'tariffId' | 'version' | 'tariffJson' | 'validFromMs'>;

const pointOf = (
  { tariffId, version, validFromMs }: Priced,
  currency: string,
  range: EnergyPriceRange,
): PriceCoursePoint => ({ tariffId, tariffVersion: version, currency, validFromMs, ...range });

/** What the utility has bound under an agreement for all its outlets: what is for a few of them the contract alone compares. */
const courseOf = (
  versions: readonly KnownVersion[],
  agreementId: string,
  nowMs: number,
): readonly PriceCoursePoint[] =>
  versions.reduce<readonly PriceCoursePoint[]>((course, { record, boundUnder }) => {
    const read = readTariffJson(record.tariffJson);
    if (!boundUnder.includes(agreementId) || record.appliesTo !== undefined || !read.ok) return course;
    return withPoint(course, pointOf(record, read.value.currency, energyPriceRange(read.value)), nowMs);
  }, []);

/** What the contract would say, told before anything stands on the ledger; undefined when it would bind. */
export function preCheck(
  tariff: Priced,
  { agreementId, limits }: Required<BoundBy>,
  versions: readonly KnownVersion[],
  nowMs: number,
): { readonly limit: BrokenLimit; readonly message: string } | undefined {
  const checked = checkTariffLimits(tariff.tariffJson, limits);
  if (!checked.ok) return { limit: checked.error.code, message: checked.error.message };
  const point = pointOf(tariff, limits.currency, checked.value);
  const admitted = checkPriceCourse(point, courseOf(versions, agreementId, nowMs), limits, nowMs);
  return admitted.ok ? undefined : { limit: admitted.error.code, message: admitted.error.message };
}

/** What the contract said to a binding. */
export const bindOutcome = (agreementId: string, bound: DoorAnswer<unknown>): BindOutcome =>
  bound.ok
    ? { agreementId, outcome: 'bound' }
    : {
        agreementId,
        outcome: 'refused',
        by: 'contract',
        limit: limitIn(bound.refusal.message),
        ...bound.refusal,
      };

/**
 * Publishes the version that a policy makes from a forecast, and binds it under each agreement. A version that every
 * agreement would refuse is not published at all. Doing it again finds the version by its policy and forecast, and only
 * makes up what is missing.
 */
export async function publishTariff(door: LedgerDoor, input: PublishInput): Promise<Publication> {
  const { tariffId, utilityId, agreements, forecast } = input;
  const read = await door.versions(utilityId);
  if (!read.ok) return { kind: 'unreadable', refusal: read.refusal };
  const versions = read.value.filter(({ record }) => record.tariffId === tariffId);
  const same = sameVersion(versions, input);
  let plan: Plan | undefined;
  if (same === undefined) {
    const standing = versions.findLast(({ boundUnder }) => boundUnder.length > 0)?.record.tariffJson;
    const planned = planTariff({
      ...input,
      lastVersion: versions.at(-1)?.record.version ?? 0,
      ...(standing !== undefined && { standingJson: standing }),
    });
    if (!planned.ok) return { kind: 'not-planned', problem: planned.error };
    plan = planned.value;
  }
  const tariff = plan?.tariff ?? plannedOf(same, forecast);
  const slots = plan?.slots ?? [];
  const readable = readTariffJson(tariff.tariffJson);
  const told = {
    kind: 'planned' as const,
    tariff,
    slots,
    ...(readable.ok && { range: energyPriceRange(readable.value) }),
  };

  const outcomes = new Map<string, BindOutcome>();
  for (const { agreementId, limits } of agreements) {
    if (same?.boundUnder.includes(agreementId) === true) {
      outcomes.set(agreementId, { agreementId, outcome: 'bound-before' });
      continue;
    }
    const broken = limits && preCheck(tariff, { agreementId, limits }, read.value, input.publishedAtMs);
    if (broken) {
      const code = 'OUTSIDE_AGREEMENT';
      outcomes.set(agreementId, { agreementId, outcome: 'refused', by: 'pre-check', code, ...broken });
    }
  }
  const inOrder = () => agreements.flatMap(({ agreementId }) => outcomes.get(agreementId) ?? []);
  const open = agreements.filter(({ agreementId }) => !outcomes.has(agreementId));
  if (same === undefined) {
    if (open.length === 0 && agreements.length > 0)
      return { ...told, published: 'no', agreements: inOrder() };
    const published = await door.publish(tariff);
    if (!published.ok) return { ...told, published: 'no', refusal: published.refusal, agreements: inOrder() };
  }
  for (const { agreementId } of open) {
    const bound = await door.bind(tariff, agreementId);
    outcomes.set(agreementId, bindOutcome(agreementId, bound));
  }
  return { ...told, published: same === undefined ? 'now' : 'before', agreements: inOrder() };
}

/** The version that the policy in force made from this forecast before, when there is one. */
const sameVersion = (
  versions: readonly KnownVersion[],
  { forecast, policies, publishedAtMs }: PublishInput,
): KnownVersion | undefined => {
  const policy = policyInForce(policies, publishedAtMs);
  if (policy === undefined) return undefined;
  const policyId = policyIdOf(policy);
  return versions.findLast(
    ({ record: { origin } }) =>
      origin?.forecastHash === forecast.forecastHash && origin.policyId === policyId,
  );
};

const plannedOf = (
  known: KnownVersion | undefined,
  { forecastHash, dataCutMs }: PublishInput['forecast'],
): PlannedTariff => {
  if (known === undefined) throw new Error('a version is planned or known');
  const { tariffId, version, utilityId, tariffJson, validFromMs, validUntilMs, origin } = known.record;
  const unknown = { policyId: 'unknown', forecastHash, dataCutMs };
  return { tariffId, version, utilityId, tariffJson, validFromMs, validUntilMs, origin: origin ?? unknown };
};
