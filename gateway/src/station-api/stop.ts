import type { meterReading } from '@roamgrid/wire';
import {
  billSummary,
  stopRequest,
  type BillSummary,
  type Cdr,
  type GridInput,
  type StationRecord,
  type StopRequest,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { Charge, Charges } from './charges.ts';
import type { StationContext } from './context.ts';
import { checkStatement, holdsBegin } from './metering.ts';
import { joinReadings, thinReadings } from './readings.ts';
import { cdrOf, termsOf } from './running.ts';
import type { Serial } from './serial.ts';

type Readings = readonly z.output<typeof meterReading>[];

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
    if (charge.state !== 'charging')
      throw gatewayError('SESSION_ENDED', `session ${sessionId} is ${charge.state}`);
    const evse = station.evses.find(({ evseId }) => evseId === charge.open.quote.evseId);
    if (evse === undefined) throw new Error(`outlet of session ${sessionId} is not registered any more`);
    const joined = joinReadings(charge.readings, request.readings);
    if (!joined.ok) throw gatewayError('READINGS_INVALID', joined.error.message);
    const readings = thinReadings(joined.value);
    const last = readings.at(-1);
    if (last === undefined || readings.length < 2) {
      throw gatewayError('READINGS_INVALID', 'the end needs a reading of its own');
    }
    checkStatement(request.signedEnd, evse, 'end', last, sessionId);
    const grid = await this.#context.gridOf(
      termsOf(this.#context, charge),
      readings[0]?.atMs ?? last.atMs,
      last.atMs,
    );
    const cdr = cdrOf(this.#context, charge, readings, request.endReason, grid);
    const unrecordable = this.#whyUnrecordable(charge, cdr);
    const bill = unrecordable === undefined ? this.#billOf(charge, cdr) : this.#emptyBill(charge, cdr);
    await this.#keep(charge, request, readings, bill, unrecordable, grid);
    if (unrecordable !== undefined) {
      this.#context.logger.error(
        { sessionId, why: unrecordable },
        'a session ends without a record and without a bill',
      );
    }
    charge.state = unrecordable === undefined ? 'stopped' : 'unrecorded';
    this.#context.outlets.free(charge.open.quote.evseId, sessionId);
    this.#context.batcher.forget(sessionId);
    this.#charges.release(sessionId);
    return bill;
  }

  /** What the ledger does not take is not billed: nobody could show that it is owed. */
  #whyUnrecordable(charge: Charge, cdr: Cdr): string | undefined {
    if (this.#context.batcher.openingOf(charge.sessionId) === 'refused')
      return 'the ledger refused its opening';
    if (cdr.totalMicros > charge.open.quote.capMicros)
      return 'its total is above the cap that the driver consented to';
    return undefined;
  }

  #billOf(charge: Charge, cdr: Cdr): BillSummary {
    const { hun } = charge.open.quote;
    return {
      sessionId: charge.sessionId,
      homeUtilityName: this.#context.registry.utility(hun)?.name ?? hun,
      startMs: cdr.startMs,
      endMs: cdr.endMs,
      energyWh: cdr.energyWh,
      currency: cdr.currency,
      lines: cdr.lines,
      netMicros: cdr.netMicros,
      taxMicros: cdr.taxMicros,
      totalMicros: cdr.totalMicros,
      driverShareMicros: cdr.shares.driver,
      endReason: cdr.endReason,
      ledger: 'queued',
    };
  }

  #emptyBill(charge: Charge, cdr: Cdr): BillSummary {
    return {
      ...this.#billOf(charge, cdr),
      lines: [],
      netMicros: 0n,
      taxMicros: 0n,
      totalMicros: 0n,
      driverShareMicros: 0n,
    };
  }

  async #keep(
    charge: Charge,
    request: StopRequest,
    readings: Readings,
    bill: BillSummary,
    unrecordable: string | undefined,
    grid: GridInput | undefined,
  ): Promise<void> {
    const { sessionId, open, stationId } = charge;
    await this.#context.batcher.accepting(async (trx, accept) => {
      await trx
        .updateTable('charge')
        .set({
          state: unrecordable === undefined ? 'stopped' : 'unrecorded',
          stop_request: JSON.stringify(stopRequest.encode(request)),
          bill: JSON.stringify(billSummary.encode(bill)),
        })
        .where('session_id', '=', sessionId)
        .execute();
      const last = readings.at(-1);
      if (request.socPpm !== undefined && last !== undefined) {
        await accept('soc', sessionId, { stationId, atMs: last.atMs, socPpm: request.socPpm });
      }
      if (unrecordable !== undefined) return;
      const { hun, agreementId } = open.quote;
      await accept('close', sessionId, {
        hun,
        agreementId,
        cdrId: sessionId,
        openBody: charge.openText,
        openHash: charge.openHash,
        readings: [...readings],
        ...(!holdsBegin(request.signedEnd, charge.start.start) && { signedStart: charge.start.signedStart }),
        signedEnd: request.signedEnd,
        endReason: request.endReason,
        ...(grid && { demand: [...grid.chunks] }),
      });
    });
  }

  /** The bill as it was told, with how its record stands now. */
  async #billAgain(sessionId: string): Promise<BillSummary> {
    const row = await this.#context.db
      .selectFrom('charge')
      .leftJoin('fact', (join) =>
        join.onRef('fact.session_id', '=', 'charge.session_id').on('fact.kind', '=', 'close'),
      )
      .select(['charge.bill', 'fact.state'])
      .where('charge.session_id', '=', sessionId)
      .executeTakeFirstOrThrow();
    const bill = billSummary.parse(row.bill);
    return { ...bill, ledger: row.state === 'committed' ? 'committed' : 'queued' };
  }
}
