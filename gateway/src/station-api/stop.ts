import { randomBytes } from 'node:crypto';
import {
  billSummary,
  canonicalText,
  consentKindOf,
  meterKeyId,
  recordedReadingOf,
  sessionCloseBody,
  stopRequest,
  type BillSummary,
  type GridInput,
  type MeteredBy,
  type MeterReading,
  type RatedCdr,
  type RecordedReading,
  type SessionCloseBody,
  type StationRecord,
  type StopRequest,
} from '@roamgrid/wire';
import { FAULT_REASONS, type EndReason } from '@roamgrid/domain';
import { gatewayError } from '../problems.ts';
import type { Charge, Charges } from './charges.ts';
import type { StationContext } from './context.ts';
import { meterAt, meteredSession, type Metered } from './metering.ts';
import { noteOf } from './notes.ts';
import { joinReadings, signedAtEnd, thinReadings } from './readings.ts';
import { cdrOf, rateCharge, termsOf } from './running.ts';
import type { Serial } from './serial.ts';
import { unbilledText } from './unbilled.ts';

/** Why a session comes to nothing, and the word for it on the ledger. */
interface Unrecordable {
  readonly why: string;
  readonly reason: 'unbillable' | 'not-started';
}

const unbillable = (why: string): Unrecordable => ({ why, reason: 'unbillable' });

const isFault = (reason: EndReason): boolean => (FAULT_REASONS as readonly EndReason[]).includes(reason);

/** What a session's end leaves to be recorded. */
interface Ended {
  readonly unrecordable: Unrecordable | undefined;
  readonly close: SessionCloseBody;
  readonly meterId: string;
  readonly last: MeterReading;
  readonly grid: GridInput | undefined;
}

/** Readings as they are recorded: the two that the meter signed, with its flags. */
const recordedOf = (readings: readonly MeterReading[], { begin, end }: Metered): readonly RecordedReading[] =>
  readings.map((reading, at) => {
    if (at === 0) return recordedReadingOf(reading, begin);
    return at === readings.length - 1 ? recordedReadingOf(reading, end) : reading;
  });

const closeOf = (
  { sessionId }: Charge,
  { endReason }: StopRequest,
  readings: readonly RecordedReading[],
  { statement }: Metered,
): SessionCloseBody => ({
  sessionId,
  endReason,
  readings: [...readings],
  statement,
  salt: randomBytes(32).toString('hex'),
});

/** How full the car was, when it told both times. */
const socOf = (
  { start: { socPpm: beginPpm } }: Charge,
  { socPpm: endPpm }: StopRequest,
): Pick<BillSummary, 'soc'> =>
  beginPpm === undefined || endPpm === undefined ? {} : { soc: { beginPpm, endPpm } };

/** Ends sessions: checks what the meter signed, computes the bill, and leaves the record to the batcher. */
export class StopDesk {
  readonly #context: StationContext;
  readonly #charges: Charges;
  readonly #serial: Serial;

  constructor(context: StationContext, charges: Charges, serial: Serial) {
    this.#context = context;
    this.#charges = charges;
    this.#serial = serial;
  }

  stop(station: StationRecord, sessionId: string, request: StopRequest): Promise<BillSummary> {
    return this.#serial.run(sessionId, () => this.#stop(station, sessionId, request));
  }

