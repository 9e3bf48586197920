import type { BillSummary, SwipeOffer, SwipeRefusal } from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import { type GatewayClient, type StationIdentity, attestConsent, systemClock } from '@roamgrid/station-kit';
import { withRetry, type RetryPolicy } from '../agent/retry.ts';
import type { MeteredSession, SignedMeter } from '../meter/signed-meter.ts';
import type { RecordedSession } from './session-file.ts';

const WMS_PER_WH = 3_600_000n;
/** Drivers ask for whole steps of energy; the recorded energy fits under the next one. */
const REQUEST_STEP_WH = 5_000n;
const LONGEST_PLAN_MS = 48 * 3_600_000;

/** How long each step took, wall ms. */
export interface ReplayTimes {
  readonly swipeMs: number;
  readonly startMs: number;
}

export type Arrival =
  | {
      readonly outcome: 'charging';
      readonly sessionId: string;
      readonly offer: SwipeOffer;
      readonly times: ReplayTimes;
    }
  | { readonly outcome: 'refused'; readonly refusal: SwipeRefusal };

/**
 * A gateway that is away for a moment is asked again. A real driver would be told sooner; a replay has to bring every
 * recorded session home.
 */
const REPEATED: RetryPolicy = { attempts: 60, firstDelayMs: 200, longestDelayMs: 2_000 };

const insist = <T>(ask: () => Promise<T>): Promise<T> => withRetry(systemClock, REPEATED, ask);

/**
 * An outlet that lives recorded sessions again, through the same gateway interface as a station: swipe, consent, start,
 * stop, with its meter's signed readings at the recorded instants.
 */
export class ReplayOutlet {
  readonly #identity: StationIdentity;
  readonly #evseId: string;
  readonly #meter: SignedMeter;
  readonly #gateway: GatewayClient;
  readonly #running = new Map<string, MeteredSession>();

  constructor(identity: StationIdentity, evseId: string, meter: SignedMeter, gateway: GatewayClient) {
    this.#identity = identity;
    this.#evseId = evseId;
    this.#meter = meter;
    this.#gateway = gateway;
  }

  /** The car arrives: swipe, accept, start. */
  async arrive(session: RecordedSession, cin: string): Promise<Arrival> {
    const swipeId = uuidv7();
    const requestedEnergyWh = (session.energyWh / REQUEST_STEP_WH + 1n) * REQUEST_STEP_WH;
    const plannedMs = Math.min(session.endMs - session.startMs, LONGEST_PLAN_MS);
    const swipedMs = performance.now();
    const request = {
      swipeId,
      evseId: this.#evseId,
      cin,
      method: 'card' as const,
      requestedEnergyWh,
      plannedMs,
    };
    const offer = await insist(() => this.#gateway.swipe(request));
    const offeredMs = performance.now();
    if (offer.outcome === 'refused') return { outcome: 'refused', refusal: offer };
    const { jws, tariffText } = await attestConsent(this.#identity, offer, 'kiosk', session.startMs);
    const metered = { sessionId: offer.quote.sessionId, tariffText };
    const start = {
      swipeId,
      consent: jws,
      signedStart: this.#meter.signed(session.startMs, 'B', metered),
      start: this.#meter.reading(session.startMs, true),
    };
    const started = await insist(() => this.#gateway.start(start));
    this.#running.set(started.sessionId, metered);
    const times = { swipeMs: offeredMs - swipedMs, startMs: performance.now() - offeredMs };
    return { outcome: 'charging', sessionId: started.sessionId, offer, times };
  }

  /** The car leaves: the energy has flowed, the meter signs, the bill comes. */
  async leave(session: RecordedSession, sessionId: string): Promise<BillSummary> {
    const metered = this.#running.get(sessionId);
    if (metered === undefined) throw new Error(`${sessionId} does not charge at ${this.#evseId}`);
    this.#running.delete(sessionId);
    this.#meter.advance(session.energyWh * WMS_PER_WH);
    const signedEnd = this.#meter.signed(session.endMs, 'E', metered);
    const readings = [this.#meter.reading(session.endMs, true)];
    const stop = { endReason: 'driver' as const, readings, signedEnd };
    return insist(() => this.#gateway.stop(sessionId, stop));
  }
}
