import { attestConsent, GatewayRefusal, GatewayUnreachable } from '@roamgrid/station-kit';
import type { StartAnswer, StartRequest } from '@roamgrid/wire';
import type { OutletSetup } from '../model/station.ts';
import { outletRegister } from '../store/books.ts';
import { lastOffers, useOffers, type KeptOffer } from '../store/offers.ts';
import { saveTransaction } from '../store/transactions.ts';
import { consentOf, type Consent } from './consent.ts';
import { outletOfEvse, type DeskContext, type DeskStation } from './context.ts';
import { gainOf } from './register-track.ts';
import type { Swipes } from './swipes.ts';
import { deviceTexts } from './texts.ts';
import { isOf16, refOf, type StationTransaction, type TransactionBody, type Told } from './transaction.ts';

type Refusal = NonNullable<TransactionBody['refusal']>;
type Given = Extract<Consent, { kind: 'given' }>;

/** Below this a cable that is plugged in has given nothing: meters tick. */
const TICK_MILLI_WH = 50_000n;

/** A register that was told so long ago still says what has flowed. */
const FRESH_MS = 5_000;

/** Why nothing can be asked for a transaction as it stands; undefined when something can. */
const whyNot = ({ body, evseId, tokenKey }: StationTransaction): Refusal | undefined => {
  const { end, begunAtMs } = body;
  if (evseId === null) return { code: 'refused', detail: 'no such outlet', status: 'not-allowed-here' };
  if (end === undefined) return undefined;
  if (begunAtMs === undefined)
    return { code: 'began-missing', detail: 'its begin was never told', status: 'invalid' };
  if (tokenKey === null) return { code: 'no-token', detail: 'nobody was named for it', status: 'invalid' };
  return undefined;
};

/** Opens sessions for transactions that have begun: offer, consent, start. Told again, each step is the same as before. */
export class Opening {
  readonly #context: DeskContext;
  readonly #swipes: Swipes;

  constructor(context: DeskContext, swipes: Swipes) {
    this.#context = context;
    this.#swipes = swipes;
  }

  /** Brings a transaction as far as it can come now. */
  async advance(station: DeskStation, transaction: StationTransaction): Promise<StationTransaction> {
    const { body, state } = transaction;
    if (body.refusal !== undefined) return transaction;
    if (state === 'starting') return this.#start(station, transaction);
    if (state !== 'waiting') return transaction;
    // An end may overtake its begin.
    const isEarly = body.end !== undefined && body.begunAtMs === undefined;
    if (isEarly && (transaction.closeAtMs ?? 0) > this.#context.clock.wallMs()) return transaction;
    const refusal = whyNot(transaction);
    if (refusal !== undefined) return this.#refuse(transaction, refusal);
    const outlet = outletOfEvse(station.setup, transaction.evseId);
    if (outlet === undefined || transaction.tokenCipher === null) return this.#nameless(transaction);
    const token = this.#context.vault.open(transaction.tokenCipher);
    const swiped = await this.#swipes.answer(station, outlet, token, body.end !== undefined);
    if (swiped.outcome === 'refused') {
      const { code, status } = swiped;
      const away = code === 'GATEWAY_UNREACHABLE' ? 'gateway-away' : 'refused';
      const why = swiped.code === 'OVER' ? 'over-before-authorised' : away;
      return this.#refuse(transaction, { code: why, detail: code, status });
    }
    return this.#agree(station, outlet, transaction, swiped.kept);
  }

  /** Stations of 2.x begin when a cable is plugged in. What charges and names nobody is stopped, unless it is named soon. */
  async #nameless(transaction: StationTransaction): Promise<StationTransaction> {
    const { clock, times } = this.#context;
    const { body, stopAtMs } = transaction;
    const isKnown = body.begunAtMs !== undefined && gainOf(body.imported) < TICK_MILLI_WH;
    if (isKnown || stopAtMs !== null) return transaction;
    return this.#save({ ...transaction, stopAtMs: clock.wallMs() + times.namelessMs });
  }

