import { createHmac } from 'node:crypto';
import type { ServiceError } from '@roamgrid/service-kit';
import {
  canonicalText,
  LastUsed,
  offerRest,
  outletAt,
  parseOpened,
  routeGrant,
  swipeAnswer,
  swipeRequest,
  type ChargeOffer,
  type OfferedTariff,
  type RouteGrant,
  type RouteRequest,
  type SwipeAnswer,
  type SwipeRequest,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { StationContext } from './context.ts';
import { customerByToken, customerOf } from './find-customer.ts';
import { verifyGrant } from './grant.ts';
import { numberSwipe } from './lane-numbers.ts';
import { makeQuote } from './make-quote.ts';
import { chooseTariff, makeOffer, type OfferBasis } from './offer.ts';
import { refusal, refusalOfFailure } from './refusals.ts';
import { bookedAtOutlet } from './reserved.ts';

type OfferRest = z.output<typeof offerRest>;

/** A swipe that was answered, with what its start needs. */
export interface AnsweredSwipe {
  readonly stationId: string;
  readonly requestHash: string;
  readonly answer: SwipeAnswer;
  readonly grant: RouteGrant | undefined;
  /** What the quote does not repeat of the offer that home authorised. */
  readonly offer: OfferRest | undefined;
}

type Outcome = Pick<AnsweredSwipe, 'answer' | 'grant' | 'offer'>;

const refused = (answer: SwipeAnswer): Outcome => ({ answer, grant: undefined, offer: undefined });

/** An authorisation is of one offer, so the session brings what its quote does not repeat of it. */
const restOf = (offer: RouteRequest['offer']): OfferRest => ({
  estimateMicros: offer.estimateMicros,
  maxAdjustmentPpm: offer.maxAdjustmentPpm,
  maxMicrosPerKWh: offer.maxMicrosPerKWh,
  minAdjustmentPpm: offer.minAdjustmentPpm,
  minMicrosPerKWh: offer.minMicrosPerKWh,
  requestedEnergyWh: offer.requestedEnergyWh,
  validUntilMs: offer.validUntilMs,
});

const reused = (swipeId: string): ServiceError =>
  gatewayError('SWIPE_REUSED', `swipe ${swipeId} was asked with other content`);

/**
 * So many answered swipes are kept in memory, with offer and grant some 3 kB each; older ones are in the database, where a
 * start finds them by their key.
 */
export const SWIPES_REMEMBERED = 300;

/** Answers swipes, each once: a repeated request gets the first answer. */
export class SwipeDesk {
  readonly #context: StationContext;
  readonly #answered = new LastUsed<string, Promise<AnsweredSwipe>>(SWIPES_REMEMBERED);

  constructor(context: StationContext) {
    this.#context = context;
  }

  async answer(stationId: string, request: SwipeRequest): Promise<SwipeAnswer> {
    const requestHash = this.#hash(stationId, request);
    let swipe = this.#answered.get(request.swipeId);
    if (swipe === undefined) {
      swipe = this.#answerNew(stationId, request, requestHash);
      this.#remember(request.swipeId, swipe);
    }
    const known = await swipe;
    if (known.requestHash !== requestHash) throw reused(request.swipeId);
    return known.answer;
  }

  /** The swipe that a start refers to. */
  async find(stationId: string, swipeId: string): Promise<AnsweredSwipe> {
    const swipe = await (this.#answered.get(swipeId) ?? this.#stored(swipeId));
    if (swipe?.stationId !== stationId)
      throw gatewayError('SWIPE_UNKNOWN', `there is no swipe ${swipeId} here`);
    return swipe;
  }

  /** The tariff that an offer is priced by. */
  async tariff(stationId: string, swipeId: string): Promise<OfferedTariff> {
    const { answer } = await this.find(stationId, swipeId);
    const quote = answer.outcome === 'offer' ? answer.quote : undefined;
    const record = quote && this.#context.registry.tariff(quote.tariffId, quote.tariffVersion);
    if (record === undefined) throw gatewayError('SWIPE_UNKNOWN', `swipe ${swipeId} was offered nothing`);
    const { tariffId, version, tariffJson } = record;
    return { tariffId, version, tariffJson };
  }

  #remember(swipeId: string, swipe: Promise<AnsweredSwipe>): void {
    this.#answered.set(swipeId, swipe);
    swipe.catch(() => this.#answered.delete(swipeId));
  }

  #hash(stationId: string, request: SwipeRequest): string {
    return createHmac('sha256', this.#context.requestHashKey)
      .update(`${stationId} ${canonicalText(swipeRequest, request)}`)
      .digest('hex');
  }

  async #stored(swipeId: string): Promise<AnsweredSwipe | undefined> {
    const row = await this.#context.db
      .selectFrom('swipe')
      .selectAll()
      .where('swipe_id', '=', swipeId)
      .where('answer', 'is not', null)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      stationId: row.station_id,
      requestHash: row.request_hash,
      answer: swipeAnswer.parse(row.answer),
      grant: row.grant_json === null ? undefined : routeGrant.parse(row.grant_json),
      offer: row.offer_json === null ? undefined : offerRest.parse(row.offer_json),
    };
  }

  async #answerNew(stationId: string, request: SwipeRequest, requestHash: string): Promise<AnsweredSwipe> {
    // Only a request that came before, to a process that is gone, is in the database and not in memory; asking the
    // database and the home utility at once costs a repeat nothing, because the router answers a repeat alike.
    const [stored, outcome] = await Promise.all([
      this.#stored(request.swipeId),
      this.#decide(stationId, request, requestHash),
    ]);
    if (stored !== undefined) return stored;
    const answered = {
      answer: JSON.stringify(swipeAnswer.encode(outcome.answer)),
      grant_json: outcome.grant === undefined ? null : JSON.stringify(routeGrant.encode(outcome.grant)),
      offer_json: outcome.offer === undefined ? null : JSON.stringify(offerRest.encode(outcome.offer)),
    };
    await this.#context.db
      .insertInto('swipe')
      .values({
        swipe_id: request.swipeId,
        station_id: stationId,
        request_hash: requestHash,
        session_id: null,
        created_at_ms: BigInt(this.#context.nowMs()),
        ...answered,
      })
      .onConflict((conflict) =>
        conflict.column('swipe_id').doUpdateSet(answered).where('swipe.answer', 'is', null),
      )
      .execute();
    return { stationId, requestHash, ...outcome };
  }

  async #decide(stationId: string, request: SwipeRequest, requestHash: string): Promise<Outcome> {
    const context = this.#context;
    const nowMs = context.nowMs();
    const stated = request.cin === undefined ? undefined : customerOf(request.cin);
    if (stated !== undefined && 'outcome' in stated) return refused(stated);
    const station = context.registry.station(context.utilityId, stationId);
    const evse = station && outletAt(station, request.evseId, nowMs);
    if (station?.status !== 'active' || evse === undefined) return refused(refusal('STATION_UNAVAILABLE'));
    if (context.outlets.sessionAt(evse.evseId) !== request.continues) {
      const message =
        request.continues === undefined
          ? 'Another car charges at this outlet.'
          : 'The session that is to go on is over.';
      return refused(refusal('STATION_UNAVAILABLE', message));
    }
    if (context.batcher.isBehind || !context.ledgerUsable()) return refused(refusal('LEDGER_UNAVAILABLE'));
    const { token } = request;
    const customer =
      stated ??
      (token ? await customerByToken(context, request.swipeId, token, nowMs) : refusal('CIN_INVALID'));
    if ('outcome' in customer) return refused(customer);
    const { cin, hun, service } = customer;
    const agreement = context.registry.activeAgreement(context.utilityId, hun, nowMs);
    const tariff = chooseTariff(context, { station, evse, agreement, nowMs });
    if (tariff === undefined) {
      return refused(refusal('NO_AGREEMENT', 'This station has no price that is agreed with your utility.'));
    }
    const { swipeId } = request;
    const numbered = await numberSwipe(context, { swipeId, station, requestHash, hun });
    if (numbered.requestHash !== requestHash) throw reused(swipeId);
    const { sessionId } = numbered;
    return this.#ask(request, cin, {
      station,
      evse,
      hun,
      agreement,
      tariff,
      nowMs,
      service,
      sessionId,
    });
  }

  async #isSameCustomer(sessionId: string, { grant }: Extract<RouteGrant, { outcome: 'authorised' }>) {
    const row = await this.#context.db
      .selectFrom('charge')
      .select('open_body')
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    return row !== undefined && parseOpened(row.open_body).open.cinRef === grant.cinRef;
  }

  async #ask(request: SwipeRequest, cin: string, basis: OfferBasis): Promise<Outcome> {
    const context = this.#context;
    const offer = await makeOffer(context, request, basis);
    if (offer === undefined)
      return refused(refusal('NO_AGREEMENT', 'The price of this stay cannot be computed.'));
    const [routed, booked] = await Promise.all([
      context.router.authorise({ cin, offer }),
      bookedAtOutlet(context, request, basis),
    ]);
    if (!routed.ok) {
      context.logger.warn(
        { swipeId: request.swipeId, failure: routed.failure.kind },
        'the router gave no answer',
      );
      return refused(refusalOfFailure(routed.failure));
    }
    const grant = routed.value;
    if (grant.outcome === 'refused') return refused(refusal(grant.code, grant.message, grant.remedy));
    if (booked.isForOther(grant.grant.cinRef)) return refused(refusal('OUTLET_RESERVED'));
    const home = context.registry.utility(basis.hun);
    if (home === undefined || basis.agreement === undefined) return refused(refusal('NO_AGREEMENT'));
    const fullOffer: ChargeOffer = { ...offer, agreementId: basis.agreement.record.agreementId };
    const allowance = await verifyGrant(grant, fullOffer, home, basis.agreement.terms, basis.nowMs);
    if (!allowance.ok) {
      context.logger.warn(
        { swipeId: request.swipeId, detail: allowance.error.message },
        'a grant was not usable',
      );
      return refused(refusal('HOME_PROTOCOL_ERROR'));
    }
    if (request.continues !== undefined && !(await this.#isSameCustomer(request.continues, grant))) {
      return refused(refusal('STATION_UNAVAILABLE', 'Another customer charges at this outlet.'));
    }
    const made = await makeQuote(context, request, basis, grant, allowance.value);
    if (made.outcome !== 'offer') return refused(made);
    const reservationId = booked.ownId(grant.grant.cinRef);
    const answer: SwipeAnswer = { ...made, ...(reservationId !== undefined && { reservationId }) };
    return { answer, grant, offer: grant.authorisedBy === 'home' ? restOf(offer) : undefined };
  }
}
