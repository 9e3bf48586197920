import { randomUUID } from 'node:crypto';
import type { TransactionReport } from '../model/reports.ts';
import type { OutletSetup } from '../model/station.ts';
import { clockBehindMs, noteUnbilled, saveClockBehind, takeMessage, takenMessage } from '../store/books.ts';
import type { Db } from '../store/tables.ts';
import {
  insertTransaction,
  saveTransaction,
  stationRefOf,
  transactionById,
  transactionByRef,
  unclosedOf,
} from '../store/transactions.ts';
import { MessageCount, roomFor, tooOld, type Room } from './bounds.ts';
import { outletOfEvse, outletOfNumber, type DeskContext, type DeskStation } from './context.ts';
import { foldReport, untold } from './fold-report.ts';
import { timeOf, type MessageTime } from './message-time.ts';
import { gainOf } from './register-track.ts';
import { endedWhereHeard, isOf16, isRunning, type StationTransaction } from './transaction.ts';

export interface Taken {
  readonly transaction: StationTransaction;
  /** Others that are over by it. */
  readonly superseded: readonly StationTransaction[];
}

interface Found {
  readonly transaction: StationTransaction | undefined;
  readonly outlet: OutletSetup | undefined;
  /** That the message names, whatever is known. */
  readonly toldOutlet: OutletSetup | undefined;
}

const ROOM: Room = { hasRoom: true, givenUp: [] };

/** A station uses the reference of what is closed for another one: it begins again, or goes on with a number that was never given. */
const isAnew = (
  { state, stationRef, body }: StationTransaction,
  { phase }: TransactionReport,
  { atMs }: MessageTime,
): boolean => {
  if (state !== 'closed' || atMs <= Math.max(body.lastAtMs, body.end?.atMs ?? 0)) return false;
  const isStrange = stationRef !== null && isOf16({ stationRef });
  return phase === 'began' ? body.begunAtMs !== undefined : phase === 'moved' && isStrange;
};

/** Keeps messages before anything is done about them. */
export class ReportTaker {
  readonly #context: DeskContext;
  readonly #messages = new MessageCount();

  constructor(context: DeskContext) {
    this.#context = context;
  }

