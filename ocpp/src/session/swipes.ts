import { randomUUID } from 'node:crypto';
import { GatewayRefusal, GatewayUnreachable, InTurn } from '@roamgrid/station-kit';
import type { SwipeAnswer, SwipeRequest } from '@roamgrid/wire';
import type { OutletSetup } from '../model/station.ts';
import type { DriverText } from '../model/station-desk.ts';
import type { DriverToken, TokenStatus } from '../model/token.ts';
import {
  answerSwipe,
  insertSwipe,
  openOffer,
  unansweredSwipe,
  type AskedAt,
  type KeptOffer,
} from '../store/offers.ts';
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
  answer(station: DeskStation, outlet: OutletSetup, token: DriverToken, isOver = false): Promise<Swiped> {
    const { stationId } = station.setup.identity;
    const tokenKey = this.#context.vault.keyOf(token);
    const { evseId } = outlet;
    return this.#turns.run(`${evseId} ${tokenKey}`, () =>
      this.#answer(station, { stationId, evseId, tokenKey }, token, isOver),
    );
  }

  async #answer(station: DeskStation, at: AskedAt, token: DriverToken, isOver: boolean): Promise<Swiped> {
    const { db, clock } = this.#context;
    const kept = await openOffer(db, at, clock.gatewayMs() + LEFT_AT_LEAST_MS);
    if (kept !== undefined) return { outcome: 'offer', kept };
    if (isOver) return refused('expired', 'OVER');
    // The gateway gives an outlet to nobody while it holds it for the session before.
    await this.#ends.tellOutlet(at.evseId);
    const wallMs = clock.wallMs();
    const lost = await unansweredSwipe(db, at, wallMs - ASKED_AGAIN_MS);
    const swipeId = lost ?? randomUUID();
    if (lost === undefined) await insertSwipe(db, swipeId, at, wallMs);
    const { requestedEnergyWh, plannedMs } = station.setup.usualAsk;
    const ask = {
      swipeId,
      evseId: at.evseId,
      ...askOf(token),
      method: METHODS[token.type],
      requestedEnergyWh,
      plannedMs,
    } as const;
    const answer = await this.#ask(station, ask);
    if (answer instanceof GatewayUnreachable) return refused('try-later', 'GATEWAY_UNREACHABLE');
    if (answer instanceof GatewayRefusal) {
      await answerSwipe(db, swipeId, undefined);
      return refused('not-allowed-here', answer.code);
    }
    await answerSwipe(db, swipeId, answer.outcome === 'offer' ? answer : undefined);
    if (answer.outcome === 'refused')
      return refused(statusOf(answer.code), answer.code, refusalTexts(answer));
    return { outcome: 'offer', kept: { swipeId, evseId: at.evseId, offer: answer, isUsed: false } };
  }

  async #ask(
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
