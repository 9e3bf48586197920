/** What stands at a simulated site: a feed, panels under a day's sun, and a battery that does as it is told for as long as it is told. */

export interface SitePhysicsOptions {
  readonly gridW: bigint;
  readonly sunPeakW: bigint;
  readonly batteryW: bigint;
  readonly batteryCapacityWh: bigint;
  readonly batteryStoredWh: bigint;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WMS_PER_WH = BigInt(HOUR_MS);
const SUNRISE_MS = 6 * HOUR_MS;
const DAYLIGHT_MS = 12 * HOUR_MS;
const NO_ORDER = { outW: 0n, untilMs: 0 };

const between = (low: bigint, value: bigint, high: bigint): bigint =>
  value < low ? low : value > high ? high : value;

/** Time is told to it; energy is kept in watt-milliseconds, so that nothing drifts. */
export class SitePhysics {
  readonly options: SitePhysicsOptions;
  #atMs: number;
  #storedWms: bigint;
  #order = NO_ORDER;
  /** What the loads at the site take, W. */
  loadW = 0n;
  isFeedOut = false;

  constructor(options: SitePhysicsOptions, startMs: number) {
    this.options = options;
    this.#atMs = startMs;
    this.#storedWms = options.batteryStoredWh * WMS_PER_WH;
  }

  get atMs(): number {
    return this.#atMs;
  }

  /** A half sine from 6 to 18 h UTC. */
  get sunW(): bigint {
    const sinceRiseMs = (this.#atMs % DAY_MS) - SUNRISE_MS;
    if (sinceRiseMs <= 0 || sinceRiseMs >= DAYLIGHT_MS) return 0n;
    const partsOfMillion = Math.round(1_000_000 * Math.sin((Math.PI * sinceRiseMs) / DAYLIGHT_MS));
    return (this.options.sunPeakW * BigInt(partsOfMillion)) / 1_000_000n;
  }

  /** What the battery puts out, W; negative: takes in. */
  get batteryW(): bigint {
    if (this.#atMs >= this.#order.untilMs) return 0n;
    const { batteryW, batteryCapacityWh } = this.options;
    const outW = between(-batteryW, this.#order.outW, batteryW);
    const isSpent = outW > 0n ? this.#storedWms <= 0n : this.#storedWms >= batteryCapacityWh * WMS_PER_WH;
    return isSpent ? 0n : outW;
  }

  /** Whole watt-hours, rounded down. */
  get storedWh(): bigint {
    return this.#storedWms / WMS_PER_WH;
  }

  /** Tenths of a per cent, rounded down. */
  get socPermille(): bigint {
    return (this.#storedWms * 1_000n) / (this.options.batteryCapacityWh * WMS_PER_WH);
  }

  /** What comes from the grid, W; negative: what goes to it. */
  get gridW(): bigint {
    return this.isFeedOut ? 0n : this.loadW - this.sunW - this.batteryW;
  }

  /** The battery is told what to put out, and for how long that is good, ms. */
  order(outW: bigint, forMs: number): void {
    this.#order = { outW, untilMs: this.#atMs + forMs };
  }

  release(): void {
    this.#order = NO_ORDER;
  }

  /** How long the battery's order is still good, ms. */
  get orderLeftMs(): number {
    return Math.max(0, this.#order.untilMs - this.#atMs);
  }

  /** Lets time pass; an earlier instant changes nothing. */
  passTo(atMs: number): void {
    if (atMs <= this.#atMs) return;
    const orderedMs = Math.min(atMs, Math.max(this.#order.untilMs, this.#atMs)) - this.#atMs;
    const capacityWms = this.options.batteryCapacityWh * WMS_PER_WH;
    this.#storedWms = between(0n, this.#storedWms - this.batteryW * BigInt(orderedMs), capacityWms);
    this.#atMs = atMs;
  }
}
