import type { Result } from '../data/result.ts';
import { policyInForce, type TariffPolicy } from '../policy/policy.ts';
import type { PublishableForecast } from '../publication/forecast.ts';
import type { KnownVersion, LedgerDoor } from '../publication/ledger-door.ts';
import { policyIdOf } from '../publication/plan.ts';
import {
  bindOutcome,
  publishTariff,
  type BindOutcome,
  type BoundBy,
  type Publication,
} from '../publication/publish.ts';
import { formatDay, type Zone } from '../time/zone.ts';
import { dueDays, nextGateMs, type DueDay } from './due.ts';

/** Why there is no forecast of a day. */
export interface ForecastGap {
  readonly code: 'FORECAST_MISSING' | 'DATA_TOO_OLD';
  /** What is wrong and what to do. */
  readonly message: string;
}

export interface ScheduleOptions {
  readonly utilityId: string;
  readonly tariffId: string;
  readonly zone: Zone;
  /** Local time of the day before at which a day's tariff is made, in minutes after midnight; 1440 is the midnight between. */
  readonly gateMinutes: number;
  /** Versions of the utility's policy, asked at each day anew. */
  readonly policies: () => readonly TariffPolicy[];
  readonly capacityW: bigint;
  readonly vatPercent: number;
  /** How long a version stands when no later one replaces it. */
  readonly validDays: number;
  /** Agreements to bind under, with their limits, as they stand. */
  readonly agreements: () => Promise<readonly BoundBy[]>;
  /** The day-ahead forecast of a local day by what was known at its gate. */
  readonly forecastOf: (day: number) => Promise<Result<PublishableForecast, ForecastGap>>;
  readonly door: LedgerDoor;
  readonly nowMs: () => number;
  /** How long to leave a day alone whose forecast or ledger was missing. */
  readonly retryAfterMs?: number;
}

/** How the publication of one day stands. */
export type DayPublication = {
  /** Local date. */
  readonly day: string;
  readonly gateMs: number;
  /** When it came to this. */
  readonly atMs: number;
} & (
  | {
      readonly kind: 'published';
      /** `before`: it stood on the ledger already, from an earlier run. */
      readonly when: 'now' | 'before';
      readonly tariffVersion: number;
      readonly validFromMs: number;
      readonly policyId: string;
      readonly forecastHash: string;
      readonly agreements: readonly BindOutcome[];
    }
  | {
      /** The standing tariff holds on. */
      readonly kind: 'frozen';
      readonly code: string;
      readonly message: string;
      /** Whether it is tried again by itself. */
      readonly isRetried: boolean;
    }
);

/** The ledger was not reached or gave no verdict: telling the same again later is right. */
const UNHEARD: readonly string[] = [
  'UNREACHABLE',
  'PROTOCOL',
  'LEDGER_DOWN',
  'LEDGER_INVALID',
  'RATE_LIMITED',
];
const isUnheard = (bound: BindOutcome): boolean =>
  bound.outcome === 'refused' && UNHEARD.includes(bound.code);

const RETRY_AFTER_MS = 5 * 60_000;
/** Days kept for those who look. */
const DAYS_KEPT = 14;

/**
 * Publishes each day's tariff at its gate: forecast, policy, publication, binding. What stands on the ledger says what is
 * done, so a restart publishes nothing twice, and a run that was down makes up for what can still be priced. Whatever goes
 * wrong leaves the standing tariff as it is and is told in `days`.
 */
