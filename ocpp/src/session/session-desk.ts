import { InTurn } from '@roamgrid/station-kit';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BootReport, OutletNumber, StatusReport, TransactionReport } from '../model/reports.ts';
import type { AuthorizeAnswer, AuthorizeAsk, StationDesk, TransactionAnswer } from '../model/station-desk.ts';
import type { OutletSetup } from '../model/station.ts';
import { billedMicros } from '../store/ends.ts';
import { markOffer, offerOf } from '../store/offers.ts';
import { saveTransaction, transactionById, unclosedOf } from '../store/transactions.ts';
import { Closing } from './closing.ts';
import { outletOfNumber, type DeskContext, type DeskStation } from './context.ts';
import type { EndDelivery } from './end-delivery.ts';
import { Opening } from './opening.ts';
import { Prices } from './prices.ts';
import { Reporting } from './reporting.ts';
import { Swipes } from './swipes.ts';
import { ReportTaker } from './take-report.ts';
import { offerTexts, runningTexts, totalTexts } from './texts.ts';
import { refOf, type StationTransaction, type Told } from './transaction.ts';

const STRANGER: AuthorizeAnswer = { status: 'not-allowed-here', texts: [] };

/**
 * What every version of OCPP comes down to, as sessions at the gateway. A message is kept first, then done, then answered:
 * what a crash leaves undone is done at the next start, and each step told again is the same step.
 */
export class SessionDesk implements StationDesk {
  readonly #context: DeskContext;
  readonly #ends: EndDelivery;
  readonly #swipes: Swipes;
  readonly #taker: ReportTaker;
  readonly #opening: Opening;
  readonly #reporting: Reporting;
  readonly #closing: Closing;
  readonly #prices: Prices;
  /** One at a time for each station. */
  readonly #turns = new InTurn();
  /** What outlets said last: only which one a driver stands at is taken from it. */
  readonly #states = new Map<string, StatusReport['state']>();

  constructor(context: DeskContext, ends: EndDelivery) {
    this.#context = context;
    this.#ends = ends;
    this.#swipes = new Swipes(context, ends);
    this.#taker = new ReportTaker(context);
    this.#opening = new Opening(context, this.#swipes);
    this.#reporting = new Reporting(context);
    this.#closing = new Closing(context);
    this.#prices = new Prices(context);
  }

  get swipes(): Swipes {
    return this.#swipes;
  }

