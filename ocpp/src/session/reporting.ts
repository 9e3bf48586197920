import type { EndReason } from '@roamgrid/domain';
import { GatewayRefusal, GatewayUnreachable } from '@roamgrid/station-kit';
import type { InterimAnswer, InterimReport } from '@roamgrid/wire';
import { saveTransaction } from '../store/transactions.ts';
import type { DeskContext, DeskStation } from './context.ts';
import { gainOf } from './register-track.ts';
import { anchored, isAtLimit, stopNow, tell, tellable } from './told-reading.ts';
import { refOf, type StationTransaction, type Told } from './transaction.ts';

/** Limit of the station API for one report. */
const READINGS_PER_REPORT = 100;
/** Stations tell more often than anybody needs to know: of an interval, at most this many parts are told. */
const REPORTS_PER_INTERVAL = 6;

/** What a refused report says about the session; any other refusal is a fault. */
const REFUSED: Readonly<Record<string, EndReason>> = {
  SESSION_ENDED: 'operator',
  SESSION_UNKNOWN: 'operator',
  FORBIDDEN: 'operator',
  READINGS_INVALID: 'meter-error',
};

type Open = StationTransaction & { readonly body: { readonly told: Told } };
export const isOpen = (transaction: StationTransaction): transaction is Open =>
  transaction.state === 'open' && transaction.body.told !== undefined;

/** Interim accounting: what a station tells goes to the gateway, and what the gateway says comes to the station. */
export class Reporting {
  readonly #context: DeskContext;

  constructor(context: DeskContext) {
    this.#context = context;
  }

  /** Tells what is new of an open session, and hears whether it may go on. */
  async advance(station: DeskStation, transaction: StationTransaction): Promise<StationTransaction> {
    if (!isOpen(transaction) || transaction.body.end !== undefined) return transaction;
    const { body } = transaction;
    const before = body.told.last;
    const since = anchored(body.told, body.imported);
    const { reading } = tellable(since, gainOf(body.imported), body.lastAtMs, body.isCharging);
    let told = tell(since, reading);
    const takesEnergy = body.isCharging && body.powerW !== 0n;
    if (takesEnergy && told !== since && isAtLimit(told, before)) told = stopNow(told, 'limit', body.powerW);
    const isDue =
      told.last.charging !== before.charging ||
      told.last.atMs - told.reportedAtMs >= told.reportEveryMs / REPORTS_PER_INTERVAL;
    if (told.pending.length > 0 && isDue) told = await this.#report(station, transaction, told);
    return this.#save(transaction, told);
  }

  /** The number is used up before it is sent: a lost answer must not let other readings travel under it. */
  async #report(station: DeskStation, transaction: Open, before: Told): Promise<Told> {
    const { powerW, socPpm } = transaction.body;
    const told: Told = { ...before, sequence: before.sequence + 1, reportedAtMs: before.last.atMs };
    await saveTransaction(this.#context.db, { ...transaction, body: { ...transaction.body, told } });
    const readings = told.pending.slice(0, READINGS_PER_REPORT);
    const report: InterimReport = {
      sequence: told.sequence,
      readings,
      powerW: powerW ?? told.lastPowerW,
      ...(socPpm !== undefined && { socPpm }),
    };
    const answer = await this.#ask(station, told.sessionId, report);
    // Out of reach: it goes on inside what was agreed, and what is not told goes with the next report or the end.
    if (answer instanceof GatewayUnreachable) return told;
    // Refused: nobody would pay for more.
    if (answer instanceof GatewayRefusal) return stopNow(told, REFUSED[answer.code] ?? 'fault', powerW);
    const { runningMicros, command, reason } = answer;
    const heard: Told = { ...told, pending: told.pending.slice(readings.length), runningMicros };
    this.#showCost(transaction, runningMicros);
    return command === 'continue' ? heard : stopNow(heard, reason ?? 'operator', powerW);
  }

  async #ask(
    { gateway }: DeskStation,
    sessionId: string,
    report: InterimReport,
  ): Promise<InterimAnswer | GatewayRefusal | GatewayUnreachable> {
    try {
      return await gateway.report(sessionId, report);
    } catch (error) {
      if (error instanceof GatewayRefusal || error instanceof GatewayUnreachable) return error;
      throw error;
    }
  }

  /** Nobody waits for a screen. */
  #showCost(transaction: StationTransaction, runningMicros: bigint): void {
    const { commander, logger } = this.#context;
    const { stationId } = transaction;
    commander.showCost(stationId, refOf(transaction), runningMicros).catch((thrown: unknown) => {
      logger.warn({ err: thrown, stationId }, 'a station was not told what its session costs');
    });
  }

  async #save(transaction: Open, told: Told): Promise<StationTransaction> {
    const { clock, db } = this.#context;
    const isStopped = told.stop !== undefined && transaction.body.told.stop === undefined;
    const changed: StationTransaction = {
      ...transaction,
      ...(isStopped && { stopAtMs: clock.wallMs() }),
      body: { ...transaction.body, told },
    };
    await saveTransaction(db, changed);
    return changed;
  }
}
