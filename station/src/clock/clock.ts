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
 * A clock that starts at `startMs` and runs `speed` times as fast as the wall.
 * @param wallMs the wall clock, injectable for tests
 */
export function acceleratedClock(startMs: number, speed: number, wallMs: () => number = Date.now): Clock {
  if (!(speed >= 1)) throw new RangeError(`speed must be at least 1, not ${speed}`);
  const wallStart = wallMs();
  return {
    nowMs: () => Math.floor(startMs + (wallMs() - wallStart) * speed),
    sleep: (ms, signal) => realSleep(ms / speed, signal),
  };
}