  async #stop(station: StationRecord, sessionId: string, request: StopRequest): Promise<BillSummary> {
    const charge = await this.#charges.get(sessionId, station.stationId);
    if (charge.state === 'stopped' || charge.state === 'unrecorded') {
      this.#charges.release(sessionId);
      return this.#billAgain(sessionId);
    }
    if (charge.state === 'starting') await this.#neverStarted(charge);
    if (charge.state !== 'charging' && charge.state !== 'ending')
      throw gatewayError('SESSION_ENDED', `session ${sessionId} is ${charge.state}`);
    const { bill, ended } = await this.#judge(station, charge, request).catch(async (thrown: unknown) => {
      await this.#freeOutlet(charge);
      throw thrown;
    });
    await this.#keep(charge, request, bill, ended);
    const { unrecordable } = ended;
    if (unrecordable !== undefined) {
      this.#context.logger.error(
        { sessionId, ...unrecordable },
        'a session ends without a record and without a bill',
      );
    }
    charge.state = unrecordable === undefined ? 'stopped' : 'unrecorded';
    this.#context.outlets.free(charge.open.quote.evseId, sessionId);
    this.#context.batcher.forget(sessionId);
    this.#charges.release(sessionId);
    return bill;
  }

  /** The station gave up waiting for its start: nothing is opened any more, and the next driver is served. */
  async #neverStarted({ sessionId, open }: Charge): Promise<void> {
    const refusal = { code: 'HOME_TIMEOUT', detail: 'the station gave up before the session started' };
    const { numUpdatedRows } = await this.#context.db
      .updateTable('charge')
      .set({ state: 'refused', refusal: JSON.stringify(refusal) })
      .where('session_id', '=', sessionId)
      .where('state', '=', 'starting')
      .executeTakeFirst();
    this.#charges.release(sessionId);
    if (numUpdatedRows > 0n) this.#context.outlets.free(open.quote.evseId, sessionId);
  }

  /** The car is gone, whatever is wrong with what the station brought: the next driver is served, and the end stays due. */
  async #freeOutlet(charge: Charge): Promise<void> {
    const { sessionId, open } = charge;
    await this.#context.db
      .updateTable('charge')
      .set({ state: 'ending' })
      .where('session_id', '=', sessionId)
      .where('state', '=', 'charging')
      .execute();
    charge.state = 'ending';
    this.#context.outlets.free(open.quote.evseId, sessionId);
  }

  /** What a session's end comes to. @throws ServiceError READINGS_INVALID, METER_INVALID */
  async #judge(
    station: StationRecord,
    charge: Charge,
    request: StopRequest,
  ): Promise<{ bill: BillSummary; ended: Ended }> {
    const { open, start, sessionId } = charge;
    const joined = joinReadings(charge.readings, request.readings);
    if (!joined.ok) throw gatewayError('READINGS_INVALID', joined.error.message);
    const stated = thinReadings(joined.value);
    const end = stated.at(-1);
    if (end === undefined || stated.length < 2) {
      throw gatewayError('READINGS_INVALID', 'the end needs a reading of its own');
    }
    const meter = meterAt(station, open.quote.evseId, open.openedAtMs);
    const metered = meteredSession(meter, {
      sessionId,
      openedAtMs: open.openedAtMs,
      begin: start.start,
      end,
      ...(start.signedStart !== undefined && { signedStart: start.signedStart }),
      ...(request.signedStart !== undefined && { lateStart: request.signedStart }),
      signedEnd: request.signedEnd,
    });
    const readings = start.signedStart === undefined ? signedAtEnd(stated, metered) : stated;
    const last = readings.at(-1) ?? end;
    const grid = await this.#context.gridOf(
      termsOf(this.#context, charge),
      readings[0]?.atMs ?? last.atMs,
      last.atMs,
    );
    const recorded = recordedOf(readings, metered);
    const rated = rateCharge(this.#context, charge, recorded, request.endReason, grid);
    const timeless =
      !rated.ok && rated.error.code === 'TIME_UNUSABLE' ? unbillable(rated.error.message) : undefined;
    // The flags of the meter's clock change no figure, only whether the session can be billed at all.
    const cdr = rated.ok ? rated.value : cdrOf(this.#context, charge, readings, request.endReason, grid);
    const unrecordable = timeless ?? this.#whyUnrecordable(charge, cdr);
    const { meterKey } = metered;
    const bill =
      unrecordable === undefined
        ? this.#billOf(charge, cdr, meterKey.signedBy)
        : this.#emptyBill(charge, cdr, meterKey.signedBy);
    const close = closeOf(charge, request, recorded, metered);
    const ended = { unrecordable, close, meterId: meterKeyId(meterKey), last, grid };
    return { bill: { ...bill, ...socOf(charge, request) }, ended };
  }

  /** What the ledger does not take is not billed: nobody could show that it is owed. */
  #whyUnrecordable(charge: Charge, cdr: RatedCdr): Unrecordable | undefined {
    if (this.#context.batcher.openingOf(charge.sessionId) === 'refused')
      return unbillable('the ledger refused its opening');
    if (cdr.totalMicros > charge.open.quote.capMicros)
      return unbillable('its total is above the cap that the driver consented to');
    // Nobody pays a fee for a session that a fault ended before it gave anything.
    if (cdr.energyWh === 0n && isFault(cdr.endReason))
      return { why: 'a fault ended it before energy flowed', reason: 'not-started' };
    return undefined;
  }

  #billOf(charge: Charge, cdr: RatedCdr, meteredBy: MeteredBy): BillSummary {
    const { hun } = charge.open.quote;
    return {
      sessionId: charge.sessionId,
      homeUtilityName: this.#context.registry.utility(hun)?.name ?? hun,
      startMs: cdr.startMs,
      endMs: cdr.endMs,
      energyWh: cdr.energyWh,
      meteredBy,
      currency: cdr.currency,
      lines: cdr.lines,
      netMicros: cdr.netMicros,
      taxMicros: cdr.taxMicros,
      totalMicros: cdr.totalMicros,
      driverShareMicros: cdr.shares.driver,
      endReason: cdr.endReason,
      consentBy: consentKindOf(charge.open),
      ledger: 'queued',
    };
  }

  #emptyBill(charge: Charge, cdr: RatedCdr, meteredBy: MeteredBy): BillSummary {
    return {
      ...this.#billOf(charge, cdr, meteredBy),
      lines: [],
      netMicros: 0n,
      taxMicros: 0n,
      totalMicros: 0n,
      driverShareMicros: 0n,
    };
  }

  async #keep(charge: Charge, request: StopRequest, bill: BillSummary, ended: Ended): Promise<void> {
    const { sessionId, open, openText } = charge;
    const { unrecordable, close, meterId, last, grid } = ended;
    const { agreementId } = open.quote;
    await this.#context.batcher.accepting(async (trx, accept) => {
      await trx
        .updateTable('charge')
        .set({
          state: unrecordable === undefined ? 'stopped' : 'unrecorded',
          stop_request: JSON.stringify(stopRequest.encode(request)),
          bill: JSON.stringify(billSummary.encode(bill)),
          unbilled:
            unrecordable === undefined
              ? null
              : unbilledText({
                  code: 'unbillable',
                  detail: unrecordable.why,
                  energyWh: bill.energyWh,
                  closedAtMs: this.#context.nowMs(),
                }),
        })
        .where('session_id', '=', sessionId)
        .execute();
      if (request.socPpm !== undefined) {
        const sequence = Math.max(0, ...charge.answered.keys()) + 1;
        const payload = noteOf(sessionId, sequence, last, request.socPpm);
        await accept({ kind: 'note', sessionId, agreementId, payload });
      }
      if (unrecordable !== undefined) {
        // Its number must not stay open: it says for ever that the session came to nothing.
        await accept({ kind: 'void', sessionId, agreementId, payload: { reason: unrecordable.reason } });
        return;
      }
      await accept({
        kind: 'settle',
        sessionId,
        agreementId,
        payload: {
          openText,
          closeText: canonicalText(sessionCloseBody, close),
          meterId,
          endMs: last.atMs,
          ...(grid && { demand: [...grid.chunks] }),
        },
      });
    });
  }

  /** The bill as it was told, with how its record stands now. */
  async #billAgain(sessionId: string): Promise<BillSummary> {
    const row = await this.#context.db
      .selectFrom('charge')
      .leftJoin('fact', (join) =>
        join.onRef('fact.session_id', '=', 'charge.session_id').on('fact.kind', '=', 'settle'),
      )
      .select(['charge.bill', 'fact.state'])
      .where('charge.session_id', '=', sessionId)
      .executeTakeFirstOrThrow();
    if (row.bill === null)
      throw gatewayError('SESSION_ENDED', `session ${sessionId} was closed without an end: it came too late`);
    const bill = billSummary.parse(row.bill);
    return { ...bill, ledger: row.state === 'committed' ? 'committed' : 'queued' };
  }
}
