import type { Clock } from '@roamgrid/station-kit';
import type { Bay, BaySignals } from './bay.ts';
import { FaultDetector } from './fault-detector.ts';

/** Less is what the sensor of the current itself gets wrong. */
const OPEN_MILLI_A = 1_000;

/** Whether a current flows while the contactor should be open. */
const isStuck = ({ currentMilliA }: BaySignals): boolean => currentMilliA >= OPEN_MILLI_A;

/** An outlet's hardware while nothing flows. */
export class Readiness {
  readonly #bay: Bay;
  readonly #clock: Clock;

  constructor(bay: Bay, clock: Clock) {
    this.#bay = bay;
    this.#clock = clock;
  }

  get isPlugged(): boolean {
    return this.#signals().isPlugged;
  }

  /** What is wrong; that no cable is in the socket is no fault now. */
  get fault(): string | undefined {
    const signals = this.#signals();
    const fault = new FaultDetector(this.#bay.ratedMilliA).judge(signals);
    if (fault !== undefined && fault !== 'cable-out') return fault;
    return isStuck(signals) ? 'relay-stuck' : undefined;
  }

  /** Waits for a cable as long as `pass` does, which ends early when the signal that it gets aborts. */
  async cableComes(pass: (came: AbortSignal) => Promise<unknown>): Promise<boolean> {
    const came = new AbortController();
    const unwatch = this.#bay.watch(() => {
      if (this.isPlugged) came.abort();
    });
    this.#bay.expectCar();
    await pass(came.signal);
    unwatch();
    return came.signal.aborted;
  }

  #signals() {
    return this.#bay.signals({ atMs: this.#clock.nowMs(), powerW: 0n });
  }
}
