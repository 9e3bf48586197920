import { sqlMigration, type Migration } from '@roamgrid/service-kit';
import type { UnbilledCode } from '../session/transaction.ts';
import type { ColumnType, Generated, Kysely } from 'kysely';

/** JSON column: given as text, read as parsed values in wire form. */
type Json = ColumnType<unknown, string, string>;

/** What a token was answered at an outlet. The token itself is not here, only its keyed hash. */
interface OfferTable {
  swipe_id: string;
  station_id: string;
  evse_id: string;
  token_key: string;
  state: 'asked' | 'offered' | 'refused' | 'used';
  /** In wire form. */
  offer: Json | null;
  asked_at_ms: bigint;
  /** By the gateway's clock. */
  valid_until_ms: bigint | null;
  /** When the station was told the price that its driver reads there. */
  shown_at_ms: bigint | null;
  /** When the driver agreed to it in an app. */
  agreed_at_ms: bigint | null;
}

/** A start that somebody asked of a station. */
interface RemoteStartTable {
  remote_start: Generated<number>;
  station_id: string;
  evse_id: string;
  swipe_id: string;
  /** Encrypted; gone when its offer is used or over. */
  token_cipher: string | null;
  asked_at_ms: bigint;
}

/** What is booked at an outlet, as its station was told. */
interface BookedTable {
  /** By which the station knows it. */
  number: Generated<number>;
  station_id: string;
  reservation_id: string;
  evse_id: string;
  /** The group that the cards of who booked belong to while it stands. */
  tag: string;
  /** By the gateway's clock. */
  waits_until_ms: bigint;
  /** `due`: to be told, and maybe was; `kept`: the station keeps the outlet; `used`: a transaction named it; `gone`: it is no more. */
  state: 'due' | 'kept' | 'used' | 'gone';
  /** What the station said last to being told. */
  said: string | null;
  /** Since when the station was connected when it was told; null before. */
  told_since_ms: bigint | null;
  changed_at_ms: bigint;
}

/** A transaction of a station, with all that goes on from after a crash. */
export interface TransactionTable {
  transaction_id: string;
  /** By which stations of 1.6 know it. */
  number: Generated<number>;
  station_id: string;
  /** The id that the station gave it. */
  station_ref: string | null;
  evse_id: string | null;
  state: 'waiting' | 'starting' | 'open' | 'closed';
  token_key: string | null;
  /** Encrypted; gone when the transaction is closed. */
  token_cipher: string | null;
  session_id: string | null;
  /** What is known of it. */
  body: Json;
  /** Wall times of what is to be done. */
  retry_at_ms: bigint | null;
  stop_at_ms: bigint | null;
  stop_tries: number;
  close_at_ms: bigint | null;
  /** Wall time of the last message about it. */
  told_at_ms: bigint;
}

/** Messages that were taken, each once. */
interface MessageTable {
  station_id: string;
  message_key: string;
  transaction_id: string;
  taken_at_ms: bigint;
}

/** The operator's own register of an outlet, in its statements' own meter: it only ascends. */
interface OutletRegisterTable {
  meter_id: string;
  register_milli_wh: bigint;
  page: bigint;
  /** End of the last session, by the gateway's clock. */
  ended_at_ms: bigint;
}

/** Ends of sessions until the gateway takes them. */
interface SessionEndTable {
  position: Generated<bigint>;
  session_id: string;
  transaction_id: string;
  station_id: string;
  evse_id: string;
  was_started: boolean;
  /** In wire form. */
  request: Json;
  /** The operator's own statement, where the meter's is told first. */
  otherwise: Json | null;
  state: 'due' | 'taken' | 'dropped';
  refusal: string | null;
  /** Of the bill. */
  total_micros: bigint | null;
}

/** Energy that flowed and that nobody is billed for, with why. */
export interface UnbilledTable {
  transaction_id: string;
  code: UnbilledCode;
  station_id: string;
  evse_id: string | null;
  milli_wh: bigint;
  detail: string;
  noted_at_ms: bigint;
}

/** Sessions for which a station calculated another cost by itself than was billed. */
interface CostDifferenceTable {
  session_id: string;
  station_id: string;
  evse_id: string;
  currency: string;
  billed_micros: bigint;
  said_currency: string;
  said_micros: bigint;
  noted_at_ms: bigint;
}

/** Energy that cars gave back. */
interface GivenBackTable {
  transaction_id: string;
  session_id: string | null;
  station_id: string;
  evse_id: string | null;
  milli_wh: bigint;
  from_ms: bigint;
  until_ms: bigint;
  signed: Json;
  noted_at_ms: bigint;
}

/** What a station's clock is behind ours. */
interface StationClockTable {
  station_id: string;
  behind_ms: bigint;
}

export interface DoorDb {
  offer: OfferTable;
  remote_start: RemoteStartTable;
  station_transaction: TransactionTable;
  message: MessageTable;
  outlet_register: OutletRegisterTable;
  session_end: SessionEndTable;
  unbilled: UnbilledTable;
  station_clock: StationClockTable;
  cost_difference: CostDifferenceTable;
  given_back: GivenBackTable;
  booked: BookedTable;
}

