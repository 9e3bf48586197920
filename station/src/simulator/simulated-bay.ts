import type { Bay, BayLoad, BaySignals } from '../bay/bay.ts';
import type { Battery } from '../vehicle/battery.ts';

/** Direct current at this voltage. */
const NOMINAL_V = 400n;
const MILLI = 1_000n;

/** What can go wrong with the simulated hardware, as its sensors show it. */
export type BayFault = 'over-current' | 'ground-fault' | 'over-temperature' | 'meter-error' | 'relay-stuck';

const SHOWS: Readonly<Record<BayFault, (well: BaySignals, ratedMilliA: number) => Partial<BaySignals>>> = {
  'over-current': (_well, ratedMilliA) => ({ currentMilliA: ratedMilliA * 2 }),
  'ground-fault': () => ({ leakageMilliA: 80 }),
  'over-temperature': () => ({ contactMilliC: 104_000 }),
  'meter-error': () => ({ isMeterGood: false }),
  // The contactor stays closed, whatever it is told.
  'relay-stuck': ({ currentMilliA }, ratedMilliA) => ({
    currentMilliA: Math.max(currentMilliA, Math.floor(ratedMilliA / 2)),
  }),
};

export interface SimulatedBayOptions {
  readonly maxPowerW: bigint;
  /** The car that comes next. */
  readonly vehicle: () => Battery;
  /** How long the car stays once it takes no more; infinite until somebody unplugs it. */
  readonly staysMs?: number;
  /** The driver plugs in as soon as the outlet is ready; otherwise `plugIn` does. */
  readonly plugsInWhenAsked?: boolean;
}

/** An outlet's hardware with a driver who plugs in and out, and with faults on demand. */
export class SimulatedBay implements Bay {
  readonly ratedMilliA: number;
  readonly #options: SimulatedBayOptions;
  readonly #listeners = new Set<() => void>();
  readonly #faults = new Set<BayFault>();
  #car: Battery | undefined;
  #isLocked = false;
  #lockFails = false;
  #openedAtMs: number | undefined;
  /** How long the next car stays once it takes no more. */
  staysMs: number;

  constructor(options: SimulatedBayOptions) {
    this.#options = options;
    this.staysMs = options.staysMs ?? 0;
    this.ratedMilliA = Number((options.maxPowerW * MILLI) / NOMINAL_V);
  }

  get isCableLocked(): boolean {
    return this.#isLocked;
  }

  signals({ atMs, powerW }: BayLoad): BaySignals {
    this.#leaveInTime(atMs);
    const well: BaySignals = {
      isPlugged: this.#car !== undefined,
      currentMilliA: Number((powerW * MILLI) / NOMINAL_V),
      leakageMilliA: 1,
      contactMilliC: 35_000,
      isMeterGood: true,
      humidityPermille: 450,
    };
    return [...this.#faults].reduce(
      (shown, fault) => ({ ...shown, ...SHOWS[fault](well, this.ratedMilliA) }),
      well,
    );
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  expectCar(): void {
    if (this.#options.plugsInWhenAsked ?? true) this.plugIn();
  }

  car(): Battery {
    if (this.#car === undefined) throw new Error('no car is plugged in');
    return this.#car;
  }

  lockCable(): boolean {
    this.#isLocked = !this.#lockFails;
    return this.#isLocked;
  }

  unlockCable(): void {
    this.#isLocked = false;
  }

  closeContactor(): void {
    this.#openedAtMs = undefined;
  }

  openContactor(atMs: number): void {
    this.#openedAtMs = atMs;
  }

  /** A car is plugged in, or still is. */
  plugIn(): void {
    this.#car ??= this.#options.vehicle();
    this.#changed();
  }

  /** The driver pulls the plug, which opens at the car's side whatever the lock here does. */
  unplug(): void {
    this.#car = undefined;
    this.#openedAtMs = undefined;
    this.#changed();
  }

  /** From now on the sensors show a fault, until it is mended. */
  fail(fault: BayFault): void {
    this.#faults.add(fault);
    this.#changed();
  }

  /** The bolt of the lock sticks. */
  jamLock(): void {
    this.#lockFails = true;
  }

  mend(): void {
    this.#faults.clear();
    this.#lockFails = false;
    this.#changed();
  }

  #leaveInTime(atMs: number): void {
    if (this.#openedAtMs === undefined || atMs < this.#openedAtMs + this.staysMs) return;
    this.#car = undefined;
    this.#openedAtMs = undefined;
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
