import type { occurrence as occurrenceSchema } from '@roamgrid/wire';
import {
  homeInterim,
  routeFinal,
  routeGrant,
  type ChargeOffer,
  type Occurrence,
  type RouteGrant,
} from '@roamgrid/wire';
import { sql } from 'kysely';
import type { z } from 'zod';
import { routerError } from '../problems.ts';
import type { Db } from './schema.ts';

/** What the router keeps of one charging occurrence: subscription data of the grant, energy data of the reports. */

export interface KeptOccurrence {
  readonly requestId: string;
  readonly hun: string;
  readonly grant: RouteGrant;
  readonly authReqId: string | null;
  readonly sessionId: string | null;
  readonly quoteHash: string | null;
  readonly accessToken: string | null;
  readonly command: 'continue' | 'stop';
}

const toKept = (row: {
  request_id: string;
  hun: string;
  answer: Record<string, unknown>;
  auth_req_id: string | null;
  session_id: string | null;
  quote_hash: string | null;
  access_token: string | null;
  command: 'continue' | 'stop';
}): KeptOccurrence => ({
  requestId: row.request_id,
  hun: row.hun,
  grant: routeGrant.decode(row.answer as z.input<typeof routeGrant>),
  authReqId: row.auth_req_id,
  sessionId: row.session_id,
  quoteHash: row.quote_hash,
  accessToken: row.access_token,
  command: row.command,
});

/** Remembers a yes. The same request again keeps the newer answer, as long as nobody consented. */
export const keepGrant = async (
  db: Db,
  grant: RouteGrant,
  offer: ChargeOffer,
  of: { readonly swipeId: string; readonly authReqId: string | null },
  nowMs: number,
): Promise<void> => {
  const values = {
    authorised_by: grant.authorisedBy,
    answer: JSON.stringify(routeGrant.encode(grant)),
    auth_req_id: of.authReqId,
    consent_until_ms: grant.consentUntilMs,
  };
  await db
    .insertInto('occurrence')
    .values({
      request_id: grant.requestId,
      swipe_id: of.swipeId,
      hun: grant.hun,
      evse_id: offer.evseId,
      station_id: offer.stationId,
      state: 'authorised',
      session_id: null,
      quote_hash: null,
      cap_micros: null,
      access_token: null,
      command: 'continue',
      created_at_ms: nowMs,
      ...values,
    })
    .onConflict((conflict) =>
      conflict.column('request_id').doUpdateSet(values).where('occurrence.state', '=', 'authorised'),
    )
    .execute();
};

export const findByRequest = async (db: Db, requestId: string): Promise<KeptOccurrence | undefined> => {
  const row = await db
    .selectFrom('occurrence')
    .selectAll()
    .where('request_id', '=', requestId)
    .executeTakeFirst();
  return row === undefined ? undefined : toKept(row);
};

export const findBySession = async (db: Db, sessionId: string): Promise<KeptOccurrence> => {
  const row = await db
    .selectFrom('occurrence')
    .selectAll()
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  if (row === undefined) throw routerError('OCCURRENCE_UNKNOWN', 'no driver consented to this session here');
  return toKept(row);
};

export const keepConsent = async (
  db: Db,
  requestId: string,
  consent: {
    readonly sessionId: string;
    readonly quoteHash: string;
    readonly capMicros: bigint;
    readonly accessToken: string | null;
  },
): Promise<void> => {
  await db
    .updateTable('occurrence')
    .set({
      state: 'consented',
      session_id: consent.sessionId,
      quote_hash: consent.quoteHash,
      cap_micros: consent.capMicros,
      access_token: consent.accessToken,
    })
    .where('request_id', '=', requestId)
    .execute();
};

/** The joined record of one occurrence. */
export const readOccurrence = async (db: Db, requestId: string, nowMs: number): Promise<Occurrence> => {
  const row = await db
    .selectFrom('occurrence')
    .selectAll()
    .where('request_id', '=', requestId)
    .executeTakeFirst();
  if (row === undefined) throw routerError('OCCURRENCE_UNKNOWN', 'no swipe was authorised under this id');
  const kept = toKept(row);
  const outbox =
    kept.sessionId === null
      ? []
      : await db
          .selectFrom('outbox')
          .select(['kind', 'body', 'state'])
          .where('session_id', '=', kept.sessionId)
          .orderBy('sequence')
          .execute();
  const reports = outbox
    .filter(({ kind }) => kind === 'report')
    .map(({ body, state }) => ({ ...homeInterim.parse(body), delivered: state === 'delivered' }));
  const final = outbox.find(({ kind }) => kind === 'final');
  const lapsed = row.state === 'authorised' && nowMs > row.consent_until_ms;
  const joined: z.output<typeof occurrenceSchema> = {
    requestId: row.request_id,
    swipeId: row.swipe_id,
    hun: row.hun,
    evseId: row.evse_id,
    stationId: row.station_id,
    authorisedBy: row.authorised_by,
    state: lapsed ? 'lapsed' : row.state,
    grant: kept.grant.grant,
    reports,
    createdAtMs: row.created_at_ms,
    ...(kept.sessionId === null ? {} : { sessionId: kept.sessionId }),
    ...(row.cap_micros === null ? {} : { capMicros: row.cap_micros }),
    ...(final === undefined ? {} : { cdr: routeFinal.parse(final.body).cdr }),
  };
  return joined;
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
  await sql`delete from occurrence where request_id in (
    select request_id from occurrence where state = 'finished' order by created_at_ms desc offset ${limit})`.execute(
    db,
  );
};
