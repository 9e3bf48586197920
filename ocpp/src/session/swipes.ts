import { randomUUID } from 'node:crypto';
import { GatewayRefusal, GatewayUnreachable, InTurn } from '@roamgrid/station-kit';
import type { SwipeAnswer, SwipeRequest } from '@roamgrid/wire';
import type { OutletSetup } from '../model/station.ts';
import type { DriverText } from '../model/station-desk.ts';
import type { DriverToken, TokenStatus } from '../model/token.ts';
import { lookFor, type Ask, type Look } from '../store/look.ts';
import { keepOffer, markOffer, refuseSwipe, type KeptOffer } from '../store/offers.ts';
import type { DeskContext, DeskStation } from './context.ts';
import type { EndDelivery } from './end-delivery.ts';
import { statusOf } from './refusals.ts';
import { refusalTexts } from './texts.ts';

export interface SwipeRefused {
  readonly outcome: 'refused';
  readonly status: Exclude<TokenStatus, 'accepted'>;
  readonly code: string;
  readonly texts: readonly DriverText[];
}

export type Swiped = { readonly outcome: 'offer'; readonly kept: KeptOffer } | SwipeRefused;

/** An answer that was lost is asked for again by the same number for so long, wall ms: then the driver has gone. */
const ASKED_AGAIN_MS = 60_000;
/** What is as good as over is not offered again. */
const LEFT_AT_LEAST_MS = 5_000;

const askOf = ({ type, value }: DriverToken): Pick<SwipeRequest, 'cin' | 'token'> =>
  type === 'cin' ? { cin: value } : { token: { type, value } };

/** A contract's id comes from the vehicle, an app's number from afar; anything else a driver held to the station. */
const METHODS = { cin: 'card', rfid: 'card', emaid: 'vehicle', app: 'remote' } as const satisfies Record<
  DriverToken['type'],
  SwipeRequest['method']
>;

const refused = (
  status: SwipeRefused['status'],
  code: string,
  texts: readonly DriverText[] = [],
): SwipeRefused => ({ outcome: 'refused', status, code, texts });

/** Of a token at the reader of a station. */
export interface AtReader {
  readonly token: DriverToken;
  /** Outlets that it may be for, the likeliest first. */
  readonly outlets: readonly OutletSetup[];
  /** The station did not say which: it is for one where nobody charges. */
  readonly isUnnamed: boolean;
}

export type SwipedAtReader =
  | Swiped
  /** Whoever shows it charges there already: what that costs so far. */
  | { readonly outcome: 'own'; readonly cost: Look['ownCost'] }
  /** Somebody charges at every outlet. */
  | { readonly outcome: 'taken' }
  /** These are over, though nobody told their end, and have to be ended first. */
  | { readonly outcome: 'lost'; readonly transactionIds: readonly string[] };

/** Somebody could agree to it: at the screen, on the own device, or has in an app. */
const isAgreeable = (
  { setup }: DeskStation,
  { offer, agreedAtMs }: Pick<KeptOffer, 'offer' | 'agreedAtMs'>,
): boolean => setup.hasScreen || offer.driverConsent !== undefined || agreedAtMs !== undefined;

/** Asks the gateway what a token is good for at an outlet. As long as an offer is open, the same token gets the same one. */
export class Swipes {
  readonly #context: DeskContext;
  readonly #ends: EndDelivery;
  readonly #turns = new InTurn();

  constructor(context: DeskContext, ends: EndDelivery) {
    this.#context = context;
    this.#ends = ends;
  }

