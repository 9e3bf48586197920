import type { Battery } from '../vehicle/battery.ts';

/** What the sensors of one outlet say. */
export interface BaySignals {
  /** Proximity contact: a cable sits in the socket. */
  readonly isPlugged: boolean;
  readonly currentMilliA: number;
  /** Current that does not come back. */
  readonly leakageMilliA: number;
  /** Temperature of the contacts. */
  readonly contactMilliC: number;
  /** The meter says that it measures. */
  readonly isMeterGood: boolean;
  /** Of the air inside, thousandths. */
  readonly humidityPermille: number;
}

/** What flows when the sensors are asked. */
export interface BayLoad {
  readonly atMs: number;
  readonly powerW: bigint;
}

/** The hardware of one outlet as its agent drives it: sensors, contactor, cable lock. */
export interface Bay {
  /** Current that socket and cable are made for. */
  readonly ratedMilliA: number;
  signals(load: BayLoad): BaySignals;
  /** Hear at once that a sensor changed; returns how to stop hearing. */
  watch(listener: () => void): () => void;
  /** The driver may plug in now: the lamp at the socket says so. */
  expectCar(): void;
  /** The car that is plugged in. */
  car(): Battery;
  /** False when the bolt does not reach its end: then nothing may flow. */
  lockCable(): boolean;
  unlockCable(): void;
  readonly isCableLocked: boolean;
  closeContactor(): void;
  /** Nothing flows any more. */
  openContactor(atMs: number): void;
}
