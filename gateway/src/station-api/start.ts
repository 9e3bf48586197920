import { randomBytes } from 'node:crypto';
import { checkConsent } from '@roamgrid/domain';
import {
  consent as consentSchema,
  DOCUMENT_TYPE,
  LEDGER_LIMITS,
  openDocument,
  sealBody,
  sessionOpenBody,
  startRequest,
  type SessionOpenBody,
  type StartAnswer,
  type StartRequest,
  type StationRecord,
  type SwipeOffer,
  type RouteGrant,
} from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError, isRefusalCode } from '../problems.ts';
import type { Charges } from './charges.ts';
import { type Charge } from './charges.ts';
import type { StationContext } from './context.ts';
import { checkStatement } from './metering.ts';
import { Serial } from './serial.ts';
import type { SwipeDesk } from './swipe.ts';

const storedRefusal = z.object({ code: z.string(), detail: z.string() });

const isUniqueViolation = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === '23505';

/**
 * Starts charging on a driver's consent. Everything is a row before the answer; the block comes later. Told again, it
 * answers the same and starts nothing twice.
 */
export class StartDesk {
  readonly #context: StationContext;
  readonly #swipes: SwipeDesk;
  readonly #charges: Charges;
  readonly #serial = new Serial();

  constructor(context: StationContext, swipes: SwipeDesk, charges: Charges) {
    this.#context = context;
    this.#swipes = swipes;
    this.#charges = charges;
  }

  start(station: StationRecord, request: StartRequest): Promise<StartAnswer> {
    return this.#serial.run(request.swipeId, () => this.#start(station, request));
  }

  async #start(station: StationRecord, request: StartRequest): Promise<StartAnswer> {
    const { answer: offer, grant } = await this.#swipes.find(station.stationId, request.swipeId);
    if (offer.outcome !== 'offer' || grant === undefined) {
      throw gatewayError('SWIPE_UNKNOWN', `swipe ${request.swipeId} was refused: there is nothing to start`);
    }
    const known = await this.#known(request.swipeId, offer.quote.sessionId, station.stationId);
    const charge = known ?? (await this.#accept(station, request, offer, grant));
    if (charge.state === 'starting') await this.#relayConsent(charge, offer);
    return {
      sessionId: charge.sessionId,
      state: 'charging',
      energyLimitWh: charge.energyLimitWh,
      capMicros: offer.quote.capMicros,
      reportEveryMs: this.#context.settings.reportEveryMs,
    };
  }

