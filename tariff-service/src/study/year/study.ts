import { type PowerW, resolveZone } from '@roamgrid/domain';
import type { LoadInterval } from '../../policy/slots.ts';
import type { TariffPolicy } from '../../policy/policy.ts';
import { type DataError, fail, ok, type Result } from '../../data/result.ts';
import { DAY_MS, type Zone } from '../../time/zone.ts';
import { fairness, type FairnessTable } from './fairness.ts';
import type { Loads } from './loads.ts';
import type { Parties } from './parties.ts';
import { placeSessions, type Placement } from './place.ts';
import { type PriceSpan, priceSpan } from './prices.ts';
import { type Regret, regretOf } from './regret.ts';
import { type Replay, replay } from './replay.ts';
import type { Response } from './response.ts';
import type { RecordedSession } from './sessions.ts';

export interface YearSetting {
  readonly zone: Zone;
  readonly fromDay: number;
  readonly toDay: number;
  readonly gateMinutes: number;
  readonly capacityW: bigint;
  readonly policies: Readonly<Record<'flat' | 'timeOfUse' | 'adaptive', TariffPolicy>>;
  readonly response: Response;
  readonly parties: Parties;
  readonly leastPowerW: PowerW;
}

/** `foresight` is the adaptive policy fed with the load that came; `naive` with last week's. */
export const TARIFFS = ['flat', 'timeOfUse', 'adaptive', 'foresight', 'naive'] as const;
export type TariffName = (typeof TARIFFS)[number];

export interface Sensitivity {
  readonly elasticityPpm: bigint;
  readonly tariffs: Readonly<
    Record<
      'flat' | 'timeOfUse' | 'adaptive',
      Pick<Replay, 'movedSessions' | 'movedEnergyWh' | 'peakEnergyWh' | 'meanMicrosPerKWh'> & {
        readonly totalMicros: bigint;
      }
    >
  >;
}

export interface YearStudy {
  readonly placement: Placement;
  readonly prices: Readonly<Record<TariffName, PriceSpan>>;
  readonly replays: Readonly<Record<TariffName, Replay>>;
  readonly fairness: readonly FairnessTable[];
  readonly regret: Readonly<Record<'adaptive' | 'naive', Regret>>;
  readonly sensitivity: readonly Sensitivity[];
  readonly checks: readonly { readonly name: string; readonly holds: boolean }[];
}

const OTHER_ELASTICITIES = [0n, 250_000n, 1_000_000n] as const;

/** Replays the sessions over the span under every tariff. */
export function yearStudy(
  recorded: readonly RecordedSession[],
  loads: Loads,
  setting: YearSetting,
): Result<YearStudy, DataError> {
  const { zone, fromDay, toDay, policies, capacityW } = setting;
  const made = (
    policy: TariffPolicy,
    days: ReadonlyMap<number, readonly LoadInterval[]>,
  ): PriceSpan | DataError => {
    const span = priceSpan(policy, zone, (day) => days.get(day) ?? [], setting, capacityW);
    return 'code' in span ? { code: 'TOO_SHORT', message: span.message } : span;
  };
  const spans = {
    flat: made(policies.flat, loads.forecast),
    timeOfUse: made(policies.timeOfUse, loads.forecast),
    adaptive: made(policies.adaptive, loads.forecast),
    foresight: made(policies.adaptive, loads.actual),
    naive: made(policies.adaptive, loads.weeklyNaive),
  };
  const problem = Object.values(spans).find((span) => 'code' in span);
  if (problem !== undefined) return fail(problem);
  const prices = spans as Readonly<Record<TariffName, PriceSpan>>;

  const placement = placeSessions(recorded, zone, fromDay, toDay, setting.leastPowerW);
  if (placement.sessions.length === 0)
    return fail({
      code: 'TOO_SHORT',
      message: 'no session falls into the span, whatever year it is moved to',
    });
  const zoneOffsets = resolveZone(zone.name, (fromDay - 2) * DAY_MS, (toDay + 3) * DAY_MS);
  if (!zoneOffsets.ok) return fail({ code: 'BAD_OPTION', message: zoneOffsets.error.message });
  const { parties, response } = setting;
  const run = (name: TariffName, elasticityPpm = response.elasticityPpm): Replay =>
    replay(prices[name], {
      sessions: placement.sessions,
      response: { ...response, elasticityPpm },
      parties,
      zoneOffsets: zoneOffsets.value,
      peakHours: loads.peakHours,
    });
  const replays: Readonly<Record<TariffName, Replay>> = {
    flat: run('flat'),
    timeOfUse: run('timeOfUse'),
    adaptive: run('adaptive'),
    foresight: run('foresight'),
    naive: run('naive'),
  };
  const compact = (done: Replay): Sensitivity['tariffs']['flat'] => {
    const { movedSessions, movedEnergyWh, peakEnergyWh, meanMicrosPerKWh, settled } = done;
    return { movedSessions, movedEnergyWh, peakEnergyWh, meanMicrosPerKWh, totalMicros: settled.totalMicros };
  };
  return ok({
    placement,
    prices,
    replays,
    fairness: fairness(
      placement.sessions,
      (['flat', 'timeOfUse', 'adaptive'] as const).map((name) => replays[name].rated),
      loads.peakHours,
    ),
    regret: {
      adaptive: regretOf(prices.adaptive, replays.adaptive, prices.foresight, replays.foresight),
      naive: regretOf(prices.naive, replays.naive, prices.foresight, replays.foresight),
    },
    sensitivity: OTHER_ELASTICITIES.map((elasticityPpm) => ({
      elasticityPpm,
      tariffs: {
        flat: compact(run('flat', elasticityPpm)),
        timeOfUse: compact(run('timeOfUse', elasticityPpm)),
        adaptive: compact(run('adaptive', elasticityPpm)),
      },
    })),
    checks: checksOf(replays, placement),
  });
}

function checksOf(
  replays: Readonly<Record<TariffName, Replay>>,
  { sessions }: Placement,
): YearStudy['checks'] {
  const energyWh = sessions.reduce((sum, session) => sum + session.energyWh, 0n);
  return TARIFFS.flatMap((name) => {
    const { settled, linesAddUp, energyWhByClock, rated } = replays[name];
    const byClockWh = energyWhByClock.reduce((sum, value) => sum + value, 0n);
    return [
      ...settled.conservation.checks.map((check) => ({ name: `${name}: ${check.name}`, holds: check.holds })),
      { name: `${name}: bill-lines-equal-totals`, holds: linesAddUp },
      {
        name: `${name}: energy-is-that-of-the-records`,
        holds: byClockWh === energyWh && rated.length === sessions.length,
      },
    ];
  });
}