  async #agree(
    station: DeskStation,
    outlet: OutletSetup,
    transaction: StationTransaction,
    kept: KeptOffer,
  ): Promise<StationTransaction> {
    const { clock, db, times } = this.#context;
    const { body, stationId, tokenKey } = transaction;
    const isDeviceGiven = await this.#isDeviceGiven(station, kept);
    const consent = consentOf({
      kept,
      before: await lastOffers(db, { stationId, tokenKey: tokenKey ?? '' }),
      hasScreen: station.setup.hasScreen,
      remoteStart: isOf16(transaction) ? 'untold' : body.remoteStart,
      isDeviceGiven,
      startedAtMs: body.named?.atMs ?? body.lastAtMs,
      isOver: body.end !== undefined,
      isFirstLook: body.consentUntilMs === undefined,
      nowMs: clock.gatewayMs(),
    });
    if (consent.kind === 'given') return this.#prepare(station, outlet, transaction, kept, consent);
    const wallMs = clock.wallMs();
    const untilMs = body.consentUntilMs ?? wallMs + times.consentMs;
    if (consent.kind === 'none' || wallMs >= untilMs) {
      const detail = 'the driver was shown no price here, and agreed to none elsewhere';
      return this.#refuse(transaction, { code: 'no-consent', detail, status: 'not-allowed-here' });
    }
    if (body.consentUntilMs === undefined) this.#askDevice(transaction, kept);
    const retryAtMs = wallMs + times.retryMs;
    return this.#save({ ...transaction, retryAtMs, body: { ...body, consentUntilMs: untilMs } });
  }

  async #isDeviceGiven({ gateway }: DeskStation, { swipeId, offer }: KeptOffer): Promise<boolean> {
    if (offer.driverConsent === undefined) return false;
    try {
      return (await gateway.driverConsent(swipeId)).state === 'given';
    } catch (error) {
      if (error instanceof GatewayUnreachable || error instanceof GatewayRefusal) return false;
      throw error;
    }
  }

  /** Where there is a screen, the driver reads there what is waited for. */
  #askDevice(transaction: StationTransaction, { offer }: KeptOffer): void {
    const { commander, logger } = this.#context;
    const { stationId } = transaction;
    const ask = { transactionId: refOf(transaction), texts: deviceTexts(offer) };
    commander.show(stationId, ask).catch((thrown: unknown) => {
      logger.warn({ err: thrown, stationId }, 'a station was not told what its driver shall read');
    });
  }

  /** Kept before the gateway is asked to start it: it may start it, and its answer be lost. */
  async #prepare(
    station: DeskStation,
    { operatorMeter }: OutletSetup,
    transaction: StationTransaction,
    { swipeId, offer }: KeptOffer,
    { method, atMs, isFromBegin, swipeId: agreedSwipeId }: Given,
  ): Promise<StationTransaction> {
    const { db } = this.#context;
    const { body } = transaction;
    const attested = await attestConsent(station.setup.identity, offer, method, atMs);
    const register = await outletRegister(db, operatorMeter.meterId);
    const reading = {
      // Time at an outlet is billed once.
      atMs: Math.max(atMs, register.endedAtMs),
      registerMilliWh: register.registerMilliWh,
      charging: true,
    };
    const { socPpm } = body;
    const start: StartRequest = {
      swipeId,
      consent: attested.jws,
      start: reading,
      ...(socPpm !== undefined && { socPpm }),
    };
    const told: Told = {
      swipeId,
      sessionId: offer.quote.sessionId,
      start,
      tariffText: attested.tariffText,
      currency: offer.quote.currency,
      validUntilMs: offer.quote.validUntilMs,
      fromMilliWh: isFromBegin ? (body.named?.milliWh ?? 0n) : gainOf(body.imported),
      isWhole: isFromBegin && body.named?.isAtBegin === true,
      isFromNext: !isFromBegin && (body.imported?.last.atMs ?? 0) < atMs - FRESH_MS,
      energyLimitWh: offer.quote.requestedEnergyWh,
      loyalty: offer.loyalty,
      reportEveryMs: 60_000,
      last: reading,
      lastPowerW: 0n,
      sequence: 0,
      reportedAtMs: reading.atMs,
      pending: [],
    };
    const prepared: StationTransaction = { ...transaction, state: 'starting', body: { ...body, told } };
    await db.transaction().execute(async (trx) => {
      await useOffers(trx, [swipeId, agreedSwipeId]);
      await saveTransaction(trx, prepared);
    });
    return this.#start(station, prepared);
  }

  async #start(station: DeskStation, transaction: StationTransaction): Promise<StationTransaction> {
    const { clock, times } = this.#context;
    const { told } = transaction.body;
    if (told === undefined) throw new Error('what is starting has been prepared');
    const answer = await this.#ask(station, told.start);
    if (answer instanceof GatewayRefusal) {
      const detail = `${answer.code}: ${answer.message}`;
      const { told: _told, ...body } = transaction.body;
      return this.#refuse(
        { ...transaction, state: 'waiting', body },
        { code: 'refused', detail, status: 'not-allowed-here' },
      );
    }
    if (answer instanceof GatewayUnreachable) {
      if (clock.gatewayMs() < told.validUntilMs)
        return this.#save({ ...transaction, retryAtMs: clock.wallMs() + times.retryMs });
      // Nobody knows whether it was started: its end is told, so that it stays open nowhere.
      const detail = 'the gateway was away until the offer ran out';
      return this.#refuse(transaction, { code: 'gateway-away', detail, status: 'try-later' });
    }
    const { energyLimitWh, reportEveryMs } = answer;
    const body = { ...transaction.body, told: { ...told, energyLimitWh, reportEveryMs } };
    return this.#save({ ...transaction, state: 'open', stopAtMs: null, retryAtMs: null, body });
  }

  async #ask(
    { gateway }: DeskStation,
    request: StartRequest,
  ): Promise<StartAnswer | GatewayRefusal | GatewayUnreachable> {
    try {
      return await gateway.start(request);
    } catch (error) {
      if (error instanceof GatewayRefusal || error instanceof GatewayUnreachable) return error;
      throw error;
    }
  }

  /** No session: what runs is stopped, and what flows is nobody's. */
  #refuse(transaction: StationTransaction, refusal: Refusal): Promise<StationTransaction> {
    const { clock, logger } = this.#context;
    const { transactionId, stationId, body } = transaction;
    logger.warn({ transactionId, stationId, ...refusal }, 'a transaction gets no session');
    const stopAtMs = body.end === undefined ? clock.wallMs() : null;
    return this.#save({ ...transaction, stopAtMs, retryAtMs: null, body: { ...body, refusal } });
  }

  async #save(transaction: StationTransaction): Promise<StationTransaction> {
    await saveTransaction(this.#context.db, transaction);
    return transaction;
  }
}
