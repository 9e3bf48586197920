/** Time as the station sees it: a parameter, so that a simulated day can pass in a minute. */
export interface Clock {
    /** Milliseconds since the epoch, UTC. */
    nowMs(): number;
    /** Resolves once `ms` of this clock's time have passed. Rejects with AbortError when the signal aborts. */
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
export declare const systemClock: Clock;
/**
 * A clock that starts at `startMs` and runs `speed` times as fast as the wall.
 * @param wallMs the wall clock, injectable for tests
 */
export declare function acceleratedClock(startMs: number, speed: number, wallMs?: () => number): Clock;