export type Db = Kysely<DoorDb>;

/** History of the door's schema. A released step never changes. */
export const doorMigrations: readonly Migration[] = [
  sqlMigration(
    '0001_sessions',
    `create table offer (
      swipe_id text primary key, station_id text not null, evse_id text not null, token_key text not null,
      state text not null check (state in ('asked', 'offered', 'refused', 'used')), offer jsonb,
      asked_at_ms bigint not null, valid_until_ms bigint, shown_at_ms bigint, agreed_at_ms bigint)`,
    'create index on offer (station_id, token_key, asked_at_ms)',
    `create table remote_start (
      remote_start integer generated always as identity primary key, station_id text not null,
      evse_id text not null, swipe_id text not null references offer (swipe_id) on delete cascade,
      token_cipher text not null, asked_at_ms bigint not null)`,
    `create table station_transaction (
      transaction_id text primary key, number integer generated always as identity unique, station_id text not null,
      station_ref text, evse_id text,
      state text not null check (state in ('waiting', 'starting', 'open', 'closed')),
      token_key text, token_cipher text, session_id text unique, body jsonb not null,
      retry_at_ms bigint, stop_at_ms bigint, stop_tries integer not null default 0, close_at_ms bigint,
      unique (station_id, station_ref))`,
    "create index on station_transaction (station_id) where state <> 'closed'",
    'create index on station_transaction (retry_at_ms) where retry_at_ms is not null',
    'create index on station_transaction (stop_at_ms) where stop_at_ms is not null',
    'create index on station_transaction (close_at_ms) where close_at_ms is not null',
    `create table message (
      station_id text not null, message_key text not null, transaction_id text not null,
      taken_at_ms bigint not null, primary key (station_id, message_key))`,
    'create index on message (taken_at_ms)',
    `create table outlet_register (
      meter_id text primary key, register_milli_wh bigint not null, page bigint not null, ended_at_ms bigint not null)`,
    `create table session_end (
      position bigint generated always as identity primary key, session_id text not null unique,
      transaction_id text not null, station_id text not null, evse_id text not null, was_started boolean not null,
      request jsonb not null, otherwise jsonb,
      state text not null check (state in ('due', 'taken', 'dropped')), refusal text, total_micros bigint)`,
    "create index on session_end (position) where state = 'due'",
    `create table unbilled (
      transaction_id text not null, code text not null, station_id text not null, evse_id text,
      milli_wh bigint not null, detail text not null, noted_at_ms bigint not null,
      primary key (transaction_id, code))`,
    'create table station_clock (station_id text primary key, behind_ms bigint not null)',
  ),
  sqlMigration(
    '0002_one_start_an_offer',
    `delete from remote_start older using remote_start newer
      where older.swipe_id = newer.swipe_id and older.remote_start < newer.remote_start`,
    'create unique index on remote_start (swipe_id)',
  ),
  sqlMigration(
    '0003_references_again',
    'alter table station_transaction drop constraint station_transaction_station_id_station_ref_key',
    'create index on station_transaction (station_id, station_ref)',
  ),
  sqlMigration(
    '0004_start_tokens_erased',
    'alter table remote_start alter column token_cipher drop not null',
    'create index on remote_start (swipe_id) where token_cipher is not null',
  ),
  sqlMigration(
    '0005_cost_differences',
    `create table cost_difference (
      session_id text primary key, station_id text not null, evse_id text not null, currency text not null,
      billed_micros bigint not null, said_currency text not null, said_micros bigint not null,
      noted_at_ms bigint not null)`,
    'create index on cost_difference (noted_at_ms)',
  ),
  sqlMigration(
    '0006_bounds',
    `alter table station_transaction
      add column told_at_ms bigint not null default (extract(epoch from now()) * 1000)::bigint`,
    'alter table station_transaction alter column told_at_ms drop default',
    'create index on station_transaction (station_id, told_at_ms)',
    "create index on station_transaction (told_at_ms) where state = 'closed'",
    'create index on station_transaction (evse_id, number)',
    'create index on message (transaction_id)',
    'create index on offer (asked_at_ms)',
    "create index on session_end (evse_id) where state = 'due'",
    'create index on session_end (transaction_id)',
    'create index on unbilled (noted_at_ms)',
  ),
  sqlMigration(
    '0007_given_back',
    `create table given_back (
      transaction_id text primary key, session_id text, station_id text not null, evse_id text,
      milli_wh bigint not null, from_ms bigint not null, until_ms bigint not null, signed jsonb not null,
      noted_at_ms bigint not null)`,
    'create index on given_back (noted_at_ms)',
  ),
  sqlMigration(
    '0008_booked',
    // Numbers below are those that operators choose.
    `create table booked (
      number integer generated always as identity (start with 1000000000) primary key,
      station_id text not null, reservation_id text not null, evse_id text not null, tag text not null,
      waits_until_ms bigint not null, state text not null check (state in ('due', 'kept', 'used', 'gone')), said text,
      told_since_ms bigint, changed_at_ms bigint not null, unique (station_id, reservation_id))`,
    "create index on booked (changed_at_ms) where state in ('used', 'gone')",
  ),
];