export class TariffScheduler {
  readonly #options: ScheduleOptions;
  readonly #days = new Map<number, { publication: DayPublication; policyId: string | undefined }>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** How the last days went, the newest first. */
  get days(): readonly DayPublication[] {
    return [...this.#days].sort(([a], [b]) => b - a).map(([, { publication }]) => publication);
  }

  get nextGateMs(): number {
    const { zone, gateMinutes, nowMs } = this.#options;
    return nextGateMs(zone, gateMinutes, nowMs());
  }

  /** Does what is due and not done, one day after the other; calls never overlap. */
  tick(): Promise<void> {
    this.#running = this.#running.then(() => this.#tick());
    return this.#running;
  }

  async #tick(): Promise<void> {
    const { zone, gateMinutes, nowMs, policies } = this.#options;
    for (const due of dueDays(zone, gateMinutes, nowMs())) {
      const policy = policyInForce(policies(), nowMs());
      const policyId = policy && policyIdOf(policy);
      if (this.#isSettled(due.day, policyId)) continue;
      const publication = await this.#publish(due, policy).catch((error: unknown) =>
        this.#frozen(due, 'FAULT', error instanceof Error ? error.message : String(error), true),
      );
      this.#days.set(due.day, { publication, policyId });
    }
    for (const day of [...this.#days.keys()].sort((a, b) => b - a).slice(DAYS_KEPT)) this.#days.delete(day);
  }

  /** A refusal holds until another version of the policy is in force; a gap until it is time to look again. */
  #isSettled(day: number, policyId: string | undefined): boolean {
    const known = this.#days.get(day);
    if (known === undefined) return false;
    const { publication } = known;
    const { nowMs, retryAfterMs = RETRY_AFTER_MS } = this.#options;
    const isTooSoon = nowMs() - publication.atMs < retryAfterMs;
    if (publication.kind === 'published') return isTooSoon || !publication.agreements.some(isUnheard);
    if (known.policyId !== policyId) return false;
    return isTooSoon || !publication.isRetried;
  }

  #frozen(due: DueDay, code: string, message: string, isRetried: boolean): DayPublication {
    return { ...this.#stamp(due), kind: 'frozen', code, message, isRetried };
  }

  #stamp({ day, gateMs }: DueDay) {
    return { day: formatDay(day), gateMs, atMs: this.#options.nowMs() };
  }

  async #publish(due: DueDay, policy: TariffPolicy | undefined): Promise<DayPublication> {
    const { utilityId, tariffId, zone, policies, capacityW, vatPercent, validDays, door, nowMs } =
      this.#options;
    const read = await door.versions(utilityId);
    if (!read.ok) return this.#frozen(due, read.refusal.code, read.refusal.message, true);
    const agreements = await this.#options.agreements();
    const made = read.value.findLast(
      ({ record }) => record.tariffId === tariffId && record.origin?.dataCutMs === due.gateMs,
    );
    if (made !== undefined) return this.#bindRest(due, made, agreements);
    if (policy === undefined) {
      const message = 'no reviewed version of the policy is in force: have one reviewed';
      return this.#frozen(due, 'NO_POLICY_IN_FORCE', message, true);
    }
    const forecast = await this.#options.forecastOf(due.day);
    if (!forecast.ok) return this.#frozen(due, forecast.error.code, forecast.error.message, true);
    if (forecast.value.dataCutMs !== due.gateMs) {
      const message = `the forecast was issued at ${forecast.value.dataCutMs}, the gate is ${due.gateMs}`;
      return this.#frozen(due, 'FORECAST_OF_ANOTHER_GATE', message, false);
    }
    const publication = await publishTariff(door, {
      tariffId,
      utilityId,
      zone,
      policies: policies(),
      forecast: forecast.value,
      capacityW,
      day: due.day,
      publishedAtMs: nowMs(),
      vatPercent,
      validDays,
      agreements,
    });
    return this.#told(due, publication);
  }

  /** A version of this gate stands already: only what is not bound yet is bound. */
  async #bindRest(
    due: DueDay,
    { record, boundUnder }: KnownVersion,
    agreements: readonly BoundBy[],
  ): Promise<DayPublication> {
    const outcomes: BindOutcome[] = [];
    for (const { agreementId } of agreements) {
      outcomes.push(
        boundUnder.includes(agreementId)
          ? { agreementId, outcome: 'bound-before' }
          : bindOutcome(agreementId, await this.#options.door.bind(record, agreementId)),
      );
    }
    return {
      ...this.#stamp(due),
      kind: 'published',
      when: 'before',
      tariffVersion: record.version,
      validFromMs: record.validFromMs,
      policyId: record.origin?.policyId ?? '',
      forecastHash: record.origin?.forecastHash ?? '',
      agreements: outcomes,
    };
  }

  #told(due: DueDay, made: Publication): DayPublication {
    if (made.kind === 'unreadable') return this.#frozen(due, made.refusal.code, made.refusal.message, true);
    if (made.kind === 'not-planned')
      return this.#frozen(due, made.problem.code, made.problem.message, made.problem.code !== 'DAY_OVER');
    const { tariff, published, refusal, agreements } = made;
    if (published === 'no') {
      if (refusal) return this.#frozen(due, refusal.code, refusal.message, UNHEARD.includes(refusal.code));
      const [first] = agreements.filter(({ outcome }) => outcome === 'refused');
      const why = first?.outcome === 'refused' ? first : undefined;
      return this.#frozen(due, why?.limit ?? 'REFUSED', why?.message ?? 'every agreement refuses it', false);
    }
    return {
      ...this.#stamp(due),
      kind: 'published',
      when: published,
      tariffVersion: tariff.version,
      validFromMs: tariff.validFromMs,
      policyId: tariff.origin.policyId,
      forecastHash: tariff.origin.forecastHash,
      agreements,
    };
  }
}
