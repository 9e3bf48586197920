import { err, ok, type Result } from '../result/index.ts';
import type { Note, Problem, Tariff, ZoneOffsets } from '../tariff/index.ts';
import type { Cdr, CdrPeriod } from './cdr.ts';
import { periodUsage } from './cdr-usage.ts';
import { chooseTariffs } from './choose-tariffs.ts';
import { DEFAULT_POLICY, type PricingPolicy } from './policy.ts';
import { implausible } from './plausible.ts';
import { rateUsage } from './rate.ts';
import type { Rated } from './rated.ts';
import { isReservationOnly, type UsagePeriod } from './usage.ts';

export interface RateCdrInput {
  readonly cdr: Cdr;
  /** Instead of the tariffs that the CDR holds. */
  readonly tariffs?: readonly Tariff[];
  /** Local time of the location over the session: `resolveZone`. */
  readonly zoneOffsets: ZoneOffsets;
  readonly policy?: PricingPolicy;
}

/** Longest span that is rated: two leap years. Time-of-day edges are walked day by day. */
const MAX_SESSION_MS = 732 * 86_400_000;

interface Placed {
  readonly period: CdrPeriod;
  readonly position: number;
}

const inOrder = (cdr: Cdr, notes: Note[]): readonly Placed[] => {
  const placed = cdr.periods.map((period, position) => ({ period, position }));
  const sorted = [...placed].sort((a, b) => a.period.startMs - b.period.startMs || a.position - b.position);
  if (sorted.some(({ position }, index) => position !== index)) {
    notes.push({ code: 'PERIODS_SORTED', message: 'charging periods were not in time order' });
  }
  return sorted;
};

const checkSpan = (cdr: Cdr, periods: readonly Placed[]): readonly Problem[] => {
  const problems: Problem[] = [];
  for (const { period, position } of periods) {
    if (period.startMs <= cdr.endMs) continue;
    problems.push({
      code: 'PERIOD_OUTSIDE_SESSION',
      pointer: `/charging_periods/${position}/start_date_time`,
      message: 'the period starts after the session ends',
    });
  }
  if (problems.length === 0 && cdr.endMs < cdr.startMs) {
    const message = 'the session ends before it starts';
    problems.push({ code: 'SESSION_ENDS_BEFORE_START', pointer: '/end_date_time', message });
  }
  const firstMs = periods[0]?.period.startMs ?? cdr.startMs;
  if (cdr.endMs - firstMs > MAX_SESSION_MS) {
    const message = 'the session is longer than two years';
    problems.push({ code: 'SESSION_TOO_LONG', pointer: '/end_date_time', message });
  }
  return problems;
};

/** The charging session starts after the reservation, or else where the CDR says, unless periods begin earlier. */
const sessionStart = (cdr: Cdr, periods: readonly UsagePeriod[], notes: Note[]): number => {
  const firstMs = periods[0]?.startMs ?? cdr.startMs;
  const isReserved = periods[0] !== undefined && isReservationOnly(periods[0]);
  if (isReserved) return periods.find((period) => !isReservationOnly(period))?.startMs ?? cdr.endMs;
  if (cdr.startMs >= firstMs || cdr.startMs <= 0) return firstMs;
  notes.push({
    code: 'PERIODS_START_LATE',
    message:
      'the first charging period starts after the session does; durations count from the session start',
  });
  return cdr.startMs;
};

const noteMissingTimes = (
  periods: readonly UsagePeriod[],
  tariffs: readonly Tariff[],
  notes: Note[],
): void => {
  const statesTime = periods.some(({ charging, parking }) => charging !== undefined || parking !== undefined);
  const pricesTime = tariffs.some(({ elements }) =>
    elements.some(
      ({ components, restrictions }) =>
        restrictions.reservation === undefined &&
        components.some(({ type }) => type === 'TIME' || type === 'PARKING_TIME'),
    ),
  );
  if (pricesTime && !statesTime) {
    const message = 'the tariff prices time but no period states TIME or PARKING_TIME: none is billed';
    notes.push({ code: 'TIME_NOT_STATED', message });
  }
};

/**
 * Rates a CDR with the tariffs it holds, or with others. Pure: the CDR was parsed, the zone was resolved. Errors: no or
 * unknown tariff, another currency, periods outside the session.
 */
export const rateCdr = (input: RateCdrInput): Result<Rated, readonly Problem[]> => {
  const { cdr, zoneOffsets, policy = DEFAULT_POLICY } = input;
  const tariffs = input.tariffs ?? cdr.tariffs;
  const notes: Note[] = [];
  const placed = inOrder(cdr, notes);
  const problems = checkSpan(cdr, placed);
  if (problems.length > 0) return err(problems);
  const chosen = chooseTariffs(
    placed.map(({ period }) => period),
    tariffs,
    cdr.startMs,
    notes,
  );
  if (!chosen.ok) return chosen;
  const wrong = tariffs.filter(
    (tariff, index) =>
      chosen.value.includes(index) && cdr.currency !== undefined && tariff.currency !== cdr.currency,
  );
  if (wrong[0] !== undefined) {
    const message = `the CDR is in ${cdr.currency ?? ''}, tariff ${JSON.stringify(wrong[0].id)} in ${wrong[0].currency}`;
    return err([{ code: 'CURRENCY_MISMATCH', pointer: '/currency', message }]);
  }
  const timed = placed.map((each, order) => ({
    ...each,
    endMs: placed[order + 1]?.period.startMs ?? cdr.endMs,
  }));
  const periods = timed.map(({ period, position, endMs }, order): UsagePeriod => {
    const index = chosen.value[order];
    const value = index === undefined ? undefined : tariffs[index];
    const tariff = index === undefined || value === undefined ? undefined : { index, value };
    return periodUsage(period, position, endMs, tariff, policy, notes);
  });
  notes.push(...implausible(cdr, timed));
  noteMissingTimes(periods, tariffs, notes);
  const sessionStartMs = sessionStart(cdr, periods, notes);
  const reservation = periods.find(({ reserved }) => reserved !== undefined);
  return ok({
    ...rateUsage(
      {
        periods,
        tariffs,
        zoneOffsets,
        sessionStartMs,
        ...(reservation && { reservationStartMs: reservation.startMs }),
      },
      policy,
      notes,
    ),
    version: tariffs.some(({ version }) => version === '2.3.0') ? '2.3.0' : cdr.version,
  });
};
