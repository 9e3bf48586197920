import { divideHalfUp, multiplierAt, ratioPpm } from './curve.ts';
import { PPM, type TariffPolicy } from './policy.ts';

/** One wall-clock slot of a local day with the load that is expected in it. */
export interface LoadSlot {
  /** Minutes after local midnight. */
  readonly minute: number;
  readonly startMs: number;
  readonly loadW: bigint;
}

export interface PriceContext {
  /** 0 = Sunday … 6 = Saturday. */
  readonly weekday: number;
  readonly capacityW: bigint;
  /** Price of the interval before the first slot; undefined when nothing was ever published. */
  readonly previousMicrosPerKWh: bigint | undefined;
  /** When the prices are published; slots that start before it plus the notice keep their published price. */
  readonly publishedAtMs: number;
  /** Prices already published for slots of this day, by minute. */
  readonly standing: ReadonlyMap<number, bigint>;
}

export interface PricedSlot {
  readonly minute: number;
  readonly microsPerKWh: bigint;
  /** Why: each factor that entered, for the published explanation. */
  readonly ratioPpm: bigint;
  readonly loadMultiplierPpm: bigint;
  readonly timeMultiplierPpm: bigint;
  readonly peak: boolean;
  /** `frozen` by notice, `floor`/`ceiling` when clipped, `step` when held back by smoothing. */
  readonly limitedBy: 'none' | 'floor' | 'ceiling' | 'step' | 'frozen';
}

/**
 * Prices one local day. Order of rules: load curve × clock frame, peak surcharge, budget shift, limits, smoothing.
 * Limits outrank smoothing; a frozen price outranks both, because it was promised. Smoothing prices every peak in
 * full and lets the price climb towards it in steps, so without a budget shift no price falls when a load rises.
 */
export function priceDay(
  policy: TariffPolicy,
  slots: readonly LoadSlot[],
  context: PriceContext,
): readonly PricedSlot[] {
  const wanted = slots.map((slot) => wantedPrice(policy, slot, context));
  const settle = (shift: bigint): readonly bigint[] =>
    smooth(
      policy,
      slots,
      wanted.map(({ price }) => price + shift),
      context,
    );
  const prices = policy.budgetNeutral ? neutral(policy, slots, settle) : settle(0n);
  const frozenUntilMs = context.publishedAtMs + policy.noticeMinutes * 60_000;
  return slots.map((slot, index) => {
    const price = prices[index] ?? 0n;
    const own = wanted[index];
    if (own === undefined) throw new Error('every slot has a wanted price');
    const frozen = slot.startMs < frozenUntilMs && context.standing.has(slot.minute);
    const { ratio, load, time, peak } = own;
    return {
      minute: slot.minute,
      microsPerKWh: price,
      ratioPpm: ratio,
      loadMultiplierPpm: load,
      timeMultiplierPpm: time,
      peak,
      limitedBy: frozen ? 'frozen' : limitOf(policy, own.price, price),
    };
  });
}

interface Wanted {
  readonly price: bigint;
  readonly ratio: bigint;
  readonly load: bigint;
  readonly time: bigint;
  readonly peak: boolean;
}

function wantedPrice(policy: TariffPolicy, slot: LoadSlot, context: PriceContext): Wanted {
  const ratio = ratioPpm(slot.loadW, context.capacityW);
  const load = multiplierAt(policy.loadCurve, ratio);
  const frame = policy.timeOfUse.find(
    ({ weekdays, fromMinute, untilMinute }) =>
      weekdays.includes(context.weekday) && slot.minute >= fromMinute && slot.minute < untilMinute,
  );
  const time = frame?.multiplierPpm ?? PPM;
  const peak = policy.peak !== undefined && ratio >= policy.peak.ratioPpm;
  const surcharge = peak ? (policy.peak?.surchargeMicrosPerKWh ?? 0n) : 0n;
  return {
    price: divideHalfUp(policy.baseMicrosPerKWh * load * time, PPM * PPM) + surcharge,
    ratio,
    load,
    time,
    peak,
  };
}

