/** Where the battery leaves full power: above this state of charge the car takes less and less. */
const TAPER_FROM_PPM = 800_000n;
/** Power at 100 %, as a part of full power. */
const TAPER_END_PPM = 100_000n;
const ONE_PPM = 1_000_000n;
const MS_PER_HOUR = 3_600_000n;

export interface BatterySpec {
  readonly capacityWh: bigint;
  readonly initialWh: bigint;
  /** Most that the car's charger takes. */
  readonly maxPowerW: bigint;
}

/** A car's battery at the plug: how much power it takes, and what it holds. Integer watt-milliseconds inside, so nothing drifts. */
export class Battery {
  readonly #capacityWms: bigint;
  readonly #maxPowerW: bigint;
  #heldWms: bigint;

  constructor(spec: BatterySpec) {
    if (spec.initialWh < 0n || spec.initialWh > spec.capacityWh)
      throw new RangeError('initial energy outside the capacity');
    this.#capacityWms = spec.capacityWh * MS_PER_HOUR;
    this.#heldWms = spec.initialWh * MS_PER_HOUR;
    this.#maxPowerW = spec.maxPowerW;
  }

  /** State of charge in parts per million, rounded down: 1,000,000 only when truly full. */
  get socPpm(): number {
    return Number((this.#heldWms * ONE_PPM) / this.#capacityWms);
  }

  get full(): boolean {
    return this.#heldWms >= this.#capacityWms;
  }

  /** Power that the car takes now from an outlet that offers `offeredW`. */
  powerW(offeredW: bigint): bigint {
    if (this.full) return 0n;
    const soc = BigInt(this.socPpm);
    const over = soc > TAPER_FROM_PPM ? soc - TAPER_FROM_PPM : 0n;
    const factor = ONE_PPM - (over * (ONE_PPM - TAPER_END_PPM)) / (ONE_PPM - TAPER_FROM_PPM);
    const wanted = (this.#maxPowerW * factor) / ONE_PPM;
    return wanted < offeredW ? wanted : offeredW;
  }

  /** Take `powerW` for `ms`; returns what was taken in watt-milliseconds (less at the very end: a battery never overfills). */
  charge(powerW: bigint, ms: number): bigint {
    const wantedWms = powerW * BigInt(ms);
    const roomWms = this.#capacityWms - this.#heldWms;
    const takenWms = wantedWms < roomWms ? wantedWms : roomWms;
    this.#heldWms += takenWms;
    return takenWms;
  }
}
