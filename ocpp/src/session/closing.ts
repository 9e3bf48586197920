import type { EndReason } from '@roamgrid/domain';
import { meterStatement, operatorStatement } from '@roamgrid/station-kit';
import type { MeterReading, StopRequest } from '@roamgrid/wire';
import type { OutletSetup } from '../model/station.ts';
import { noteUnbilled, outletRegister, saveOutletRegister, type OutletRegister } from '../store/books.ts';
import { insertEnd, type SessionEnd } from '../store/ends.ts';
import { saveTransaction } from '../store/transactions.ts';
import { outletOfEvse, type DeskContext, type DeskStation } from './context.ts';
import { keepGivenBack } from './given-back.ts';
import { gainOf, refusedOf } from './register-track.ts';
import { anchored, tell, tellable } from './told-reading.ts';
import type { StationTransaction, Told, UnbilledCode } from './transaction.ts';

/** Registers of messages are whole watt-hours where the meter signs tenths. */
const ROUNDED_MILLI_WH = 2_000n;
/** A meter's own clock may be off by so much. */
const NEAR_MS = 60_000;

interface Unbilled {
  readonly code: UnbilledCode;
  readonly milliWh: bigint;
  readonly detail: string;
}

/** What the end of a transaction comes to. */
interface Ended {
  readonly end: SessionEnd;
  readonly overMilliWh: bigint;
  /** How the outlet's register stands then. */
  readonly register: OutletRegister;
}

/** A stop that we asked for comes back as one that was asked for: the reason is ours. */
const reasonOf = ({ body }: StationTransaction, told: Told): EndReason => {
  const { end, isBooted } = body;
  if (end?.isTold !== true) return isBooted ? 'power-cut' : 'fault';
  const reason = end.reason ?? 'driver';
  return reason === 'operator' ? (told.stop?.reason ?? reason) : reason;
};

/** Ends transactions: what is told is told in full, the rest is noted as energy that nobody is billed for. */
export class Closing {
  readonly #context: DeskContext;

  constructor(context: DeskContext) {
    this.#context = context;
  }

  /** Closes a transaction that is over. When it returns, its session's end is safe. */
  async advance(station: DeskStation, transaction: StationTransaction): Promise<StationTransaction> {
    const { body, state } = transaction;
    if (body.end === undefined || state === 'closed') return transaction;
    const outlet = outletOfEvse(station.setup, transaction.evseId);
    const { told, refusal } = body;
    if (told !== undefined && outlet !== undefined) {
      // Not started yet: it may still be.
      if (state === 'starting' && refusal === undefined) return transaction;
      return this.#closeSession(station, outlet, transaction, anchored(told, body.imported));
    }
    if (refusal === undefined) return transaction;
    const { code, detail } = refusal;
    return this.#close(transaction, [{ code, detail, milliWh: gainOf(body.imported) }]);
  }

