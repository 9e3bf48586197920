import type { Rational, Tariff, ZoneOffsets } from '../tariff/index.ts';

/** Lowest and highest value in a period; one known end stands for both. */
export interface Range {
  readonly min: Rational;
  readonly max: Rational;
}

/** What was used from one instant to the next, in base units (`tariff/units.ts`). */
export interface UsagePeriod {
  readonly startMs: number;
  readonly endMs: number;
  /** Position in `Usage.tariffs`; absent when no tariff is relevant to this period. */
  readonly tariff?: number;
  /** µWh; negative when fed back. */
  readonly energy?: Rational;
  /** Ticks of 100 ns. */
  readonly charging?: Rational;
  readonly parking?: Rational;
  readonly reserved?: Rational;
  /** kW. */
  readonly power?: Range;
  /** Ampere over all phases. */
  readonly current?: Range;
}

/** A whole session, ready to be rated. */
export interface Usage {
  /** Periods in time order; each ends where the next begins. */
  readonly periods: readonly UsagePeriod[];
  readonly tariffs: readonly Tariff[];
  readonly zoneOffsets: ZoneOffsets;
  /** Start of the charging session, after any reservation: durations count from here. */
  readonly sessionStartMs: number;
  /** Start of the reservation, when there was one. */
  readonly reservationStartMs?: number;
}

/** True for a period that holds reserved time and nothing of a charging session. */
export const isReservationOnly = (period: UsagePeriod): boolean =>
  period.reserved !== undefined &&
  (period.energy?.n ?? 0n) === 0n &&
  (period.charging?.n ?? 0n) === 0n &&
  (period.parking?.n ?? 0n) === 0n;

/** True when there was a reservation and no charging session came of it. */
export const isExpiredReservation = (periods: readonly UsagePeriod[]): boolean =>
  periods.some(({ reserved }) => reserved !== undefined && reserved.n > 0n) &&
  periods.every(
    (period) =>
      isReservationOnly(period) ||
      ((period.energy?.n ?? 0n) === 0n &&
        (period.charging?.n ?? 0n) === 0n &&
        (period.parking?.n ?? 0n) === 0n),
  );
