import {
  BOOKING_LIMITS,
  chargeBody,
  chargeRecord,
  reservationBody,
  reservationRecord,
  reservationUse,
  RESERVATION_EXPIRES_MS,
  type ChargeEntry,
  type ReservationRecord,
  type ShownReservation,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { splitCursor } from '../auditor-api/page.ts';
import type { GatewayDb } from '../store/schema.ts';
import { unchargedDays } from './house-days.ts';
import { unchargedEnergy } from './energy.ts';

/** What the read model has of reservations. */

type Db = Kysely<GatewayDb>;

const reservations = (db: Db) =>
  db
    .selectFrom('reservation')
    .leftJoin('reservation_body', 'reservation_body.reservation_id', 'reservation.reservation_id')
    .leftJoin('reservation_use', 'reservation_use.reservation_id', 'reservation.reservation_id')
    .select([
      'reservation.reservation_id',
      'record',
      'block_number',
      'reservation_body.body as body',
      'reservation_use.body as use',
    ]);

type Row = Awaited<ReturnType<ReturnType<typeof reservations>['execute']>>[number];

const shown = ({ record, body, use }: Row): ShownReservation => ({
  record: reservationRecord.parse(record),
  ...(body !== null && { body: reservationBody.parse(JSON.parse(body)) }),
  ...(use !== null && { use: reservationUse.parse(JSON.parse(use)) }),
});

export const reservationOf = async (db: Db, reservationId: string): Promise<ShownReservation | undefined> => {
  const row = await reservations(db)
    .where('reservation.reservation_id', '=', reservationId)
    .executeTakeFirst();
  return row && shown(row);
};

/** The text that was hashed, which travels beside every command about the reservation. */
export const bodyTextOf = async (db: Db, reservationId: string): Promise<string | undefined> =>
  (
    await db
      .selectFrom('reservation_body')
      .select('body')
      .where('reservation_id', '=', reservationId)
      .executeTakeFirst()
  )?.body;

/** Reservations of a utility's outlets, or of one of them, that still hold time after an instant: granted, or used until their time is over. */
export const holding = async (
  db: Db,
  utilityId: string,
  span: { readonly fromMs: number; readonly untilMs: number },
  evseId?: string,
): Promise<readonly ShownReservation[]> => {
  const rows = await reservations(db)
    .where('vun', '=', utilityId)
    .$if(evseId !== undefined, (query) => query.where('evse_id', '=', evseId ?? ''))
    .where('state', 'in', ['granted', 'used'])
    .where('until_ms', '>', BigInt(span.fromMs))
    .where('from_ms', '<', BigInt(span.untilMs))
    .orderBy('from_ms')
    .execute();
  return rows.map(shown);
};

/** Reservations of one outlet that are granted and touch a span. */
export const grantedAt = async (
  db: Db,
  evseId: string,
  fromMs: number,
  untilMs: number,
): Promise<readonly ShownReservation[]> => {
  const rows = await reservations(db)
    .where('evse_id', '=', evseId)
    .where('state', '=', 'granted')
    .where('until_ms', '>', BigInt(fromMs))
    .where('from_ms', '<', BigInt(untilMs))
    .orderBy('from_ms')
    .execute();
  return rows.map(shown);
};

/** A place in the order of starts. */
export type StartMark = Pick<ReservationRecord, 'fromMs' | 'reservationId'>;

const PAGE = 200;

/**
 * Those of which something may be to be said, by their starts, from behind a mark on: granted ones at own outlets from when their driver
 * may come, own customers' that are long over, and absences that may still be shown to be wrong.
 */
export const begun = async (
  db: Db,
  utilityId: string,
  nowMs: number,
  after: StartMark = { fromMs: 0, reservationId: '' },
): Promise<readonly ShownReservation[]> => {
  const { earlyMs, aheadMs } = BOOKING_LIMITS;
  const rows = await reservations(db)
    .where('charge_id', 'is', null)
    .where('state', 'in', ['granted', 'no-show'])
    .where('from_ms', '<=', BigInt(nowMs + earlyMs))
    .where(
      sql<boolean>`(from_ms, reservation.reservation_id) > (${BigInt(after.fromMs)}, ${after.reservationId})`,
    )
    .where(({ eb, and, or }) =>
      or([
        and([eb('state', '=', 'granted'), eb('vun', '=', utilityId)]),
        and([
          eb('state', '=', 'granted'),
          eb('hun', '=', utilityId),
          eb('until_ms', '<', BigInt(nowMs - RESERVATION_EXPIRES_MS)),
        ]),
        and([
          eb('state', '=', 'no-show'),
          or([eb('vun', '=', utilityId), eb('hun', '=', utilityId)]),
          eb('until_ms', '>', BigInt(nowMs - aheadMs)),
        ]),
      ]),
    )
    .orderBy('from_ms')
    .orderBy('reservation.reservation_id')
    .limit(PAGE)
    .execute();
  return rows.map(shown);
};

export interface ReservationQuery {
  readonly role: 'hun' | 'vun';
  readonly state?: string;
  /** Of these customers alone. */
  readonly cinRef?: readonly string[];
  readonly after: string;
  readonly limit: number;
}

/** Reservations of this utility by the block that last changed each, from behind a cursor on. */
export const reservationChanges = async (
  db: Db,
  utilityId: string,
  { role, state, cinRef, after, limit }: ReservationQuery,
): Promise<{ readonly items: ShownReservation[]; readonly cursor: string }> => {
  const [block, id] = splitCursor(after);
  let query = reservations(db)
    .where(`reservation.${role}`, '=', utilityId)
    .where(sql<boolean>`(block_number, reservation.reservation_id) > (${block}, ${id})`)
    .orderBy('block_number')
    .orderBy('reservation.reservation_id')
    .limit(limit);
  if (state !== undefined) query = query.where('state', '=', state);
  if (cinRef !== undefined) query = query.where('cin_ref', 'in', cinRef);
  const rows = await query.execute();
  const last = rows.at(-1);
  return {
    items: rows.map(shown),
    cursor: last === undefined ? after : `${last.block_number}/${last.reservation_id}`,
  };
};

export interface UnchargedReservation {
  readonly shown: ShownReservation;
  readonly bodyText: string;
}

/** Whose customers, under which agreement. */
export interface Debtor {
  readonly hun: string;
  readonly agreementId: string;
}

const agreementIn = sql<string>`record->>'agreementId'`;

/** Reservations of others' customers here that something is owed for, or will be, and that stand on no note. */
const uncharged = (db: Db, utilityId: string) =>
  db
    .selectFrom('reservation')
    .innerJoin('reservation_body', 'reservation_body.reservation_id', 'reservation.reservation_id')
    .where('vun', '=', utilityId)
    .where('hun', '!=', utilityId)
    .where('charge_id', 'is', null)
    .where(({ eb, and, or }) =>
      or([
        and([eb('state', '=', 'used'), eb('owes_used', '=', true)]),
        and([eb('state', 'in', ['no-show', 'cancelled-late']), eb('owes_missed', '=', true)]),
      ]),
    );

/** Who may owe something that stands on no note. */
export const debtorsOf = async (db: Db, utilityId: string): Promise<readonly Debtor[]> => {
  const agreementId = agreementIn.as('agreement_id');
  const columns = ['hun', agreementId] as const;
  const rows = await uncharged(db, utilityId)
    .select(columns)
    .union(unchargedEnergy(db, utilityId, 'taken').select(columns))
    .union(unchargedEnergy(db, utilityId, 'given').select(['vun as hun', agreementId]))
    .union(unchargedDays(db, utilityId).select(['vun as hun', 'agreement_id']))
    .orderBy('hun')
    .orderBy('agreement_id')
    .execute();
  return rows.map(({ hun, agreement_id }) => ({ hun, agreementId: agreement_id }));
};

/** Of one debtor's, absences last: they may still be shown to be wrong. */
export const unchargedOf = async (
  db: Db,
  utilityId: string,
  { hun, agreementId }: Debtor,
  limit: number,
): Promise<readonly UnchargedReservation[]> => {
  const rows = await uncharged(db, utilityId)
    .where('hun', '=', hun)
    .where(agreementIn, '=', agreementId)
    .select(['record', 'body'])
    .orderBy(sql`state = 'no-show'`)
    .orderBy('until_ms')
    .limit(limit)
    .execute();
  return rows.map(({ record, body }) => ({
    shown: { record: reservationRecord.parse(record), body: reservationBody.parse(JSON.parse(body)) },
    bodyText: body,
  }));
};

/** Charge notes of a period in which this utility is owed, or owes. */
export const chargesOf = async (
  db: Db,
  utilityId: string,
  role: 'hun' | 'vun',
  periodId: string,
): Promise<ChargeEntry[]> => {
  const rows = await db
    .selectFrom('charge_note')
    .innerJoin('charge_note_body', 'charge_note_body.charge_id', 'charge_note.charge_id')
    .select(['record', 'body'])
    .where(role, '=', utilityId)
    .where('period_id', '=', periodId)
    .orderBy('charge_note.charge_id')
    .execute();
  return rows.map(({ record, body }) => ({
    record: chargeRecord.parse(record),
    body: chargeBody.parse(JSON.parse(body)),
  }));
};