  async #closeSession(
    station: DeskStation,
    outlet: OutletSetup,
    transaction: StationTransaction,
    told: Told,
  ): Promise<StationTransaction> {
    const { db } = this.#context;
    const { meterId } = outlet.operatorMeter;
    const { imported, refusal } = transaction.body;
    const register = await outletRegister(db, meterId);
    const ended = this.#ended(station, outlet, transaction, told, register);
    const kept: Unbilled[] =
      refusal === undefined
        ? [
            {
              code: 'before-consent',
              milliWh: told.fromMilliWh,
              detail: 'it flowed before the driver agreed',
            },
            {
              code: 'over-limit',
              milliWh: ended.overMilliWh,
              detail: 'it flowed past what was agreed, or after a stop',
            },
          ]
        : [{ code: refusal.code, milliWh: gainOf(imported), detail: refusal.detail }];
    return this.#close(transaction, kept, async (trx) => {
      await insertEnd(trx, ended.end);
      await saveOutletRegister(trx, meterId, ended.register);
    });
  }

  #ended(
    { setup }: DeskStation,
    outlet: OutletSetup,
    transaction: StationTransaction,
    told: Told,
    register: OutletRegister,
  ): Ended {
    const { body, state, stationId, transactionId } = transaction;
    const begin = told.start.start;
    // Nobody knows whether a session that is still starting was started: nothing of it is billed.
    const wasStarted = state === 'open';
    const flowed = wasStarted ? gainOf(body.imported) : told.fromMilliWh;
    const atMs = Math.max(body.end?.atMs ?? 0, told.last.atMs + 1);
    const { reading, overMilliWh } = tellable(told, flowed, atMs, body.isCharging);
    // An end is a moment of its own, however soon it comes.
    const last = { ...reading, atMs: Math.max(reading.atMs, told.last.atMs + 1) };
    const { sessionId, tariffText, pending } = tell(told, last);
    const { socPpm } = body;
    const page = register.page + 1;
    const endReason = wasStarted ? reasonOf(transaction, told) : 'fault';
    const stated = {
      machine: 'Roamgrid OCPP door',
      ...{ stationId: setup.identity.stationId, sessionId, tariffText, page, begin, end: last },
    };
    const readings = pending.at(-1)?.atMs === last.atMs ? pending : [...pending, last];
    const byOperator: StopRequest = {
      endReason,
      readings,
      signedEnd: operatorStatement(outlet, stated),
      ...(socPpm !== undefined && { socPpm }),
    };
    const byMeter =
      wasStarted && overMilliWh === 0n && told.fromMilliWh === 0n
        ? this.#byMeter(outlet, transaction, { begin, last, fromMs: register.endedAtMs })
        : undefined;
    const common = { sessionId, transactionId, stationId, evseId: outlet.evseId, wasStarted };
    const end: SessionEnd =
      byMeter === undefined
        ? { ...common, request: byOperator }
        : { ...common, request: { ...byOperator, ...byMeter.signed }, otherwise: byOperator };
    const endedAtMs = Math.max(last.atMs, byMeter?.endMs ?? 0);
    return {
      end,
      overMilliWh: wasStarted ? overMilliWh : 0n,
      register: { registerMilliWh: last.registerMilliWh, page, endedAtMs },
    };
  }

  /** The meter's own record, where it states what was told of the transaction, at the same time. */
  #byMeter(
    outlet: OutletSetup,
    { body, transactionId }: StationTransaction,
    told: { readonly begin: MeterReading; readonly last: MeterReading; readonly fromMs: number },
  ): { readonly signed: Pick<StopRequest, 'signedEnd' | 'signedStart'>; readonly endMs: number } | undefined {
    if (outlet.signingMeter === undefined) return undefined;
    const texts = body.signed.filter(({ encoding }) => encoding === 'OCMF').map(({ text }) => text);
    const statement = meterStatement(outlet.signingMeter, texts);
    if (statement === undefined) {
      this.#context.logger.warn({ transactionId }, 'a meter that signs brought no record that verifies');
      return undefined;
    }
    const { gainMilliWh, beginMs, endMs, ...signed } = statement;
    const { begin, last, fromMs } = told;
    const toldMilliWh = last.registerMilliWh - begin.registerMilliWh;
    const apartMilliWh = gainMilliWh > toldMilliWh ? gainMilliWh - toldMilliWh : toldMilliWh - gainMilliWh;
    const isAsTold = apartMilliWh <= ROUNDED_MILLI_WH && Math.abs(endMs - last.atMs) <= NEAR_MS;
    // Time at an outlet is billed once, by whichever clock.
    if (isAsTold && beginMs >= fromMs) return { signed, endMs };
    this.#context.logger.warn(
      { transactionId },
      'a meter that signs states something else than was told of a transaction',
    );
    return undefined;
  }

  async #close(
    transaction: StationTransaction,
    unbilled: readonly Unbilled[],
    also: (trx: DeskContext['db']) => Promise<void> = () => Promise.resolve(),
  ): Promise<StationTransaction> {
    const { clock, db, logger } = this.#context;
    const { transactionId, stationId, evseId, body } = transaction;
    const jump = body.imported === undefined ? 0n : refusedOf(body.imported);
    const all: readonly Unbilled[] = [
      ...unbilled,
      { code: 'register-jump', milliWh: jump, detail: 'more than the outlet can have carried' },
    ];
    const lost = all.filter(({ milliWh }) => milliWh > 0n);
    const closed: StationTransaction = { ...transaction, state: 'closed', stopAtMs: null };
    await db.transaction().execute(async (trx) => {
      await also(trx);
      await saveTransaction(trx, closed);
      await keepGivenBack(trx, closed, clock.wallMs());
      for (const { code, milliWh, detail } of lost) {
        await noteUnbilled(trx, {
          ...{ transaction_id: transactionId, code, station_id: stationId, evse_id: evseId, detail },
          ...{ milli_wh: milliWh, noted_at_ms: BigInt(clock.wallMs()) },
        });
      }
    });
    for (const { code, milliWh, detail } of lost)
      logger.error(
        { transactionId, stationId, evseId, code, milliWh, detail },
        'energy that nobody is billed for',
      );
    return closed;
  }
}
