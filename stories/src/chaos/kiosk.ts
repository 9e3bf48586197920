import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '@roamgrid/service-kit';
import { kioskState, kioskSwipe, pendingEnds, type KioskState, type KioskSwipe } from '@roamgrid/wire';
import { z } from 'zod';

/** A driver who stands there waits no longer for an answer of the screen. */
const PATIENCE_MS = 20_000;

/** What somebody can do at an outlet's kiosk; undefined for what it did not answer, or did not let him do. */
export interface Kiosk {
  state(): Promise<KioskState | undefined>;
  swipe(request: KioskSwipe): Promise<KioskState | undefined>;
  consent(quoteHash: string): Promise<KioskState | undefined>;
  press(key: 'decline' | 'stop' | 'done'): Promise<KioskState | undefined>;
  /** How many ends of sessions wait to be delivered. */
  pending(): Promise<number | undefined>;
}

export function kioskAt(port: number): Kiosk {
  const origin = `http://127.0.0.1:${port}`;
  const ask = async <S extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    answer: S,
    body?: unknown,
  ): Promise<z.output<S> | undefined> => {
    const asked = call({
      method,
      url: `${origin}/kiosk/v1/${path}`,
      headers: { origin },
      ...(body === undefined ? {} : { body }),
      answer,
      timeoutMs: PATIENCE_MS,
    });
    // A driver walks away from a screen, whatever becomes of the request.
    const leaves = new AbortController();
    const walksAway = sleep(2 * PATIENCE_MS, undefined, { signal: leaves.signal }).catch(() => undefined);
    const result = await Promise.race([asked, walksAway]);
    leaves.abort();
    return result?.ok === true ? result.value : undefined;
  };
  return {
    state: () => ask('GET', 'state', kioskState),
    swipe: (request) => ask('POST', 'swipes', kioskState, z.encode(kioskSwipe, request)),
    consent: (quoteHash) => ask('POST', 'consent', kioskState, { quoteHash }),
    press: (key) => ask('POST', key, kioskState),
    pending: async () => (await ask('GET', 'ends', pendingEnds))?.ends.length,
  };
}
