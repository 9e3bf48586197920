import type { Clock } from '../clock/clock.ts';
export interface RetryPolicy {
    readonly attempts: number;
    readonly firstDelayMs: number;
    readonly longestDelayMs: number;
}
/** A driver waits for an answer: give up soon and say so. */
export declare const WHILE_DRIVER_WAITS: RetryPolicy;
/** A fact must arrive: keep trying for about a day, then leave it in the journal. */
export declare const UNTIL_DELIVERED: RetryPolicy;
/** Repeat an idempotent request while the gateway is unreachable; a refusal ends it at once. */
export declare function withRetry<T>(clock: Clock, policy: RetryPolicy, ask: () => Promise<T>): Promise<T>;