  /** A station that starts anew has lost its transactions, unless it tells of them soon. */
  async booted(stationId: string, _report: BootReport): Promise<void> {
    const { clock, db, times } = this.#context;
    await this.#turns.run(stationId, async () => {
      for (const transaction of await unclosedOf(db, stationId)) {
        const closeAtMs = clock.wallMs() + times.resumeMs;
        await saveTransaction(db, {
          ...transaction,
          closeAtMs,
          body: { ...transaction.body, isBooted: true },
        });
      }
    });
  }

  async statusChanged(stationId: string, { outlet: number, state, isCharging }: StatusReport): Promise<void> {
    const station = this.#context.stations.get(stationId);
    const outlet = station && outletOfNumber(station.setup, number);
    if (outlet === undefined) return;
    this.#states.set(outlet.evseId, state);
    if (isCharging === undefined) return;
    const { db } = this.#context;
    await this.#turns.run(stationId, async () => {
      const unclosed = await unclosedOf(db, stationId);
      const running = unclosed.findLast(
        ({ evseId, body }) => evseId === outlet.evseId && body.end === undefined,
      );
      if (running === undefined || running.body.isCharging === isCharging) return;
      await saveTransaction(db, { ...running, body: { ...running.body, isCharging } });
    });
  }

  async authorize(stationId: string, ask: AuthorizeAsk): Promise<AuthorizeAnswer> {
    const { clock, db, stations, vault } = this.#context;
    const station = stations.get(stationId);
    if (station === undefined) return STRANGER;
    const unclosed = await unclosedOf(db, stationId);
    const running = unclosed.filter(({ body }) => body.end === undefined);
    const tokenKey = vault.keyOf(ask.token);
    // Who charges here comes back to end it.
    const own = running.find(
      (transaction) => transaction.tokenKey === tokenKey && transaction.state !== 'waiting',
    );
    if (own !== undefined && ask.outlet === undefined)
      return { status: 'accepted', texts: this.#running(own) };
    const outlet = this.#outletFor(station, ask.outlet, running);
    if (outlet === undefined) return STRANGER;
    const swiped = await this.#swipes.answer(station, outlet, ask.token);
    if (swiped.outcome === 'refused') return { status: swiped.status, texts: swiped.texts };
    const { swipeId, offer } = swiped.kept;
    const { hasScreen } = station.setup;
    // Nobody would see the price, and nobody could agree to it.
    if (!hasScreen && offer.driverConsent === undefined && swiped.kept.agreedAtMs === undefined)
      return STRANGER;
    const price = ask.wantsPrice === true ? await this.#prices.of(station, swiped.kept) : undefined;
    await markOffer(db, swipeId, 'shown_at_ms', clock.gatewayMs());
    return {
      status: 'accepted',
      validUntilMs: Math.floor(clock.wallAt(offer.quote.validUntilMs)),
      texts: offerTexts(offer),
      ...(price && { price }),
    };
  }

  /**
   * The outlet that an Authorize is for, which most messages do not say: where a car was plugged in and nobody charges, else the
   * first that is free. Whoever begins at another one there is held to the price that he saw.
   */
  #outletFor(
    { setup }: DeskStation,
    number: OutletNumber | undefined,
    running: readonly StationTransaction[],
  ): OutletSetup | undefined {
    if (number !== undefined && number.evse !== 0) return outletOfNumber(setup, number);
    // One that is plugged in and names nobody waits for this very token.
    const isTaken = ({ evseId }: OutletSetup) =>
      running.some((transaction) => transaction.evseId === evseId && transaction.tokenKey !== null);
    const free = setup.outlets.filter((outlet) => !isTaken(outlet));
    const plugged = free.filter(({ evseId }) => this.#states.get(evseId) === 'occupied');
    const works = free.find(({ evseId }) => {
      const state = this.#states.get(evseId);
      return state !== 'unavailable' && state !== 'faulted';
    });
    return plugged.length === 1 ? plugged[0] : (works ?? free[0]);
  }

  async transaction(stationId: string, report: TransactionReport): Promise<TransactionAnswer> {
    const station = this.#context.stations.get(stationId);
    if (station === undefined) return { status: 'not-allowed-here', texts: [] };
    return this.#turns.run(stationId, async () => {
      const taken = await this.#taker.take(station, report);
      if (taken === undefined) return { texts: [] };
      for (const other of taken.superseded) await this.#advance(station, other);
      const transaction = await this.#advance(station, taken.transaction);
      return this.#answer(transaction, report);
    });
  }

  /** Goes on with a transaction in its station's turn. */
  async resume(stationId: string, transactionId: string): Promise<void> {
    const { db, stations } = this.#context;
    const station = stations.get(stationId);
    if (station === undefined) return;
    await this.#turns.run(stationId, async () => {
      const transaction = await transactionById(db, transactionId);
      if (transaction !== undefined) await this.#advance(station, transaction);
    });
  }

  /** Ends what nobody tells of any more, in its station's turn. */
  async giveUp(stationId: string, transactionId: string): Promise<void> {
    const { clock, db, stations } = this.#context;
    const station = stations.get(stationId);
    if (station === undefined) return;
    await this.#turns.run(stationId, async () => {
      const transaction = await transactionById(db, transactionId);
      if (transaction === undefined || (transaction.closeAtMs ?? Infinity) > clock.wallMs()) return;
      const { body } = transaction;
      const end = body.end ?? { atMs: body.lastAtMs, isTold: false };
      await this.#advance(station, { ...transaction, body: { ...body, end } });
    });
  }

  /** Changes a transaction in its station's turn. */
  async change(
    stationId: string,
    transactionId: string,
    change: (transaction: StationTransaction) => StationTransaction,
  ): Promise<void> {
    const { db } = this.#context;
    await this.#turns.run(stationId, async () => {
      const transaction = await transactionById(db, transactionId);
      if (transaction !== undefined) await saveTransaction(db, change(transaction));
    });
  }

  /** Nothing is under way any more. */
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  async #advance(station: DeskStation, transaction: StationTransaction): Promise<StationTransaction> {
    const opened = await this.#opening.advance(station, transaction);
    if (opened.state === 'open' && transaction.state !== 'open') this.#tellPrice(station, opened);
    const reported = await this.#reporting.advance(station, opened);
    const closed = await this.#closing.advance(station, reported);
    if (closed.state === 'closed' && transaction.state !== 'closed') this.#ends.wake();
    return closed;
  }

  /** A driver who came by an app, or began offline, was asked for no Authorize: the station knows no price of his. */
  #tellPrice(station: DeskStation, { stationId, stationRef, number, body }: StationTransaction): void {
    const { commander, db, logger } = this.#context;
    const { told, end, tariffId } = body;
    if (told === undefined || end !== undefined || !commander.takesPrices(stationId)) return;
    const tell = async (): Promise<void> => {
      const kept = await offerOf(db, told.swipeId);
      if (kept === undefined) return;
      const price = await this.#prices.of(station, kept);
      if (price === undefined) return;
      await commander.tellPrice(stationId, {
        transactionId: refOf({ stationRef, number }),
        texts: offerTexts(kept.offer),
        price,
        ...(tariffId !== undefined && { tariffId }),
      });
    };
    tell().catch((thrown: unknown) => {
      logger.warn({ err: thrown, stationId }, 'a station was not told the price of its transaction');
    });
  }

  #running({ body: { told } }: StationTransaction): TransactionAnswer['texts'] {
    return told?.runningMicros === undefined ? [] : runningTexts(told.runningMicros, told.currency);
  }

  async #answer(transaction: StationTransaction, report: TransactionReport): Promise<TransactionAnswer> {
    const { body, number, state } = transaction;
    const { told, refusal } = body;
    const asked = report.phase === 'began' && report.transaction === undefined ? { number } : {};
    const status = report.token === undefined ? {} : { status: refusal?.status ?? ('accepted' as const) };
    if (state === 'closed' && told !== undefined)
      return { ...asked, ...status, ...(await this.#billed(transaction, told)) };
    const { runningMicros } = told ?? {};
    return {
      ...asked,
      ...status,
      ...(runningMicros !== undefined && { totalCostMicros: runningMicros }),
      texts: this.#running(transaction),
    };
  }

  /** The bill, when the gateway makes it while the station waits. */
  async #billed(
    { evseId }: StationTransaction,
    { sessionId, currency }: Told,
  ): Promise<Pick<TransactionAnswer, 'totalCostMicros' | 'texts'>> {
    const { db, logger, times } = this.#context;
    const before = await billedMicros(db, sessionId);
    if (before === undefined && evseId !== null) {
      const telling = this.#ends.tellOutlet(evseId).catch((thrown: unknown) => {
        logger.warn({ err: thrown, sessionId }, 'the end of a session is told again later');
      });
      await Promise.race([telling, sleep(times.billMs, undefined, { ref: false })]);
    }
    const totalCostMicros = before ?? (await billedMicros(db, sessionId));
    if (totalCostMicros === undefined) return { texts: [] };
    return { totalCostMicros, texts: totalTexts(totalCostMicros, currency) };
  }
}
