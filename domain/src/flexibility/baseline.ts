import { divide } from '../rounding/index.ts';

/**
 * What a house would have taken in an event's time, from its energy on like days. Energies are milliwatt-hours; each baseline is rounded once,
 * half to even.
 */

export const BASELINE_METHODS = ['ten-in-ten', 'regression'] as const;
export type BaselineMethod = (typeof BASELINE_METHODS)[number];

const PPM = 1_000_000n;

/** One day's energy at the event's time of day, and at that of its adjustment window. */
export interface DayLoad {
  readonly eventMilliWh: bigint;
  readonly windowMilliWh: bigint;
}

export interface BaselineInput {
  readonly method: BaselineMethod;
  /** At least one. */
  readonly days: readonly DayLoad[];
  /** The event's own day in the adjustment window; absent where the day has no whole window before the event. */
  readonly windowMilliWh: bigint | undefined;
  /** How far the day's own use may move the baseline from the mean of its days, either way. */
  readonly capPpm: bigint;
}

export interface Baseline {
  readonly milliWh: bigint;
  /** The baseline over the mean of its days, parts per million, half to even: 1,000,000 when nothing moved it. */
  readonly adjustmentPpm: bigint;
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);

/** `numerator / denominator`, exact; the denominator is positive. */
interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The mean, scaled by the day's use in the window over that of its days. Spec: same-day adjustment of the ten-in-ten baseline. */
const scaled = (eventSum: bigint, windowSum: bigint, { days, windowMilliWh }: BaselineInput): Ratio =>
  windowMilliWh === undefined || windowSum === 0n
    ? { numerator: eventSum, denominator: BigInt(days.length) }
    : { numerator: eventSum * windowMilliWh, denominator: windowSum };

/**
 * The least-squares line of the days' energy in the event's time over that in the window, at the day's own window. Method: ordinary least
 * squares on one regressor, of the kind that the AEIC's Load Research Committee compares ("Estimation Errors in Demand Response with Large
 * Customers", 2009).
 */
const fitted = (eventSum: bigint, windowSum: bigint, { days, windowMilliWh }: BaselineInput): Ratio => {
  const count = BigInt(days.length);
  const squares = sum(days.map(({ windowMilliWh: window }) => window * window));
  const products = sum(days.map(({ eventMilliWh, windowMilliWh: window }) => eventMilliWh * window));
  const spread = count * squares - windowSum * windowSum;
  // All days alike in the window, or no window: the line is flat.
  if (windowMilliWh === undefined || spread === 0n) return { numerator: eventSum, denominator: count };
  const slope = count * products - windowSum * eventSum;
  return {
    numerator: eventSum * spread + slope * (count * windowMilliWh - windowSum),
    denominator: count * spread,
  };
};

/** Kept within the cap around the days' mean, and never below nothing. */
export const baselineOf = (input: BaselineInput): Baseline => {
  const { days, method, capPpm } = input;
  const count = BigInt(days.length);
  const eventSum = sum(days.map(({ eventMilliWh }) => eventMilliWh));
  const windowSum = sum(days.map(({ windowMilliWh }) => windowMilliWh));
  const free = (method === 'ten-in-ten' ? scaled : fitted)(eventSum, windowSum, input);
  const bound = (ppm: bigint): Ratio => ({ numerator: eventSum * ppm, denominator: count * PPM });
  const [low, high] = [bound(capPpm > PPM ? 0n : PPM - capPpm), bound(PPM + capPpm)];
  const isBelow = (one: Ratio, other: Ratio): boolean =>
    one.numerator * other.denominator < other.numerator * one.denominator;
  const { numerator, denominator } = isBelow(free, low) ? low : isBelow(high, free) ? high : free;
  return {
    milliWh: divide(numerator, denominator, 'half-even'),
    adjustmentPpm:
      eventSum === 0n ? PPM : divide(numerator * count * PPM, denominator * eventSum, 'half-even'),
  };
};
