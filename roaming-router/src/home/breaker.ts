import { HomeFailure } from './failure.ts';

interface State {
  failures: number;
  /** Closed again for one trial after this instant. */
  openUntilMs: number;
  trialRunning: boolean;
}

export interface Breaker {
  /**
   * Runs `f` unless the home failed too often just now. One request is let through when the pause is over; it decides
   * whether the others follow. @throws HomeFailure `unreachable` without asking, while open.
   */
  run<T>(home: string, f: () => Promise<T>): Promise<T>;
  /** True while requests to this home are refused without asking. */
  isOpen(home: string): boolean;
  /** Homes that failed too often and have not answered since. */
  silent(): readonly string[];
}

export interface BreakerOptions {
  /** Failures in a row that open it. Only silence counts: an answer, even nonsense, shows that somebody is there. */
  readonly failures: number;
  readonly openMs: number;
  readonly nowMs?: () => number;
}

/** A circuit breaker for each home utility, so that a dead one costs its callers nothing but the first few waits. */
export const createBreaker = ({ failures, openMs, nowMs = Date.now }: BreakerOptions): Breaker => {
  const states = new Map<string, State>();
  const stateOf = (home: string): State => {
    const known = states.get(home);
    if (known !== undefined) return known;
    const state = { failures: 0, openUntilMs: 0, trialRunning: false };
    states.set(home, state);
    return state;
  };
  const isOpen = (home: string): boolean => {
    const state = states.get(home);
    return (
      state !== undefined && state.failures >= failures && (nowMs() < state.openUntilMs || state.trialRunning)
    );
  };
  return {
    isOpen,
    silent: () => [...states].filter(([, state]) => state.failures >= failures).map(([home]) => home),
    async run(home, f) {
      if (isOpen(home)) {
        throw new HomeFailure('unreachable', 'the home utility failed too often just now and is not asked');
      }
      const state = stateOf(home);
      const trial = state.failures >= failures;
      if (trial) state.trialRunning = true;
      try {
        const value = await f();
        state.failures = 0;
        return value;
      } catch (thrown) {
        if (thrown instanceof HomeFailure && thrown.fault !== 'protocol') {
          state.failures += 1;
          if (state.failures >= failures) state.openUntilMs = nowMs() + openMs;
        } else {
          state.failures = 0;
        }
        throw thrown;
      } finally {
        if (trial) state.trialRunning = false;
      }
    },
  };
};