  /** @param isOver what it is wanted for is over: only an offer that is open counts, and none is asked for */
  answer(station: DeskStation, { evseId }: OutletSetup, token: DriverToken, isOver = false): Promise<Swiped> {
    const ask = { evseIds: [evseId], isUnnamed: false, isOver, lostBeforeMs: 0 };
    return this.#inTurn(station, token, async (tokenKey) => {
      const look = await this.#look(station, { ...ask, tokenKey });
      if (look.kept !== undefined) return { outcome: 'offer', kept: look.kept };
      return this.#ask(station, token, look, () => false);
    });
  }

  /** What it is offered is shown to the driver there, so that starting is agreeing to it. */
  atReader(station: DeskStation, { token, outlets, isUnnamed }: AtReader): Promise<SwipedAtReader> {
    const { clock, db, times } = this.#context;
    const evseIds = outlets.map(({ evseId }) => evseId);
    const ask = { evseIds, isUnnamed, isOver: false, lostBeforeMs: clock.wallMs() - times.freeMs };
    return this.#inTurn(station, token, async (tokenKey) => {
      const look = await this.#look(station, { ...ask, tokenKey });
      if (look.lost.length > 0) return { outcome: 'lost', transactionIds: look.lost };
      if (look.isOwn) return { outcome: 'own', cost: look.ownCost };
      if (look.evseId === null) return { outcome: 'taken' };
      const isShown = (kept: KeptOffer) => isAgreeable(station, kept);
      const { kept } = look;
      if (kept !== undefined && isShown(kept) && kept.shownAtMs === undefined)
        await markOffer(db, kept.swipeId, 'shown_at_ms', clock.gatewayMs());
      const swiped: Swiped =
        kept === undefined ? await this.#ask(station, token, look, isShown) : { outcome: 'offer', kept };
      const isFutile = swiped.outcome === 'offer' && !isShown(swiped.kept);
      return isFutile ? refused('not-allowed-here', 'NOBODY_COULD_AGREE') : swiped;
    });
  }

  #inTurn<T>(
    { setup: { identity } }: DeskStation,
    token: DriverToken,
    work: (tokenKey: string) => Promise<T>,
  ): Promise<T> {
    const tokenKey = this.#context.vault.keyOf(token);
    return this.#turns.run(`${identity.stationId} ${tokenKey}`, () => work(tokenKey));
  }

  #look(
    { setup: { identity } }: DeskStation,
    ask: Pick<Ask, 'tokenKey' | 'evseIds' | 'isUnnamed' | 'isOver' | 'lostBeforeMs'>,
  ): Promise<Look> {
    const { db, clock } = this.#context;
    const wallMs = clock.wallMs();
    return lookFor(db, {
      ...ask,
      ...{ stationId: identity.stationId, swipeId: randomUUID(), wallMs },
      askedSinceMs: wallMs - ASKED_AGAIN_MS,
      openAtMs: clock.gatewayMs() + LEFT_AT_LEAST_MS,
    });
  }

  async #ask(
    station: DeskStation,
    token: DriverToken,
    { evseId, swipeId, hasDueEnd }: Look,
    isShown: (kept: KeptOffer) => boolean,
  ): Promise<Swiped> {
    const { db, clock } = this.#context;
    if (evseId === null || swipeId === null) return refused('expired', 'OVER');
    // The gateway gives an outlet to nobody while it holds it for the session before.
    if (hasDueEnd) await this.#ends.tellOutlet(evseId);
    const answer = await this.#swipe(station, {
      ...{ swipeId, evseId },
      ...askOf(token),
      method: METHODS[token.type],
      ...station.setup.usualAsk,
    });
    if (answer instanceof GatewayUnreachable) return refused('try-later', 'GATEWAY_UNREACHABLE');
    if (answer instanceof GatewayRefusal) {
      await refuseSwipe(db, swipeId);
      return refused('not-allowed-here', answer.code);
    }
    if (answer.outcome === 'refused') {
      await refuseSwipe(db, swipeId);
      return refused(statusOf(answer.code), answer.code, refusalTexts(answer));
    }
    const kept: KeptOffer = { swipeId, evseId, offer: answer, isUsed: false };
    await keepOffer(db, kept, isShown(kept) ? clock.gatewayMs() : undefined);
    return { outcome: 'offer', kept };
  }

  async #swipe(
    { gateway }: DeskStation,
    ask: SwipeRequest,
  ): Promise<SwipeAnswer | GatewayRefusal | GatewayUnreachable> {
    try {
      return await gateway.swipe(ask);
    } catch (error) {
      if (error instanceof GatewayRefusal || error instanceof GatewayUnreachable) return error;
      throw error;
    }
  }
}
