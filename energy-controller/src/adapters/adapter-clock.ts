import { setTimeout as sleep } from 'node:timers/promises';

/** Time as an adapter sees it: a parameter, so that a simulated day can pass in seconds. */
export interface AdapterClock {
  /** Milliseconds since the epoch, UTC. */
  nowMs(): number;
  /** Resolves once `ms` of this clock's time have passed; rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own. A sleep alone keeps no process alive. */
export const machineClock: AdapterClock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) }),
};
