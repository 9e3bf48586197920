import { randomUUID } from 'node:crypto';
import {
  consent as consentSchema,
  DOCUMENT_TYPE,
  signDocument,
  type BillSummary,
  type MeterReading,
  type SwipeOffer,
  type SwipeRefusal,
} from '@roamgrid/wire';
import type { GatewayClient, StationIdentity } from '../agent/gateway-client.ts';
import type { SignedMeter } from '../meter/signed-meter.ts';
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
 * An outlet that lives recorded sessions again, through the same gateway interface as a station: swipe, consent, start,
 * stop, with its meter's signed readings at the recorded instants.
 */
export class ReplayOutlet {
  readonly #identity: StationIdentity;
  readonly #evseId: string;
  readonly #meter: SignedMeter;
  readonly #gateway: GatewayClient;

  constructor(identity: StationIdentity, evseId: string, meter: SignedMeter, gateway: GatewayClient) {
    this.#identity = identity;
    this.#evseId = evseId;
    this.#meter = meter;
    this.#gateway = gateway;
  }

  /** The car arrives: swipe, accept, start. */
  async arrive(session: RecordedSession, cin: string): Promise<Arrival> {
    const swipeId = randomUUID();
    const requestedEnergyWh = (session.energyWh / REQUEST_STEP_WH + 1n) * REQUEST_STEP_WH;
    const plannedMs = Math.min(session.endMs - session.startMs, LONGEST_PLAN_MS);
    const swipedMs = performance.now();
    const offer = await this.#gateway.swipe({
      swipeId,
      evseId: this.#evseId,
      cin,
      method: 'card',
      requestedEnergyWh,
      plannedMs,
    });
    const offeredMs = performance.now();
    if (offer.outcome === 'refused') return { outcome: 'refused', refusal: offer };
    const body = {
      iss: this.#identity.stationId,
      sessionId: offer.quote.sessionId,
      quoteHash: offer.quoteHash,
      method: 'kiosk' as const,
      consentedAtMs: session.startMs,
    };
    const consent = await signDocument(consentSchema, DOCUMENT_TYPE.consent, body, {
      kid: this.#identity.keyId,
      key: this.#identity.key,
    });
    const started = await this.#gateway.start({
      swipeId,
      consent,
      signedStart: this.#meter.signed(session.startMs, 'B', offer.quote.sessionId),
      start: this.#reading(session.startMs),
    });
    const times = { swipeMs: offeredMs - swipedMs, startMs: performance.now() - offeredMs };
    return { outcome: 'charging', sessionId: started.sessionId, offer, times };
  }

  /** The car leaves: the energy has flowed, the meter signs, the bill comes. */
  async leave(session: RecordedSession, sessionId: string): Promise<BillSummary> {
    this.#meter.advance(session.energyWh * WMS_PER_WH);
    const signedEnd = this.#meter.signed(session.endMs, 'E', sessionId);
    return this.#gateway.stop(sessionId, {
      endReason: 'driver',
      readings: [this.#reading(session.endMs)],
      signedEnd,
    });
  }

  #reading(atMs: number): MeterReading {
    return this.#meter.reading(atMs, true);
  }
}
