/** Time as the station sees it: a parameter, so that a simulated day can pass in a minute. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  nowMs(): number;
  /** Resolves once `ms` of this clock's time have passed. Rejects with AbortError when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = () => {
      clearTimeout(timer);
      reject(new DOMException('sleep aborted', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export const systemClock: Clock = { nowMs: () => Date.now(), sleep: realSleep };

/**
 * A clock that starts in the past and runs `speed` times as fast as the wall until it has caught up with it, and then
 * with it: it never tells a time that has not come, which a ledger would refuse.
 * @param wallMs the wall clock, injectable for tests
 */
export function catchUpClock(startMs: number, speed: number, wallMs: () => number = Date.now): Clock {
  if (!(speed >= 1)) throw new RangeError(`speed must be at least 1, not ${speed}`);
  const wallStartMs = wallMs();
  const nowMs = () => {
    const wall = wallMs();
    return Math.min(Math.floor(startMs + (wall - wallStartMs) * speed), wall);
  };
  return {
    nowMs,
    sleep: (ms, signal) => {
      const behindMs = wallMs() - nowMs();
      // What can be slept fast: while `x` real ms pass the clock gains `x · speed` and the wall gains `x`.
      const fastMs = speed === 1 ? ms : Math.min(ms / speed, behindMs / (speed - 1));
      return realSleep(fastMs + Math.max(0, ms - fastMs * speed), signal);
    },
  };
}

/**
 * A clock that moves only when its one user sleeps, so that how fast machines work leaves no trace in a simulation:
 * the same story gives the same figures everywhere.
 * @param speed how many times faster than the wall a sleep passes; infinite for at once
 */
export function steppedClock(startMs: number, speed: number): Clock {
  let now = startMs;
  return {
    nowMs: () => now,
    sleep: async (ms, signal) => {
      await realSleep(ms / speed, signal);
      now += ms;
    },
  };
}
