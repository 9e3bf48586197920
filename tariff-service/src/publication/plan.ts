import { canonicalJson, type JsonValue } from '@roamgrid/wire';
import { fail, ok, type Result } from '../data/result.ts';
import { policyInForce, type TariffPolicy } from '../policy/policy.ts';
import { priceDay, type PricedSlot } from '../policy/price-day.ts';
import { slotsOfDay } from '../policy/slots.ts';
import { ocpiElements } from '../policy/to-ocpi.ts';
import { instantOfLocal, MINUTE_MS, weekdayOf, type Zone } from '../time/zone.ts';
import type { PublishableForecast } from './forecast.ts';
import { standingPrices } from './standing.ts';

/** A tariff version that is to be published, as the ledger's `tariff.publish` takes it. */
export interface PlannedTariff {
  readonly tariffId: string;
  readonly version: number;
  readonly utilityId: string;
  /** Canonical JSON of an OCPI tariff. */
  readonly tariffJson: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  readonly origin: {
    readonly policyId: string;
    readonly forecastHash: string;
    readonly dataCutMs: number;
  };
}

export interface Plan {
  readonly tariff: PlannedTariff;
  /** The explanation of every price. */
  readonly slots: readonly PricedSlot[];
}

export interface PlanInput {
  readonly tariffId: string;
  readonly zone: Zone;
  /** Versions of the utility's policy; the reviewed one in force at the publication prices the day. */
  readonly policies: readonly TariffPolicy[];
  readonly forecast: PublishableForecast;
  readonly capacityW: bigint;
  /** Local epoch day to price. */
  readonly day: number;
  readonly publishedAtMs: number;
  readonly vatPercent: number;
  /** How long the version may stand when no later one replaces it. */
  readonly validDays: number;
  /** Number of the newest version on the ledger; 0 before the first. */
  readonly lastVersion: number;
  /** The newest version that could be quoted: what it promised stays inside the notice time. */
  readonly standingJson?: string;
}

export interface PlanProblem {
  readonly code: 'NO_POLICY_IN_FORCE' | 'FORECAST_INCOMPLETE' | 'DAY_OVER';
  /** What is wrong and what to do. */
  readonly message: string;
}

/** How the ledger names a policy's version. */
export const policyIdOf = ({ policyId, version }: TariffPolicy): string => `${policyId}.v${version}`;

/** The first start of a wall-clock slot at or after an instant: prices change with slots only. */
const slotStartFrom = (zone: Zone, atMs: number, slotMinutes: number): number => {
  const offsetMs = zone.offsetMs(atMs);
  const slotMs = slotMinutes * MINUTE_MS;
  return Math.ceil((atMs + offsetMs) / slotMs) * slotMs - offsetMs;
};

/**
 * Prices one local day and lays it out as a tariff version. What was promised for slots inside the notice time stays.
 * After the day the base price holds until a later version replaces it: a missing forecast freezes the tariff there.
 */
export function planTariff(input: PlanInput): Result<Plan, PlanProblem> {
  const { zone, day, forecast, publishedAtMs, standingJson, tariffId } = input;
  const policy = policyInForce(input.policies, publishedAtMs);
  if (policy === undefined) {
    return fail({
      code: 'NO_POLICY_IN_FORCE',
      message: 'no reviewed version of the policy is in force: have one reviewed',
    });
  }
  const { intervalMinutes } = policy;
  const slots = slotsOfDay(zone, day, intervalMinutes, forecast.intervals);
  if (slots === undefined) {
    return fail({
      code: 'FORECAST_INCOMPLETE',
      message: 'the forecast does not cover the whole day: the standing tariff stays',
    });
  }
  const dayStartMs = instantOfLocal(zone, day, 0);
  const dayEndMs = instantOfLocal(zone, day + 1, 0);
  const validFromMs = Math.max(
    dayStartMs,
    slotStartFrom(zone, publishedAtMs + policy.noticeMinutes * MINUTE_MS, intervalMinutes),
  );
  if (validFromMs >= dayEndMs) {
    return fail({ code: 'DAY_OVER', message: 'the day ends within the notice time: price a later one' });
  }
  const before =
    standingJson === undefined
      ? undefined
      : standingPrices(standingJson, day - 1, intervalMinutes).get(1440 - intervalMinutes);
  const priced = priceDay(policy, slots, {
    weekday: weekdayOf(day),
    capacityW: input.capacityW,
    previousMicrosPerKWh: before,
    publishedAtMs,
    standing: standingJson === undefined ? new Map() : standingPrices(standingJson, day, intervalMinutes),
  });
  const afterwards = {
    price_components: [
      // check-allow number-money: OCPI prices are JSON numbers; this is the one nearest to the exact micros
      { type: 'ENERGY', price: Number(policy.baseMicrosPerKWh) / 1e6, vat: input.vatPercent, step_size: 1 },
    ],
  };
  const ocpi = {
    country_code: policy.utility.slice(0, 2),
    party_id: policy.utility.slice(2),
    id: tariffId,
    currency: policy.currency,
    elements: [...ocpiElements([{ day, slots: priced }], intervalMinutes, input.vatPercent), afterwards],
    // Of the data, so that publishing again makes the same text.
    last_updated: new Date(forecast.dataCutMs).toISOString().replace(/\.\d+Z$/u, 'Z'),
  };
  return ok({
    slots: priced,
    tariff: {
      tariffId,
      version: input.lastVersion + 1,
      utilityId: policy.utility,
      tariffJson: canonicalJson(ocpi as unknown as JsonValue),
      validFromMs,
      validUntilMs: instantOfLocal(zone, day + input.validDays, 0),
      origin: {
        policyId: policyIdOf(policy),
        forecastHash: forecast.forecastHash,
        dataCutMs: forecast.dataCutMs,
      },
    },
  });
}
