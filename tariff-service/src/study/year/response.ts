import { createHash } from 'node:crypto';
import { PPM } from '../../policy/policy.ts';
import { MINUTE_MS } from '../../time/zone.ts';
import type { PlacedSession } from './place.ts';
import { priceAt, type PriceSpan } from './prices.ts';

/** How drivers answer prices. Parts per million. */
export interface Response {
  /** Part of the sessions that move, per unit of relative saving: half of it for a saving of a half at one million. */
  readonly elasticityPpm: bigint;
  /** How far a session may move either way. */
  readonly windowMinutes: number;
}

const STEP_MINUTES = 15;

/** Where a session charges under prices. */
export interface Answer {
  readonly startMs: number;
  readonly moved: boolean;
}

/**
 * A driver who moves takes the cheapest start within the window, the nearest of equal ones, the earlier of two as near.
 * Whether this driver is one who moves is fixed by the session's id alone, so that tariffs are compared on one crowd.
 */
export function answer(session: PlacedSession, prices: PriceSpan, response: Response): Answer {
  const stay = { startMs: session.startMs, moved: false };
  const before = meanPrice(session.startMs, session.chargingMs, prices);
  if (response.elasticityPpm === 0n || before === undefined || before === 0n) return stay;
  let best = before;
  let bestMs = session.startMs;
  for (let shift = STEP_MINUTES; shift <= response.windowMinutes; shift += STEP_MINUTES) {
    for (const startMs of [session.startMs - shift * MINUTE_MS, session.startMs + shift * MINUTE_MS]) {
      const price = meanPrice(startMs, session.chargingMs, prices);
      if (price !== undefined && price < best) [best, bestMs] = [price, startMs];
    }
  }
  const savingPpm = ((before - best) * PPM) / before;
  const movesPpm = (savingPpm * response.elasticityPpm) / PPM;
  return bestMs !== session.startMs && drawPpm('move', session.sessionId) < movesPpm
    ? { startMs: bestMs, moved: true }
    : stay;
}

/** Mean price over a charge, in micros per kWh rounded down; undefined when a part of it has no price. */
function meanPrice(startMs: number, chargingMs: number, prices: PriceSpan): bigint | undefined {
  const endMs = startMs + chargingMs;
  const slotMs = prices.policy.intervalMinutes * MINUTE_MS;
  let sum = 0n;
  for (let ms = startMs; ms < endMs;) {
    const price = priceAt(prices, ms);
    if (price === undefined) return undefined;
    // Zones whose offset is no whole slot do not occur in load data; a slot of 15 minutes covers all others.
    const next = Math.min(endMs, (Math.floor(ms / slotMs) + 1) * slotMs);
    sum += price * BigInt(next - ms);
    ms = next;
  }
  return sum / BigInt(chargingMs);
}

/** A number below one million that depends on purpose and id only. */
export function drawPpm(purpose: string, id: string): bigint {
  const digest = createHash('sha256').update(`${purpose}\n${id}`).digest();
  return (digest.readBigUInt64BE() * PPM) >> 64n;
}
