import { parseSettled, type InvoicedRecord, type InvoiceEntry } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { GatewayClient } from '../gateway/client.ts';
import type { Db, Trx } from '../store/database.ts';
import { readGround, type GroundContext } from './ground.ts';
import { traceOf, type RecordGround, type ReviewedRecord, type Trace } from './record.ts';
import { evidenceOf, reviewRecords, type Reviewed } from './review-records.ts';

/** Records judged in one transaction. */
const PAGE = 200;
/** Who raises what the node finds by itself. */
export const BY_CHECKS = 'checks';

export interface FindFaultsContext extends GroundContext {
  readonly db: Db;
  readonly gateway: GroundContext['gateway'] & Pick<GatewayClient, 'invoiceRecords'>;
  /** How many cars one customer may charge at once. */
  readonly atOnce: number;
}

const reviewed = ({ cdr, settled }: InvoicedRecord): ReviewedRecord => ({
  cdr,
  settled: parseSettled(settled),
});

/** Those of sessions whose records are disputed already: by an operator, or when they were reviewed before. */
const disputedAmong = async (trx: Trx, records: readonly ReviewedRecord[]): Promise<ReadonlySet<string>> => {
  const sessionIds = records.map(({ cdr }) => cdr.sessionId);
  const rows = await trx
    .selectFrom('record_dispute')
    .select('session_id')
    .where(sql<boolean>`session_id = any(${sessionIds})`)
    .execute();
  return new Set(rows.map(({ session_id: id }) => id));
};

/** Records that were reviewed, are not held to be wrong, and share an outlet, a meter or a customer with these. */
const standingNear = async (trx: Trx, traces: readonly Trace[]): Promise<readonly Trace[]> => {
  const fromMs = traces.reduce((least, { startMs }) => Math.min(least, startMs), Number.MAX_SAFE_INTEGER);
  const untilMs = traces.reduce((most, { endMs }) => Math.max(most, endMs), 0);
  const own = traces.map(({ sessionId }) => sessionId);
  const rows = await trx
    .selectFrom('cdr')
    .leftJoin('record_dispute', 'record_dispute.session_id', 'cdr.session_id')
    .select([
      'cdr.session_id as sessionId',
      'lane_id as laneId',
      'lane_sequence as laneSequence',
      'cin_ref as cinRef',
      'evse_id as evseId',
      'meter_key as meterKey',
      'start_ms as startMs',
      'end_ms as endMs',
      'from_milli_wh as fromMilliWh',
      'to_milli_wh as toMilliWh',
    ])
    .where('evse_id', 'is not', null)
    .where('cdr.session_id', 'not in', own)
    .where(({ eb, or }) =>
      or([
        eb('record_dispute.state', 'is', null),
        eb('record_dispute.state', 'not in', ['raised', 'disputed', 'credited']),
      ]),
    )
    // A late one that is credited is settled by its note.
    .where(sql<boolean>`record_dispute.outcome is distinct from 'credited'`)
    .where(({ eb, and, or }) =>
      or([
        and([
          eb('end_ms', '>', fromMs),
          eb('start_ms', '<', untilMs),
          or([
            eb(
              'evse_id',
              'in',
              traces.map(({ evseId }) => evseId),
            ),
            eb(
              'cin_ref',
              'in',
              traces.map(({ cinRef }) => cinRef),
            ),
          ]),
        ]),
        ...traces.map(({ meterKey, fromMilliWh, toMilliWh }) =>
          and([
            eb('meter_key', '=', meterKey),
            eb('to_milli_wh', '>', fromMilliWh),
            eb('from_milli_wh', '<', toMilliWh),
          ]),
        ),
      ]),
    )
    .execute();
  return rows.map(({ evseId, meterKey, fromMilliWh, toMilliWh, ...row }) => ({
    ...row,
    evseId: evseId ?? '',
    meterKey: meterKey ?? '',
    fromMilliWh: fromMilliWh ?? 0n,
    toMilliWh: toMilliWh ?? 0n,
  }));
};

/** Keeps what the records take up, what is wrong with them, and on which invoice it is. */
const keep = async (
  trx: Trx,
  invoiceId: string,
  found: readonly Reviewed[],
  nowMs: number,
): Promise<void> => {
  const traces = found.map(({ trace }) => trace);
  const texts = (of: (trace: Trace) => string | bigint) => traces.map((trace) => of(trace).toString());
  await sql`
    update cdr set invoice_id = ${invoiceId}, evse_id = t.evse_id, meter_key = t.meter_key, from_milli_wh = t.from_milli_wh, to_milli_wh = t.to_milli_wh
    from unnest(${texts(({ sessionId }) => sessionId)}::text[], ${texts(({ evseId }) => evseId)}::text[],
      ${texts(({ meterKey }) => meterKey)}::text[], ${texts(({ fromMilliWh }) => fromMilliWh)}::bigint[],
      ${texts(({ toMilliWh }) => toMilliWh)}::bigint[])
      as t (session_id, evse_id, meter_key, from_milli_wh, to_milli_wh)
    where cdr.session_id = t.session_id`.execute(trx);
  for (const { trace, finding } of found) {
    if (finding === undefined) continue;
    await trx
      .insertInto('record_dispute')
      .values({
        session_id: trace.sessionId,
        invoice_id: invoiceId,
        dispute_id: null,
        reason: finding.reason,
        evidence: evidenceOf(trace.sessionId, finding),
        raised_by: BY_CHECKS,
        raised_at_ms: nowMs,
        state: 'raised',
        stood: null,
      })
      .onConflict((conflict) => conflict.column('session_id').doNothing())
      .execute();
  }
  // What was raised before, by an operator or for an invoice that was taken back, is of this invoice now.
  await trx
    .updateTable('record_dispute')
    .set({ invoice_id: invoiceId })
    .where(
      'session_id',
      'in',
      texts(({ sessionId }) => sessionId),
    )
    .where('state', '=', 'raised')
    .execute();
};

/**
 * Reviews every record of an invoice; what is wrong stands as a row before anybody is told of it. Told again it finds the same.
 * @returns how many records were there to be looked at.
 */
export const findFaults = async (
  context: FindFaultsContext,
  { record, body }: InvoiceEntry,
): Promise<number> => {
  const { db, gateway, atOnce, nowMs } = context;
  const { invoiceId, laneId, agreementId } = record;
  let seen = 0;
  for (let after: number | undefined = body.fromSequence - 1; after !== undefined;) {
    const page: Awaited<ReturnType<GatewayClient['invoiceRecords']>> = await gateway.invoiceRecords(
      invoiceId,
      after,
      PAGE,
    );
    const records = page.items.map(reviewed);
    if (records.length === 0) return seen;
    const ground: (each: ReviewedRecord) => RecordGround = await readGround(context, agreementId, records);
    const fromSequence = after + 1;
    await db.transaction().execute(async (trx) => {
      const standing = await standingNear(
        trx,
        records.map((each) => traceOf(each, laneId, ground(each))),
      );
      const disputed = await disputedAmong(trx, records);
      const of = { laneId, fromSequence, groundOf: ground, standing, disputed, atOnce };
      const found = reviewRecords(records, of);
      await keep(trx, invoiceId, found, nowMs());
    });
    seen += records.length;
    after = page.cursor === undefined ? undefined : (records.at(-1)?.cdr.laneSequence ?? after);
  }
  return seen;
};
