import { unpackBodies, type HashedBatch } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../../store/schema.ts';

/** Private bodies as they were hashed, for whoever verifies a ledger: pages in the order of ids. */

/** Characters of bodies in one answer; one batch may have more, and stands alone then. */
const PAGE_CHARACTERS = 4_000_000;
const INVOICES = 200;
const RESERVATIONS = 500;
const NOTES = 100;
const ALLOCATIONS = 20;

interface Page<T> {
  readonly items: T[];
  readonly cursor?: string;
}

const bodiesOf = async (db: Kysely<GatewayDb>, batchId: string, header: string): Promise<HashedBatch> => {
  const rows = await db
    .selectFrom('settled_session')
    .select(['body', 'opening'])
    .where('batch_id', '=', batchId)
    .orderBy('item_index')
    .execute();
  return {
    batchId,
    header,
    sessions: rows.map(({ body }) => body),
    openings: rows.map(({ opening }) => opening),
  };
};

export const listBatchBodies = async (db: Kysely<GatewayDb>, after: string): Promise<Page<HashedBatch>> => {
  const items: HashedBatch[] = [];
  let cursor = after;
  for (let characters = 0; characters < PAGE_CHARACTERS;) {
    const next = await db
      .selectFrom('batch_header')
      .select(['batch_id', 'body'])
      .where('batch_id', '>', cursor)
      .orderBy('batch_id')
      .executeTakeFirst();
    if (next === undefined) return { items };
    cursor = next.batch_id;
    const found = await bodiesOf(db, next.batch_id, next.body);
    items.push(found);
    characters += [...found.sessions, ...found.openings].reduce((sum, { length }) => sum + length, 0);
  }
  return { items, cursor };
};

export const listInvoiceBodies = async (
  db: Kysely<GatewayDb>,
  after: string,
): Promise<Page<{ invoiceId: string; body: string }>> => {
  const rows = await db
    .selectFrom('invoice_body')
    .selectAll()
    .where('invoice_id', '>', after)
    .orderBy('invoice_id')
    .limit(INVOICES)
    .execute();
  const items = rows.map(({ invoice_id, body }) => ({ invoiceId: invoice_id, body }));
  const last = rows.length === INVOICES ? rows.at(-1) : undefined;
  return { items, ...(last && { cursor: last.invoice_id }) };
};

/** A page of rows; a full one may be followed by an empty one. */
const paged = <R, T>(
  rows: readonly R[],
  limit: number,
  item: (row: R) => T,
  idOf: (row: R) => string,
): Page<T> => {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { items: rows.map(item), ...(last !== undefined && { cursor: idOf(last) }) };
};

export const listReservationBodies = async (db: Kysely<GatewayDb>, after: string) => {
  const rows = await db
    .selectFrom('reservation_body')
    .select(['reservation_id as reservationId', 'body'])
    .where('reservation_id', '>', after)
    .orderBy('reservation_id')
    .limit(RESERVATIONS)
    .execute();
  return paged(
    rows,
    RESERVATIONS,
    (row) => row,
    ({ reservationId }) => reservationId,
  );
};

const textsOf = (of: string, packed: string): string[] => {
  const texts = unpackBodies(packed);
  if (!texts.ok) throw new Error(`${of}: ${texts.error.message}`);
  return [...texts.value];
};

export const listAllocationBodies = async (db: Kysely<GatewayDb>, after: string) => {
  const rows = await db
    .selectFrom('allocation_body')
    .select(['batch_id as batchId', 'header', 'slots'])
    .where('batch_id', '>', after)
    .orderBy('batch_id')
    .limit(ALLOCATIONS)
    .execute();
  return paged(
    rows,
    ALLOCATIONS,
    ({ batchId, header, slots }) => ({ batchId, header, slots: textsOf(`slots of ${batchId}`, slots) }),
    ({ batchId }) => batchId,
  );
};

/** Cursors are `<house>:<number>`. */
export const listHouseBodies = async (db: Kysely<GatewayDb>, after: string) => {
  const [house = '', number = '0'] = after.split(':');
  const rows = await db
    .selectFrom('house_body')
    .select(['house_ref as houseRef', 'number', 'header', 'entries'])
    .where(({ eb, or, and }) =>
      or([
        eb('house_ref', '>', house),
        and([eb('house_ref', '=', house), eb('number', '>', Number(number))]),
      ]),
    )
    .orderBy('house_ref')
    .orderBy('number')
    .limit(ALLOCATIONS)
    .execute();
  return paged(
    rows,
    ALLOCATIONS,
    ({ entries, ...row }) => ({ ...row, entries: textsOf(`entries of ${row.houseRef}`, entries) }),
    (row) => `${row.houseRef}:${row.number}`,
  );
};

export const listChargeBodies = async (db: Kysely<GatewayDb>, after: string) => {
  const rows = await db
    .selectFrom('charge_note_body')
    .select(['charge_id as chargeId', 'body'])
    .where('charge_id', '>', after)
    .orderBy('charge_id')
    .limit(NOTES)
    .execute();
  return paged(
    rows,
    NOTES,
    (row) => row,
    ({ chargeId }) => chargeId,
  );
};

/** Of houses' days, events and settlements; a house's own body names its customer's meter and proves nothing. */
export const listFlexibilityBodies = async (db: Kysely<GatewayDb>, after: string) => {
  const rows = await db
    .selectFrom('flex_body')
    .innerJoin('flex_record', 'flex_record.record_key', 'flex_body.record_key')
    .select(['flex_record.record_key as key', 'body_hash as bodyHash', 'body'])
    .where('kind', '!=', 'flexHouse')
    .where('flex_record.record_key', '>', after)
    .orderBy('flex_record.record_key')
    .limit(RESERVATIONS)
    .execute();
  return paged(
    rows,
    RESERVATIONS,
    ({ bodyHash, body }) => ({ bodyHash, body }),
    ({ key }) => key,
  );
};

export const listTerms = async (
  db: Kysely<GatewayDb>,
): Promise<{ agreementId: string; version: number; body: string }[]> => {
  const rows = await db.selectFrom('terms').selectAll().orderBy('agreement_id').orderBy('version').execute();
  return rows.map(({ agreement_id, version, body }) => ({ agreementId: agreement_id, version, body }));
};
