import type { Occurrence, RouteGrant } from '@roamgrid/wire';
import { seenIdTable, sqlMigration, type Migration } from '@roamgrid/service-kit';
import type { ColumnType, Kysely } from 'kysely';
import type { RouterCode } from '../problems.ts';

type Json<T> = ColumnType<T, string, string>;

interface OccurrenceTable {
  session_id: string;
  hun: string;
  evse_id: string;
  station_id: string;
  authorised_by: RouteGrant['authorisedBy'];
  /** `lapsed` is not stored: it is `authorised` past its time. */
  state: Exclude<Occurrence['state'], 'lapsed'>;
  /** RouteGrant in wire form. */
  answer: Json<Record<string, unknown>>;
  auth_req_id: string | null;
  consent_until_ms: number;
  /** SHA-256 of the opening's text, once the driver consented. */
  open_hash: string | null;
  opening: NonNullable<Occurrence['opening']> | null;
  /** Why home refused the opening. */
  refusal_code: RouterCode | null;
  refusal_detail: string | null;
  cap_micros: bigint | null;
  /** Bound to the router's DPoP key: of no use to who reads it here. */
  access_token: string | null;
  /** The home's last word on the session. */
  command: 'continue' | 'stop';
  created_at_ms: number;
}

/** Openings, reports and final notices, until whoever they are for took them. */
interface OutboxTable {
  session_id: string;
  kind: 'opening' | 'report' | 'final';
  sequence: number;
  /** In wire form. */
  body: Json<Record<string, unknown>>;
  state: 'waiting' | 'delivered' | 'rejected';
  tries: number;
  next_at_ms: number;
  /** Why it was rejected for good. */
  reason: string | null;
}

export interface RouterDatabase {
  occurrence: OccurrenceTable;
  outbox: OutboxTable;
}

export type Db = Kysely<RouterDatabase>;

/** History of the router's schema. A released step never changes. */
export const routerMigrations: readonly Migration[] = [
  sqlMigration(
    '0001_occurrences_by_session',
    `create table occurrence (
      session_id text primary key, hun text not null, evse_id text not null,
      station_id text not null, authorised_by text not null check (authorised_by in ('home', 'cache')),
      state text not null check (state in ('authorised', 'consented', 'finished')),
      answer jsonb not null, auth_req_id text, consent_until_ms double precision not null,
      open_hash text, opening text check (opening in ('waiting', 'taken', 'refused')),
      refusal_code text, refusal_detail text, cap_micros bigint, access_token text,
      command text not null check (command in ('continue', 'stop')), created_at_ms double precision not null)`,
    'create index on occurrence (created_at_ms)',
    `create table outbox (
      session_id text not null references occurrence (session_id) on delete cascade,
      kind text not null check (kind in ('opening', 'report', 'final')), sequence integer not null, body jsonb not null,
      state text not null check (state in ('waiting', 'delivered', 'rejected')),
      tries integer not null, next_at_ms double precision not null, reason text,
      primary key (session_id, kind, sequence))`,
    "create index on outbox (next_at_ms) where state = 'waiting'",
  ),
  sqlMigration('0002_seen_ids', ...seenIdTable),
];
