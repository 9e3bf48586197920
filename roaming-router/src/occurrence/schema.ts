import type { Occurrence, RouteGrant } from '@roamgrid/wire';
import { sqlMigration, type Migration } from '@roamgrid/service-kit';
import type { ColumnType, Kysely } from 'kysely';

type Json<T> = ColumnType<T, string, string>;

interface OccurrenceTable {
  request_id: string;
  swipe_id: string;
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
  session_id: string | null;
  quote_hash: string | null;
  cap_micros: bigint | null;
  /** Bound to the router's DPoP key: of no use to who reads it here. */
  access_token: string | null;
  /** The home's last word on the session. */
  command: 'continue' | 'stop';
  created_at_ms: number;
}

/** Reports and final notices, until whoever authorised the session took them. */
interface OutboxTable {
  session_id: string;
  kind: 'report' | 'final';
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
    '0001_occurrences',
    `create table occurrence (
      request_id text primary key, swipe_id text not null, hun text not null, evse_id text not null,
      station_id text not null, authorised_by text not null check (authorised_by in ('home', 'cache')),
      state text not null check (state in ('authorised', 'consented', 'finished')),
      answer jsonb not null, auth_req_id text, consent_until_ms double precision not null,
      session_id text unique, quote_hash text, cap_micros bigint, access_token text,
      command text not null check (command in ('continue', 'stop')), created_at_ms double precision not null)`,
    'create index on occurrence (created_at_ms)',
    `create table outbox (
      session_id text not null references occurrence (session_id) on delete cascade,
      kind text not null check (kind in ('report', 'final')), sequence integer not null, body jsonb not null,
      state text not null check (state in ('waiting', 'delivered', 'rejected')),
      tries integer not null, next_at_ms double precision not null, reason text,
      primary key (session_id, kind, sequence))`,
    "create index on outbox (next_at_ms) where state = 'waiting'",
  ),
];
