import { InTurn } from '@roamgrid/station-kit';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BootReport, StatusReport, TransactionReport } from '../model/reports.ts';
import type {
  AuthorizeAnswer,
  AuthorizeAsk,
  DriverText,
  StationDesk,
  TransactionAnswer,
} from '../model/station-desk.ts';
import type { OutletSetup } from '../model/station.ts';
import { clockBehindMs } from '../store/books.ts';
import { billedMicros } from '../store/ends.ts';
import { offerOf } from '../store/offers.ts';
import { saveTransaction, transactionById, unclosedOf } from '../store/transactions.ts';
import { Closing } from './closing.ts';
import { outletOfEvse, outletOfNumber, type DeskContext, type DeskStation } from './context.ts';
import type { EndDelivery } from './end-delivery.ts';
import { transferModesOf } from './energy-transfer.ts';
import type { KeepBooked } from './keep-booked.ts';
import { Opening } from './opening.ts';
import { isFree, withStatus } from './outlet-status.ts';
import { Prices } from './prices.ts';
import { Reporting } from './reporting.ts';
import { Swipes, type AtReader, type SwipedAtReader } from './swipes.ts';
import { ReportTaker } from './take-report.ts';
import { offerTexts, runningTexts, totalTexts } from './texts.ts';
import { TooMany } from './too-many.ts';
import { endedWhereHeard, refOf, type StationTransaction, type Told } from './transaction.ts';

