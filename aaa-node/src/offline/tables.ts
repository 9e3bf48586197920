import type { PublicJwk } from '@roamgrid/wire';
import type { Json } from '../store/json.ts';

/** A phone that may hold tokens. One that was taken back stays: its key is good for nothing more. */
export interface OfflinePhoneTable {
  customer_id: string;
  /** The phone's own choice. */
  phone_id: string;
  label: string;
  key: Json<PublicJwk>;
  /** Names the key, whoever has it: two customers cannot have one phone. */
  key_point: string;
  state: 'active' | 'revoked';
  registered_at_ms: number;
  revoked_at_ms: number | null;
}

/** A price that was shown, until it is agreed to or out of its time. */
export interface OfflineQuoteTable {
  quote_id: string;
  customer_id: string;
  cin_ref: string;
  vun: string;
  /** Canonical text of what was asked. */
  asked: string;
  signed_quote: string;
  /** The rate that was fixed with it, where the account is in another currency. */
  exchange: Json<object> | null;
  valid_until_ms: number;
}

export interface OfflineTokenTable {
  /** 16 bytes in hex. */
  token_id: string;
  customer_id: string;
  request_id: string;
  phone_id: string;
  cin_ref: string;
  quote_id: string;
  vun: string;
  hold_id: string;
  /** In base64url. */
  token: string;
  signed_quote: string;
  /** What home says beside the token, which the token names by its hash. */
  signed_leave: string;
  /** The phone's consent. */
  consent: string;
  exchange: Json<object> | null;
  energy_wh: bigint;
  currency: string;
  cost_micros: bigint;
  sessions: number;
  state: 'open' | 'revoked' | 'settled';
  issued_at_ms: number;
  from_ms: number;
  until_ms: number;
  /** Until then money is held for it. */
  held_until_ms: number;
  /** When the utility of the chargers was told of the leave; no phone has the token before. */
  told_at_ms: number | null;
}

export const offlineTables = [
  `create table offline_phone (
    customer_id text not null references customer, phone_id text not null, label text not null,
    key jsonb not null, key_point text not null unique, state text not null check (state in ('active', 'revoked')),
    registered_at_ms double precision not null, revoked_at_ms double precision,
    primary key (customer_id, phone_id), check ((state = 'revoked') = (revoked_at_ms is not null)))`,
  `create table offline_quote (
    quote_id text primary key, customer_id text not null references customer, cin_ref text not null, vun text not null,
    asked text not null, signed_quote text not null, exchange jsonb, valid_until_ms double precision not null)`,
  'create index on offline_quote (valid_until_ms)',
  `create table offline_token (
    token_id text primary key, customer_id text not null references customer, request_id text not null,
    phone_id text not null, cin_ref text not null, quote_id text not null, vun text not null, hold_id text not null references hold,
    token text not null, signed_quote text not null, signed_leave text not null, consent text not null, exchange jsonb,
    energy_wh bigint not null, currency text not null, cost_micros bigint not null check (cost_micros > 0),
    sessions integer not null, state text not null check (state in ('open', 'revoked', 'settled')),
    issued_at_ms double precision not null, from_ms double precision not null, until_ms double precision not null, held_until_ms double precision not null,
    told_at_ms double precision, unique (customer_id, request_id), unique (quote_id))`,
  'create index on offline_token (customer_id, until_ms)',
  "create index on offline_token (cin_ref) where state = 'open'",
  'create index on offline_token (held_until_ms)',
  'create index on offline_token (hold_id)',
];
