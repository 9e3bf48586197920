import { averagePower, durationOfEnergyMs, type EnergyWh, type PowerW } from '@roamgrid/domain';
import { DAY_MS, instantOfLocal, MINUTE_MS, type Zone } from '../../time/zone.ts';
import type { RecordedSession } from './sessions.ts';

/** A session in the replayed span: it charges with constant power from its start. */
export interface PlacedSession {
  readonly sessionId: string;
  readonly stationId: string;
  readonly startMs: number;
  readonly chargingMs: number;
  readonly energyWh: EnergyWh;
}

export interface Placement {
  readonly sessions: readonly PlacedSession[];
  /** Whole years of 52 weeks by which sessions moved, so that weekday and season stay. */
  readonly shiftDays: number;
  readonly outside: number;
}

const YEAR_DAYS = 364;

/**
 * Lays recorded sessions over a span of local days at the same weekday and wall clock, moved by as many times 52 weeks
 * as brings the most of them inside; ties to the smaller move. A car charges with at least `leastPowerW`, or with its
 * mean power over the whole stay when that is more, and then only parks.
 */
export function placeSessions(
  recorded: readonly RecordedSession[],
  zone: Zone,
  fromDay: number,
  toDay: number,
  leastPowerW: PowerW,
): Placement {
  const dayOf = (session: RecordedSession): number => Math.floor(session.localStartMs / DAY_MS);
  const inside = (shift: number): number =>
    recorded.filter((session) => dayOf(session) + shift >= fromDay && dayOf(session) + shift <= toDay).length;
  // Only these many years bring any session inside.
  const candidates = new Set<number>();
  for (const session of recorded)
    for (
      let years = Math.ceil((fromDay - dayOf(session)) / YEAR_DAYS);
      years <= (toDay - dayOf(session)) / YEAR_DAYS;
      years++
    )
      candidates.add(years);
  let shiftDays = 0;
  let most = 0;
  for (const years of [...candidates].sort(
    (left, right) => Math.abs(left) - Math.abs(right) || left - right,
  )) {
    const count = inside(years * YEAR_DAYS);
    if (count > most) [shiftDays, most] = [years * YEAR_DAYS, count];
  }
  const endMs = instantOfLocal(zone, toDay + 1, 0);
  const sessions = recorded.flatMap((session): PlacedSession[] => {
    const day = dayOf(session) + shiftDays;
    if (day < fromDay || day > toDay) return [];
    const startMs =
      instantOfLocal(zone, day, Math.floor((session.localStartMs % DAY_MS) / MINUTE_MS)) +
      (session.localStartMs % MINUTE_MS);
    const mean = averagePower(session.energyWh, session.durationMs, 'up');
    const chargingMs = Math.min(
      session.durationMs,
      durationOfEnergyMs(session.energyWh, mean > leastPowerW ? mean : leastPowerW),
    );
    if (startMs + chargingMs > endMs) return [];
    const { sessionId, stationId, energyWh } = session;
    return [{ sessionId, stationId, startMs, chargingMs, energyWh }];
  });
  sessions.sort((left, right) => left.startMs - right.startMs || (left.sessionId < right.sessionId ? -1 : 1));
  return { sessions, shiftDays, outside: recorded.length - sessions.length };
}

/** Energy of a session by the hour (UTC) in which it flows; the parts add up to the whole. */
export function energyByHour(session: PlacedSession, startMs = session.startMs): ReadonlyMap<number, bigint> {
  const byHour = new Map<number, bigint>();
  const { chargingMs, energyWh } = session;
  let before = 0n;
  for (let hour = Math.floor(startMs / HOUR_MS) * HOUR_MS; hour < startMs + chargingMs; hour += HOUR_MS) {
    const passed = BigInt(Math.min(hour + HOUR_MS - startMs, chargingMs));
    // Rounded down on the register, so that what one hour lacks the next one has.
    const register = (energyWh * passed) / BigInt(chargingMs);
    byHour.set(hour, register - before);
    before = register;
  }
  return byHour;
}

export const HOUR_MS = 3_600_000;
