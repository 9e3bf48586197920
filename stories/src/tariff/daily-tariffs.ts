import {
  createZone,
  dueDays,
  formatDay,
  TariffScheduler,
  type BoundBy,
  type DayPublication,
  type TariffPolicy,
} from '@roamgrid/tariff-service';
import { issuerEntry, type AgreementTerms } from '@roamgrid/wire';
import type { Ask } from '../system/ask.ts';
import type { LocalSystem } from '../system/system.ts';
import type { ForecastDesk } from './forecast-desk.ts';
import { operatorDoor } from './operator-door.ts';

/** The daily publication of a utility in the local system: its scheduler, and who asks it to look. */
export interface DailyTariffs {
  readonly days: readonly DayPublication[];
  readonly nextGateMs: number;
  stop(): Promise<void>;
}

export interface DailyTariffsOptions {
  readonly system: LocalSystem;
  readonly utilityId: string;
  readonly tariffId: string;
  readonly policies: readonly TariffPolicy[];
  readonly timeZone: string;
  readonly gateMinutes: number;
  readonly capacityW: bigint;
  readonly vatPercent: number;
  readonly desk: ForecastDesk;
  /** Asks the utility's gateway as its AAA node, which may see the terms of its agreements. */
  readonly insider: Ask;
  /** Utilities whose drivers are to be quoted the tariff. */
  readonly homes: readonly string[];
  readonly nowMs: () => number;
}

const VALID_DAYS = 7;
/** How often it looks whether something is due, real time. */
const LOOK_EVERY_MS = 2_000;

/** Terms of the agreements in force with some home utilities, as the utility's gateway knows them. */
export async function termsWith(
  insider: Ask,
  gatewayUrl: string,
  homes: readonly string[],
): Promise<readonly AgreementTerms[]> {
  const entries = await Promise.all(
    homes.map((home) =>
      insider('GET', `${gatewayUrl}/internal/v1/registry/issuers/${home}`, undefined, issuerEntry),
    ),
  );
  return entries.flatMap(({ terms }) => terms ?? []);
}

/** Publishes each day's tariff while the system runs. */
export function startDailyTariffs(options: DailyTariffsOptions): DailyTariffs {
  const { system, utilityId, desk, insider, homes, nowMs, gateMinutes } = options;
  const zone = createZone(options.timeZone);
  const { gateway } = system.utility(utilityId);
  const scheduler = new TariffScheduler({
    utilityId,
    tariffId: options.tariffId,
    zone,
    gateMinutes,
    policies: () => options.policies,
    capacityW: options.capacityW,
    vatPercent: options.vatPercent,
    validDays: VALID_DAYS,
    agreements: async (): Promise<readonly BoundBy[]> =>
      (await termsWith(insider, gateway.url, homes)).map((limits) => ({
        agreementId: limits.agreementId,
        limits,
      })),
    forecastOf: (day) => desk.forecastOf(day),
    door: operatorDoor(system, utilityId),
    nowMs,
  });
  const look = async () => {
    await scheduler.tick();
    const published = new Set(scheduler.days.flatMap(({ kind, day }) => (kind === 'published' ? day : [])));
    // A day that an earlier run published has no forecast here yet; the page shows it all the same.
    for (const { day } of dueDays(zone, gateMinutes, nowMs()))
      if (published.has(formatDay(day))) await desk.forecastOf(day);
  };
  let looking: Promise<void> | undefined;
  const again = () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  };
  again();
  const timer = setInterval(again, LOOK_EVERY_MS);
  return {
    get days() {
      return scheduler.days;
    },
    get nextGateMs() {
      return scheduler.nextGateMs;
    },
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
