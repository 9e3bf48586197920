import type { Generated } from 'kysely';
import type { Json } from '../store/json.ts';

/** What home keeps of phones' credit ledgers, by the phone's key: a new key begins a new ledger. */

/** A record by its outlet's own number, as the phone that began the session knows it. */
export interface OfflineSessionTable {
  session_id: string;
  token_id: string;
  evse_id: string;
  number: number;
}

export interface CreditLedgerTable {
  /** As `offline_phone` has it. */
  key_point: string;
  customer_id: string;
  phone_id: string;
  /** Entries that home has. */
  seq: number;
  /** Hash of the last one, in hex; the genesis before the first. */
  head: string;
  /** What the phone answers next, in hex: an answer to an earlier one says nothing of now. */
  challenge: string;
  challenged_at_ms: number;
  /** Words of home on this ledger. */
  acks: number;
}

export interface CreditEntryTable {
  key_point: string;
  customer_id: string;
  seq: number;
  /** In hex. */
  hash: string;
  /** As the phone signed it, in base64url. */
  entry: string;
}

/** What shows that two phones have one key, or that a phone writes what cannot be. */
export interface CreditFaultTable {
  key_point: string;
  kind: 'forked' | 'rolled-back' | 'unsaid' | 'broken';
  customer_id: string;
  phone_id: string;
  found_at_ms: number;
  detail: string;
  /** What the phone signed, in base64url: where it says that it stands, and its entries. */
  evidence: Json<{ readonly head: string; readonly entries: readonly string[] }>;
  /** What could still be spent then, by currency, in wire form. */
  exposure: Json<readonly object[]>;
  /** When the last of its tokens is over; null when none was good any more. */
  open_until_ms: number | null;
  /** Counted as they are found: instants may be equal. */
  seq: Generated<number>;
}

export const creditTables = [
  `create table offline_session (
    session_id text primary key references cdr, token_id text not null, evse_id text not null, number double precision not null)`,
  'create index on offline_session (token_id)',
  `create table credit_ledger (
    key_point text primary key, customer_id text not null references customer, phone_id text not null,
    seq integer not null check (seq >= 0), head text not null, challenge text not null,
    challenged_at_ms double precision not null, acks integer not null)`,
  'create index on credit_ledger (customer_id)',
  `create table credit_entry (
    key_point text not null references credit_ledger, customer_id text not null, seq integer not null, hash text not null,
    entry text not null, primary key (key_point, seq))`,
  'create index on credit_entry (customer_id)',
  `create table credit_fault (
    key_point text not null references credit_ledger, kind text not null check (kind in ('forked', 'rolled-back', 'unsaid', 'broken')),
    customer_id text not null references customer, phone_id text not null, found_at_ms double precision not null,
    detail text not null, evidence jsonb not null, exposure jsonb not null, open_until_ms double precision,
    primary key (key_point, kind))`,
  'create index on credit_fault (customer_id)',
  'create index on credit_fault (found_at_ms)',
];

/** Lists of what was found go on behind a place in it; it is sorted by that, and no longer by its instant. */
export const creditFaultPlaces = [
  'alter table credit_fault add column seq integer generated always as identity unique',
];
