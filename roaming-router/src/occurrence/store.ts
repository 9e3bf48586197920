import {
  homeInterim,
  routeFinal,
  routeGrant,
  type ChargeOffer,
  type Occurrence,
  type RouteGrant,
} from '@roamgrid/wire';
import { sql, type Selectable } from 'kysely';
import type { z } from 'zod';
import { routerError, type RouterCode } from '../problems.ts';
import type { Db, RouterDatabase } from './schema.ts';

/** What the router keeps of one charging occurrence: subscription data of the grant, energy data of the reports. */

export interface KeptOccurrence {
  readonly sessionId: string;
  readonly hun: string;
  readonly grant: RouteGrant;
  readonly authReqId: string | null;
  readonly openHash: string | null;
  readonly opening: NonNullable<Occurrence['opening']> | null;
  /** Why home refused the opening. */
  readonly refusal: { readonly code: RouterCode; readonly detail: string } | undefined;
  readonly accessToken: string | null;
  readonly command: 'continue' | 'stop';
}

type Row = Selectable<RouterDatabase['occurrence']>;

const toKept = (row: Row): KeptOccurrence => ({
  sessionId: row.session_id,
  hun: row.hun,
  grant: routeGrant.decode(row.answer as z.input<typeof routeGrant>),
  authReqId: row.auth_req_id,
  openHash: row.open_hash,
  opening: row.opening,
  refusal:
    row.refusal_code === null ? undefined : { code: row.refusal_code, detail: row.refusal_detail ?? '' },
  accessToken: row.access_token,
  command: row.command,
});

/** Remembers a yes. The same session again keeps the newer answer, as long as nobody consented. */
export const keepGrant = async (
  db: Db,
  grant: RouteGrant,
  offer: ChargeOffer,
  authReqId: string | null,
  nowMs: number,
): Promise<void> => {
  const values = {
    authorised_by: grant.authorisedBy,
    answer: JSON.stringify(routeGrant.encode(grant)),
    auth_req_id: authReqId,
    consent_until_ms: grant.consentUntilMs,
  };
  await db
    .insertInto('occurrence')
    .values({
      session_id: grant.sessionId,
      hun: grant.hun,
      evse_id: offer.evseId,
      station_id: offer.stationId,
      state: 'authorised',
      open_hash: null,
      opening: null,
      refusal_code: null,
      refusal_detail: null,
      cap_micros: null,
      access_token: null,
      command: 'continue',
      created_at_ms: nowMs,
      ...values,
    })
    .onConflict((conflict) =>
      conflict.column('session_id').doUpdateSet(values).where('occurrence.state', '=', 'authorised'),
    )
    .execute();
};

const findRow = (db: Db, sessionId: string): Promise<Row | undefined> =>
  db.selectFrom('occurrence').selectAll().where('session_id', '=', sessionId).executeTakeFirst();

export const findOccurrence = async (db: Db, sessionId: string): Promise<KeptOccurrence | undefined> => {
  const row = await findRow(db, sessionId);
  return row === undefined ? undefined : toKept(row);
};

/** The occurrence of a session that a driver consented to. */
export const findConsented = async (db: Db, sessionId: string): Promise<KeptOccurrence> => {
  const kept = await findOccurrence(db, sessionId);
  if (kept === undefined || kept.openHash === null)
    throw routerError('OCCURRENCE_UNKNOWN', 'no driver consented to this session here');
  return kept;
};

/** The driver consented; home is about to be told. Only the first consent of a session is written. */
export const keepConsent = async (
  db: Db,
  sessionId: string,
  consent: { readonly openHash: string; readonly capMicros: bigint },
): Promise<void> => {
  await db
    .updateTable('occurrence')
    .set({
      state: 'consented',
      open_hash: consent.openHash,
      opening: 'waiting',
      cap_micros: consent.capMicros,
    })
    .where('session_id', '=', sessionId)
    .where('open_hash', 'is', null)
    .execute();
};

/** Home is silent, and the agreement lets nothing charge on its silence: as if nobody had consented yet. */
export const forgetConsent = async (db: Db, sessionId: string): Promise<void> => {
  await db
    .updateTable('occurrence')
    .set({ state: 'authorised', open_hash: null, opening: null, cap_micros: null })
    .where('session_id', '=', sessionId)
    .where('opening', '=', 'waiting')
    .execute();
};

/** What home said of the opening. A no stops the session at its next report. */
export const noteOpening = async (
  db: Db,
  sessionId: string,
  said: 'taken' | NonNullable<KeptOccurrence['refusal']>,
): Promise<void> => {
  await db
    .updateTable('occurrence')
    .set(
      said === 'taken'
        ? { opening: 'taken' }
        : { opening: 'refused', command: 'stop', refusal_code: said.code, refusal_detail: said.detail },
    )
    .where('session_id', '=', sessionId)
    .execute();
};

export const keepToken = async (db: Db, sessionId: string, accessToken: string): Promise<void> => {
  await db
    .updateTable('occurrence')
    .set({ access_token: accessToken })
    .where('session_id', '=', sessionId)
    .execute();
};

/** The joined record of one occurrence. */
export const readOccurrence = async (db: Db, sessionId: string, nowMs: number): Promise<Occurrence> => {
  const row = await findRow(db, sessionId);
  if (row === undefined) throw routerError('OCCURRENCE_UNKNOWN', 'no swipe was authorised under this id');
  const outbox = await db
    .selectFrom('outbox')
    .select(['kind', 'body', 'state'])
    .where('session_id', '=', sessionId)
    .orderBy('sequence')
    .execute();
  const reports = outbox
    .filter(({ kind }) => kind === 'report')
    .map(({ body, state }) => ({ ...homeInterim.parse(body), delivered: state === 'delivered' }));
  const final = outbox.find(({ kind }) => kind === 'final');
  const lapsed = row.state === 'authorised' && nowMs > row.consent_until_ms;
  return {
    sessionId,
    hun: row.hun,
    evseId: row.evse_id,
    stationId: row.station_id,
    authorisedBy: row.authorised_by,
    state: lapsed ? 'lapsed' : row.state,
    grant: toKept(row).grant.grant,
    reports,
    createdAtMs: row.created_at_ms,
    ...(row.opening === null ? {} : { opening: row.opening }),
    ...(row.cap_micros === null ? {} : { capMicros: row.cap_micros }),
    ...(final === undefined ? {} : { cdr: routeFinal.parse(final.body).cdr }),
  };
};

/** A swipe that nobody consented to is forgotten after this. */
const LAPSED_MS = 86_400_000;
/** A session is over after this, whatever was told of it. */
const RETENTION_MS = 35 * 86_400_000;

/** Keeps the store bounded: what lapsed, what is old, and beyond the limit the oldest finished ones. */
export const sweepOccurrences = async (db: Db, limit: number, nowMs: number): Promise<void> => {
  await db
    .deleteFrom('occurrence')
    .where((where) =>
      where.or([
        where.and([where('state', '=', 'authorised'), where('created_at_ms', '<', nowMs - LAPSED_MS)]),
        where('created_at_ms', '<', nowMs - RETENTION_MS),
      ]),
    )
    .execute();
  await sql`delete from occurrence where session_id in (
    select session_id from occurrence where state = 'finished' order by created_at_ms desc offset ${limit})`.execute(
    db,
  );
};
