import { setTimeout as sleep } from 'node:timers/promises';
import type { DriverConsentState } from '@roamgrid/wire';
import { GatewayUnreachable } from '@roamgrid/station-kit';

/** How often the gateway is asked while the driver looks at the offer. Wall time: a person acts in no other. */
export const ASK_EVERY_MS = 1_000;

/**
 * Resolves with true once the driver's own device has consented, with false when nobody waits for it any more. A gateway
 * that cannot be reached now is asked again.
 */
export async function deviceConsents(
  ask: () => Promise<DriverConsentState>,
  everyMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      if ((await ask()).state === 'given') return !signal.aborted;
    } catch (error) {
      if (!(error instanceof GatewayUnreachable)) throw error;
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