/** Limits, ticks and steps. Every operation here is monotone in every price, which keeps the whole monotone in load. */
function smooth(
  policy: TariffPolicy,
  slots: readonly LoadSlot[],
  wanted: readonly bigint[],
  context: PriceContext,
): readonly bigint[] {
  const { tickMicrosPerKWh: tick, floorMicrosPerKWh: floor, ceilingMicrosPerKWh: ceiling } = policy;
  const step = policy.maxStepMicrosPerKWh - (policy.maxStepMicrosPerKWh % tick);
  const frozenUntilMs = context.publishedAtMs + policy.noticeMinutes * 60_000;
  const out: bigint[] = [];
  let before = context.previousMicrosPerKWh;
  let free: bigint[] = [];
  const flush = (): void => {
    out.push(...climb(free, before, step, floor, ceiling));
    before = out.at(-1) ?? before;
    free = [];
  };
  slots.forEach((slot, index) => {
    const standing = slot.startMs < frozenUntilMs ? context.standing.get(slot.minute) : undefined;
    if (standing === undefined) {
      free.push(clip(divideHalfUp(wanted[index] ?? 0n, tick) * tick, floor, ceiling));
      return;
    }
    flush();
    out.push(standing);
    before = standing;
  });
  flush();
  return out;
}

/** The least prices at or above the wanted ones that change by at most `step`, reachable from `before`. */
function climb(
  wanted: readonly bigint[],
  before: bigint | undefined,
  step: bigint,
  floor: bigint,
  ceiling: bigint,
): readonly bigint[] {
  const prices = wanted.map((price, index) => {
    if (before === undefined) return price;
    const reach = step * BigInt(index + 1);
    return clip(clip(price, before - reach, before + reach), floor, ceiling);
  });
  for (let index = 1; index < prices.length; index++)
    prices[index] = higher(prices[index], minus(prices[index - 1], step));
  for (let index = prices.length - 2; index >= 0; index--)
    prices[index] = higher(prices[index], minus(prices[index + 1], step));
  return prices;
}

/** The shift whose load-weighted mean price comes nearest to the base price; the mean rises with the shift. */
function neutral(
  policy: TariffPolicy,
  slots: readonly LoadSlot[],
  settle: (shift: bigint) => readonly bigint[],
): readonly bigint[] {
  const excess = (prices: readonly bigint[]): bigint =>
    prices.reduce(
      (sum, price, index) => sum + (price - policy.baseMicrosPerKWh) * (slots[index]?.loadW ?? 0n),
      0n,
    );
  let low = -policy.ceilingMicrosPerKWh * 4n;
  let high = policy.ceilingMicrosPerKWh * 4n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (excess(settle(middle)) <= 0n) low = middle;
    else high = middle;
  }
  const [under, over] = [settle(low), settle(high)];
  const size = (value: bigint): bigint => (value < 0n ? -value : value);
  return size(excess(under)) <= size(excess(over)) ? under : over;
}

function limitOf(policy: TariffPolicy, wanted: bigint, price: bigint): PricedSlot['limitedBy'] {
  const rounded = divideHalfUp(wanted, policy.tickMicrosPerKWh) * policy.tickMicrosPerKWh;
  if (price === rounded || policy.budgetNeutral) return 'none';
  if (price === policy.ceilingMicrosPerKWh && rounded > price) return 'ceiling';
  return price === policy.floorMicrosPerKWh && rounded < price ? 'floor' : 'step';
}

function clip(value: bigint, low: bigint, high: bigint): bigint {
  if (value < low) return low;
  return value > high ? high : value;
}

function higher(left: bigint | undefined, right: bigint | undefined): bigint {
  if (left === undefined || right === undefined) throw new Error('prices are compared inside the day only');
  return left > right ? left : right;
}

function minus(value: bigint | undefined, step: bigint): bigint | undefined {
  return value === undefined ? undefined : value - step;
}