/** What a session costs so far, where that is known. */
const costTexts = (
  cost: { readonly runningMicros?: bigint; readonly currency: string } | undefined,
): readonly DriverText[] =>
  cost?.runningMicros === undefined ? [] : runningTexts(cost.runningMicros, cost.currency);

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
  readonly #tooMany: TooMany;
  readonly #booked: KeepBooked;
  /** One at a time for each station. */
  readonly #turns = new InTurn();
  /** What outlets said last: only which one a driver stands at is taken from it. */
  readonly #states = new Map<string, StatusReport['state']>();

  constructor(context: DeskContext, ends: EndDelivery, booked: KeepBooked) {
    this.#context = context;
    this.#ends = ends;
    this.#swipes = new Swipes(context, ends);
    this.#taker = new ReportTaker(context);
    this.#opening = new Opening(context, this.#swipes);
    this.#reporting = new Reporting(context);
    this.#closing = new Closing(context);
    this.#prices = new Prices(context);
    this.#tooMany = new TooMany(context);
    this.#booked = booked;
  }

  get swipes(): Swipes {
    return this.#swipes;
  }

  /** A station that starts anew has lost its transactions, unless it tells of them soon. */
  async booted(stationId: string, _report: BootReport): Promise<void> {
    const { clock, db, times } = this.#context;
    this.#booked.booted(stationId);
    await this.#turns.run(stationId, async () => {
      for (const transaction of await unclosedOf(db, stationId)) {
        // However often it starts anew.
        const closeAtMs = Math.min(transaction.closeAtMs ?? Infinity, clock.wallMs() + times.resumeMs);
        await saveTransaction(db, {
          ...transaction,
          closeAtMs,
          body: { ...transaction.body, isBooted: true },
        });
      }
    });
  }

  /** Where nobody's car is, nobody charges: word of what did is waited for, but not for long. */
  async statusChanged(stationId: string, report: StatusReport): Promise<void> {
    const station = this.#context.stations.get(stationId);
    const outlet = station && outletOfNumber(station.setup, report.outlet);
    if (outlet === undefined) return;
    this.#states.set(outlet.evseId, report.state);
    if (report.state === 'available') this.#booked.freed(stationId);
    if (report.isCharging === undefined && !isFree(report)) return;
    const { clock, db, times } = this.#context;
    await this.#turns.run(stationId, async () => {
      const unclosed = await unclosedOf(db, stationId);
      const unended = unclosed.findLast(
        ({ evseId, body }) => evseId === outlet.evseId && body.end === undefined,
      );
      if (unended === undefined) return;
      const saidAtMs = clock.gatewayAt(report.atMs + (await clockBehindMs(db, stationId)));
      const changed = withStatus(unended, report, { saidAtMs, wallMs: clock.wallMs(), times });
      if (changed !== unended) await saveTransaction(db, changed);
    });
  }

  async authorize(
    stationId: string,
    { token, outlet: number, wantsPrice }: AuthorizeAsk,
  ): Promise<AuthorizeAnswer> {
    const { clock, stations } = this.#context;
    const station = stations.get(stationId);
    if (station === undefined) return STRANGER;
    const isUnnamed = number === undefined || number.evse === 0;
    const named = isUnnamed ? undefined : outletOfNumber(station.setup, number);
    const outlets = isUnnamed ? this.#byLikelihood(station.setup.outlets) : named ? [named] : [];
    const swiped = await this.#atReader(station, { token, outlets, isUnnamed });
    if (swiped.outcome === 'refused') return { status: swiped.status, texts: swiped.texts };
    // Who charges here comes back to end it.
    if (swiped.outcome === 'own') return { status: 'accepted', texts: costTexts(swiped.cost) };
    if (swiped.outcome !== 'offer') return STRANGER;
    const { offer } = swiped.kept;
    const outlet = outletOfEvse(station.setup, swiped.kept.evseId);
    const transferModes = outlet && transferModesOf(station.setup, outlet, offer);
    const group = await this.#booked.groupOf(stationId, offer.reservationId);
    const price = wantsPrice === true ? await this.#prices.of(station, swiped.kept) : undefined;
    return {
      status: 'accepted',
      validUntilMs: Math.floor(clock.wallAt(offer.quote.validUntilMs)),
      texts: offerTexts(offer),
      ...(price && { price }),
      ...(transferModes && { transferModes }),
      ...(group !== undefined && { group }),
    };
  }

  /** Who comes to an outlet that has been free for a while finds it so: what charged there is ended where it was last heard. */
  async #atReader(station: DeskStation, ask: AtReader): Promise<SwipedAtReader> {
    const swiped = await this.#swipes.atReader(station, ask);
    if (swiped.outcome !== 'lost') return swiped;
    const { clock, times } = this.#context;
    const lostBeforeMs = clock.wallMs() - times.freeMs;
    for (const transactionId of swiped.transactionIds)
      await this.#end(station, transactionId, ({ body }) => (body.freeSinceMs ?? Infinity) <= lostBeforeMs);
    return this.#swipes.atReader(station, ask);
  }

  /**
   * The outlets that an Authorize may be for, which most messages do not say: where a car was plugged in comes first, then what works.
   * Whoever begins at another one there is held to the price that he saw.
   */
  #byLikelihood(outlets: readonly OutletSetup[]): readonly OutletSetup[] {
    const unlikely = ({ evseId }: OutletSetup): number => {
      const state = this.#states.get(evseId);
      if (state === 'occupied') return 0;
      return state === 'unavailable' || state === 'faulted' ? 2 : 1;
    };
    return [...outlets].sort((a, b) => unlikely(a) - unlikely(b));
  }

  async transaction(stationId: string, report: TransactionReport): Promise<TransactionAnswer> {
    const station = this.#context.stations.get(stationId);
    if (station === undefined) return { status: 'not-allowed-here', texts: [] };
    return this.#turns.run(stationId, async () => {
      if (report.reservation !== undefined) await this.#booked.used(stationId, report.reservation);
      const taken = await this.#taker.take(station, report);
      if (taken === undefined) return { texts: [] };
      if (taken === 'too-many') return this.#tooMany.answer(stationId, report);
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
    const { clock, stations } = this.#context;
    const station = stations.get(stationId);
    if (station === undefined) return;
    await this.#end(station, transactionId, ({ closeAtMs }) => (closeAtMs ?? Infinity) <= clock.wallMs());
  }

  /** Ends a transaction where it was last heard, unless it was heard meanwhile. */
  async #end(
    station: DeskStation,
    transactionId: string,
    isOver: (transaction: StationTransaction) => boolean,
  ): Promise<void> {
    const { clock, db } = this.#context;
    await this.#turns.run(station.setup.identity.stationId, async () => {
      const transaction = await transactionById(db, transactionId);
      if (transaction === undefined || transaction.state === 'closed' || !isOver(transaction)) return;
      await this.#advance(station, endedWhereHeard(transaction, clock.wallMs()));
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
    if (opened.state === 'open' && transaction.state !== 'open') this.#tellOpened(station, opened);
    const reported = await this.#reporting.advance(station, opened);
    const closed = await this.#closing.advance(station, reported);
    if (closed.state === 'closed' && transaction.state !== 'closed') this.#ends.wake();
    return closed;
  }

  /** A driver who came by an app, or began offline, was asked for no Authorize: the station knows nothing of his offer. */
  #tellOpened(
    station: DeskStation,
    { stationId, stationRef, number, evseId, body }: StationTransaction,
  ): void {
    const { commander, db, logger } = this.#context;
    const { told, end, tariffId } = body;
    const outlet = outletOfEvse(station.setup, evseId);
    const isPriced = commander.takesPrices(stationId);
    if (told === undefined || end !== undefined || (!isPriced && outlet?.transferModes === undefined)) return;
    const tell = async (): Promise<void> => {
      const kept = await offerOf(db, told.swipeId);
      if (kept === undefined) return;
      const modes = outlet && transferModesOf(station.setup, outlet, kept.offer);
      if (modes !== undefined) await commander.allowTransfer(stationId, refOf({ stationRef, number }), modes);
      if (!isPriced) return;
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
      logger.warn({ err: thrown, stationId }, 'a station was not told what its transaction was agreed to');
    });
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
      texts: told === undefined ? [] : costTexts(told),
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
