/** A site of one connection. Power is in whole watts, energy of the simulation in watt-minutes, so that every step is exact. */
export interface Site {
  readonly stepMinutes: number;
  /** Volts of a phase. */
  readonly volts: bigint;
  readonly phases: 1 | 3;
  /** Of the connection. A phase carries a third of it, rounded down to watts. */
  readonly limitW: bigint;
  /** Most that an outlet gives. */
  readonly outletW: bigint;
  /** Below so many amperes a car does not charge. */
  readonly minAmps: bigint;
  /** Whether cars are told whole amperes, or whole watts. */
  readonly isWholeAmps: boolean;
}

/** What an outlet may be told, in watts, as numbers: a year has 10⁵ steps. All are below 2⁵³ times the minutes of a year. */
export interface Levels {
  /** Every level is a multiple of it. */
  readonly every: number;
  /** Least that is not nothing. */
  readonly least: number;
  /** Most, a multiple of `every`; nothing when it would be below `least`. */
  readonly most: number;
  /** Of a phase. */
  readonly room: number;
}

export const MS_PER_MINUTE = 60_000;
/** Watt-minutes of a watt-hour. */
export const MINUTES_PER_HOUR = 60;

/** An exact quantity as the number that the steps count in. @throws RangeError above 2⁵³ */
export const counted = (quantity: bigint): number => {
  const number = Number(quantity);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${quantity} is more than steps count exactly`);
  return number;
};

export const stepMsOf = ({ stepMinutes }: Site): number => stepMinutes * MS_PER_MINUTE;

export const levelsOf = ({ volts, phases, limitW, outletW, minAmps, isWholeAmps }: Site): Levels => {
  const every = isWholeAmps ? counted(volts) : 1;
  const least = counted(minAmps * volts);
  const most = Math.floor(counted(outletW) / every) * every;
  return { every, least, most: most < least ? 0 : most, room: counted(limitW / BigInt(phases)) };
};