  /**
   * Keeps what a message tells, once however often it comes.
   * @returns undefined for values of an outlet where nothing goes on; `too-many` for a transaction that the station cannot have
   */
  async take(station: DeskStation, report: TransactionReport): Promise<Taken | 'too-many' | undefined> {
    const { db } = this.#context;
    const { stationId } = station.setup.identity;
    const knownId = await takenMessage(db, stationId, report.messageKey);
    if (knownId !== undefined) {
      const transaction = await transactionById(db, knownId);
      return transaction === undefined ? 'too-many' : { transaction, superseded: [] };
    }
    const unclosed = await unclosedOf(db, stationId);
    const found = await this.#find(station, report, unclosed);
    if (found.transaction === undefined && report.transaction === undefined && report.phase !== 'began')
      return undefined;
    return db.transaction().execute((trx) => this.#keep(trx, station, report, found, unclosed));
  }

  async #find(
    { setup }: DeskStation,
    { transaction: ref, outlet: number, phase }: TransactionReport,
    unclosed: readonly StationTransaction[],
  ): Promise<Found> {
    const [only, ...more] = setup.outlets;
    const told = number === undefined ? undefined : outletOfNumber(setup, number);
    const outlet = told ?? (number === undefined && more.length === 0 ? only : undefined);
    const known = ref && (await transactionByRef(this.#context.db, setup.identity.stationId, ref));
    if (known !== undefined)
      return { transaction: known, outlet: outletOfEvse(setup, known.evseId) ?? outlet, toldOutlet: outlet };
    // Values that name no transaction are of the one that runs there.
    const running =
      ref === undefined && phase !== 'began'
        ? unclosed.findLast((one) => one.evseId === outlet?.evseId && isRunning(one))
        : undefined;
    return { transaction: running, outlet, toldOutlet: outlet };
  }

  async #keep(
    trx: Db,
    station: DeskStation,
    report: TransactionReport,
    { transaction, outlet, toldOutlet }: Found,
    unclosed: readonly StationTransaction[],
  ): Promise<Taken | 'too-many'> {
    const { clock, times } = this.#context;
    const { stationId } = station.setup.identity;
    const isRemembered = this.#messages.add(station, clock.wallMs());
    const remember = (id: string) => takeMessage(trx, stationId, report.messageKey, id, clock.wallMs());
    const behindMs = await clockBehindMs(trx, stationId);
    const knownUntilMs = report.phase === 'began' ? undefined : transaction?.body.lastAtMs;
    const time = timeOf(report, { behindMs, knownUntilMs }, clock);
    if (time.behindMs !== undefined && time.behindMs !== behindMs)
      await saveClockBehind(trx, stationId, time.behindMs);
    const known = transaction === undefined || isAnew(transaction, report, time) ? undefined : transaction;
    const room = known === undefined ? await roomFor(this.#context, trx, station, unclosed) : ROOM;
    if (!room.hasRoom) {
      const unbilled = await this.#refuse(trx, station, report, time, toldOutlet);
      if (isRemembered) await remember(unbilled);
      return 'too-many';
    }
    const before = known ?? (await this.#untold(trx, stationId, report, time, { toldOutlet, behindMs }));
    const told = this.#told(before, report, time, known === undefined ? toldOutlet : outlet);
    const { superseded: others, isOver } = this.#supersede(told, report, unclosed);
    const superseded = [...others, ...room.givenUp];
    const end = isOver ? { atMs: told.body.lastAtMs, isTold: false } : told.body.end;
    // An end may overtake its begin, but not for long.
    const waitMs = end !== undefined && told.body.begunAtMs === undefined ? times.resumeMs : times.silentMs;
    const kept: StationTransaction = {
      ...told,
      closeAtMs: clock.wallMs() + waitMs,
      toldAtMs: clock.wallMs(),
      ...(before.state === 'closed' && { stopAtMs: this.#stopAgainAt(before, told, report) }),
      body: { ...told.body, ...(end && { end }) },
    };
    // Beyond, what comes again of a known transaction is folded again: no register moves by that.
    if (isRemembered || known === undefined) await remember(kept.transactionId);
    await saveTransaction(trx, kept);
    for (const other of superseded) await saveTransaction(trx, other);
    if (before.state === 'closed') await this.#noteLate(trx, before, kept);
    return { transaction: kept, superseded };
  }

  async #untold(
    trx: Db,
    stationId: string,
    report: TransactionReport,
    { atMs, cameMs }: MessageTime,
    { toldOutlet, behindMs }: { readonly toldOutlet: OutletSetup | undefined; readonly behindMs: number },
  ): Promise<StationTransaction> {
    const lateMs = report.receivedAtMs - (report.atMs + behindMs);
    const refusal = await tooOld(trx, report, lateMs, toldOutlet?.evseId);
    const over = refusal && { refusal, end: { atMs: cameMs, isTold: false } };
    return insertTransaction(trx, {
      transactionId: randomUUID(),
      stationId,
      stationRef: stationRefOf(report.transaction),
      evseId: null,
      state: 'waiting',
      tokenKey: null,
      tokenCipher: null,
      body: { ...untold(atMs), ...over },
      retryAtMs: null,
      stopAtMs: null,
      stopTries: 0,
      closeAtMs: null,
      toldAtMs: this.#context.clock.wallMs(),
    });
  }

  /**
   * What a station begins beyond what it can have is no transaction, and told to stop. Only what a register moved by within a message
   * is known.
   * @returns under what it is noted, one row for a station's day
   */
  async #refuse(
    trx: Db,
    { setup: { identity } }: DeskStation,
    report: TransactionReport,
    time: MessageTime,
    outlet: OutletSetup | undefined,
  ): Promise<string> {
    const { stationId } = identity;
    const wallMs = this.#context.clock.wallMs();
    const id = `too-many ${stationId} ${new Date(wallMs).toISOString().slice(0, 10)}`;
    await noteUnbilled(trx, {
      ...{ transaction_id: id, code: 'too-many', station_id: stationId, evse_id: null },
      milli_wh: gainOf(foldReport(untold(time.atMs), report, time, outlet).imported),
      detail:
        'more transactions than the station can have; what registers moved by between messages is not known',
      noted_at_ms: BigInt(wallMs),
    });
    return id;
  }

  #told(
    before: StationTransaction,
    report: TransactionReport,
    time: MessageTime,
    outlet: OutletSetup | undefined,
  ): StationTransaction {
    const { vault } = this.#context;
    const { token, phase } = report;
    // Whoever ends a transaction is not who began it, perhaps.
    const isNamed = token !== undefined && before.tokenKey === null && phase !== 'ended';
    const { token: _token, ...nameless } = report;
    const body = foldReport(before.body, isNamed ? report : nameless, time, outlet);
    return {
      ...before,
      evseId: before.evseId ?? outlet?.evseId ?? null,
      ...(isNamed && { tokenKey: vault.keyOf(token), tokenCipher: vault.seal(token), stopAtMs: null }),
      body,
    };
  }

  /** One car at a time: who begins at an outlet ends what was there, unless that began later and is told of later. */
  #supersede(
    told: StationTransaction,
    { phase }: TransactionReport,
    unclosed: readonly StationTransaction[],
  ): { readonly superseded: readonly StationTransaction[]; readonly isOver: boolean } {
    const { clock, times } = this.#context;
    const { begunAtMs = 0 } = told.body;
    if (phase !== 'began' || told.evseId === null || told.body.refusal?.code === 'too-old')
      return { superseded: [], isOver: false };
    const others = unclosed.filter(
      ({ transactionId, evseId, body }) =>
        transactionId !== told.transactionId && evseId === told.evseId && body.end === undefined,
    );
    const isLater = ({ body }: StationTransaction) => (body.begunAtMs ?? body.lastAtMs) > begunAtMs;
    const closeAtMs = clock.wallMs() + times.resumeMs;
    const superseded = others
      .filter((other) => !isLater(other))
      .map((other) => endedWhereHeard(other, closeAtMs));
    return { superseded, isOver: others.some(isLater) && told.body.end === undefined };
  }

  /** What still charges though it was closed is told to stop, as often as it goes on to tell, with the usual time between. */
  #stopAgainAt(
    before: StationTransaction,
    told: StationTransaction,
    { phase }: TransactionReport,
  ): number | null {
    const { clock, times } = this.#context;
    if (phase === 'ended') return null;
    if (before.stopAtMs !== null || gainOf(told.body.imported) <= gainOf(before.body.imported))
      return before.stopAtMs;
    return clock.wallMs() + times.stopAgainMs * Math.min(before.stopTries, 10);
  }

  /** What is told of a transaction after it was closed is nobody's. */
  async #noteLate(trx: Db, before: StationTransaction, kept: StationTransaction): Promise<void> {
    const { clock, logger } = this.#context;
    const lateMilliWh = gainOf(kept.body.imported) - gainOf(before.body.imported);
    if (lateMilliWh <= 0n) return;
    const { transactionId, stationId, evseId } = kept;
    logger.error(
      { transactionId, stationId, milliWh: lateMilliWh },
      'energy is told of a transaction that is closed',
    );
    await noteUnbilled(trx, {
      ...{ transaction_id: transactionId, code: 'after-end', station_id: stationId, evse_id: evseId },
      ...{ milli_wh: lateMilliWh, detail: 'told after the transaction was ended here' },
      noted_at_ms: BigInt(clock.wallMs()),
    });
  }
}