  async #known(swipeId: string, sessionId: string, stationId: string): Promise<Charge | undefined> {
    const row = await this.#context.db
      .selectFrom('charge')
      .select(['swipe_id', 'state', 'refusal'])
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    if (row.swipe_id !== swipeId) {
      throw gatewayError('HOME_PROTOCOL_ERROR', 'the authorisation was brought for another swipe before');
    }
    if (row.state === 'refused') {
      const { code, detail } = storedRefusal.parse(row.refusal);
      throw gatewayError(isRefusalCode(code) ? code : 'HOME_PROTOCOL_ERROR', detail);
    }
    return this.#charges.get(sessionId, stationId);
  }

  /** Checks the request and keeps it, with the outlet taken. */
  async #accept(
    station: StationRecord,
    request: StartRequest,
    offer: SwipeOffer,
    grant: RouteGrant,
  ): Promise<Charge> {
    const { quote } = offer;
    const openedAtMs = await this.#checkedConsent(station, request, offer);
    const evse = station.evses.find(({ evseId }) => evseId === quote.evseId);
    if (evse === undefined)
      throw gatewayError('STATION_UNAVAILABLE', `there is no outlet ${quote.evseId} here`);
    checkStatement(request.signedStart, evse, 'begin', request.start, quote.sessionId);
    if (Math.abs(request.start.atMs - openedAtMs) > LEDGER_LIMITS.clockSkewMs) {
      throw gatewayError('METER_INVALID', 'the meter’s clock is not near the time of the consent');
    }
    const open: SessionOpenBody = {
      sessionId: quote.sessionId,
      cinRef: grant.grant.cinRef,
      authorisedBy: grant.authorisedBy,
      evidence: grant.evidence,
      quote,
      consent: request.consent,
      openedAtMs,
      salt: randomBytes(32).toString('hex'),
    };
    const { text, hash } = sealBody(sessionOpenBody, open);
    const energyLimitWh =
      'energyLimitWh' in grant.grant && grant.grant.energyLimitWh < quote.requestedEnergyWh
        ? grant.grant.energyLimitWh
        : quote.requestedEnergyWh;
    await this.#insert(request, open, text, energyLimitWh);
    const charge: Charge = {
      sessionId: quote.sessionId,
      stationId: station.stationId,
      requestId: grant.requestId,
      open,
      openText: text,
      openHash: hash,
      start: request,
      energyLimitWh,
      state: 'starting',
      revoked: false,
      readings: [request.start],
      answered: new Map(),
    };
    this.#context.outlets.take(quote.evseId, quote.sessionId);
    this.#charges.put(charge);
    return charge;
  }

  /** @returns the time of the consent, which is when the session opens. */
  async #checkedConsent(
    station: StationRecord,
    request: StartRequest,
    { quote, quoteHash }: SwipeOffer,
  ): Promise<number> {
    const opened = await openDocument(consentSchema, DOCUMENT_TYPE.consent, request.consent, [
      station.signingKey,
    ]);
    if (!opened.ok) throw gatewayError('CONSENT_INVALID', opened.error.message);
    const consent = opened.value;
    if (consent.iss !== station.stationId || consent.sessionId !== quote.sessionId) {
      throw gatewayError('CONSENT_INVALID', 'the consent is of another station or session');
    }
    const checked = checkConsent(quote, quoteHash, consent);
    if (!checked.ok) {
      const late = checked.error.code === 'CONSENT_TOO_LATE';
      throw gatewayError(late ? 'CONSENT_EXPIRED' : 'CONSENT_INVALID', checked.error.message);
    }
    const nowMs = this.#context.nowMs();
    if (consent.consentedAtMs > nowMs + LEDGER_LIMITS.clockSkewMs) {
      throw gatewayError('CONSENT_INVALID', 'the consent lies in the future');
    }
    if (nowMs >= quote.validUntilMs) throw gatewayError('CONSENT_EXPIRED', 'the quote has run out');
    return consent.consentedAtMs;
  }

  async #insert(
    request: StartRequest,
    open: SessionOpenBody,
    text: string,
    energyLimitWh: bigint,
  ): Promise<void> {
    const { quote } = open;
    try {
      await this.#context.db
        .insertInto('charge')
        .values({
          session_id: quote.sessionId,
          swipe_id: request.swipeId,
          station_id: quote.stationId,
          evse_id: quote.evseId,
          hun: quote.hun,
          agreement_id: quote.agreementId,
          request_id: quote.requestId,
          state: 'starting',
          refusal: null,
          open_body: text,
          start_request: JSON.stringify(startRequest.encode(request)),
          energy_limit_wh: energyLimitWh,
          consent_relayed: false,
          revoked: false,
          started_at_ms: BigInt(open.openedAtMs),
          stop_request: null,
          bill: null,
          final_relayed: false,
        })
        .execute();
    } catch (thrown) {
      if (!isUniqueViolation(thrown)) throw thrown;
      throw gatewayError('STATION_UNAVAILABLE', `another car charges at ${quote.evseId}`, { cause: thrown });
    }
  }

  /**
   * Tells the home utility of the consent. Its no ends the start; its silence does not: it has signed that the customer
   * may charge up to the cap, and it is told again until it hears.
   */
  async #relayConsent(charge: Charge, offer: SwipeOffer): Promise<void> {
    const { router, batcher, db, outlets } = this.#context;
    const { sessionId, open } = charge;
    const relayed = await router.consent(charge.requestId, {
      sessionId,
      quoteHash: offer.quoteHash,
      signedQuote: offer.signedQuote,
      consent: open.consent,
    });
    if (relayed.kind === 'refused') {
      const code = isRefusalCode(relayed.code) ? relayed.code : 'HOME_PROTOCOL_ERROR';
      await db
        .updateTable('charge')
        .set({ state: 'refused', refusal: JSON.stringify({ code, detail: relayed.detail }) })
        .where('session_id', '=', sessionId)
        .execute();
      outlets.free(open.quote.evseId, sessionId);
      this.#charges.release(sessionId);
      throw gatewayError(
        code,
        relayed.detail,
        relayed.remedy === undefined ? {} : { remedy: relayed.remedy },
      );
    }
    await batcher.accepting(async (trx, accept) => {
      await trx
        .updateTable('charge')
        .set({ state: 'charging', consent_relayed: relayed.kind === 'taken' })
        .where('session_id', '=', sessionId)
        .execute();
      const { hun, agreementId } = open.quote;
      await accept('open', sessionId, { hun, agreementId, body: charge.openText, hash: charge.openHash });
    });
    charge.state = 'charging';
  }
}
