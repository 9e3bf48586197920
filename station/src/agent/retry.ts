import { type Clock, GatewayUnreachable } from '@roamgrid/station-kit';

export interface RetryPolicy {
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** A driver waits for an answer: give up soon and say so. */
export const WHILE_DRIVER_WAITS: RetryPolicy = { attempts: 3, firstDelayMs: 500, longestDelayMs: 2_000 };
/** Repeat an idempotent request while the gateway is unreachable; a refusal ends it at once. */
export async function withRetry<T>(clock: Clock, policy: RetryPolicy, ask: () => Promise<T>): Promise<T> {
  let delayMs = policy.firstDelayMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof GatewayUnreachable) || attempt >= policy.attempts) throw error;
      await clock.sleep(delayMs);
      delayMs = Math.min(delayMs * 2, policy.longestDelayMs);
    }
  }
}
