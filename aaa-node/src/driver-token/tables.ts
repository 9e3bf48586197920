import type { DriverToken } from '@roamgrid/wire';

/** What identifies a customer beside the CIN. The token itself is not stored: its key is an HMAC under the node's own secret. */
export interface DriverTokenTable {
  token_id: string;
  token_key: string;
  type: DriverToken['type'];
  cin_ref: string;
  /** In the operator's words, to tell a card's tokens apart. */
  label: string | null;
  state: 'active' | 'blocked';
  /** It is of a partner outside who is asked each time. */
  asks_partner: boolean;
  registered_at_ms: number;
  state_at_ms: number;
}

/** How often an asker named tokens that nobody here has, in the window that ends then. */
export interface TokenMissTable {
  asker: string;
  misses: number;
  until_ms: number;
}

export const driverTokenTables = [
  `create table driver_token (
    token_id text primary key, token_key text not null unique,
    type text not null check (type in ('rfid', 'emaid', 'app')), cin_ref text not null references cin, label text,
    state text not null check (state in ('active', 'blocked')), asks_partner boolean not null,
    registered_at_ms double precision not null,
    state_at_ms double precision not null)`,
  'create index on driver_token (cin_ref)',
  `create table token_miss (
    asker text primary key, misses integer not null check (misses >= 0), until_ms double precision not null)`,
];
