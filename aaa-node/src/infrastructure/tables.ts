import type { Generated } from 'kysely';

export interface InfrastructureProviderTable {
  /** As the registry's station records name it. */
  provider_id: string;
  sub: string;
  name: string;
  login: string;
  password_hash: string;
  state: 'active' | 'closed';
  created_at_ms: number;
}

/** What an infrastructure provider gets of one session at its station. */
export interface ProviderShareTable {
  session_id: string;
  /** Null when the registry did not know the station. */
  provider_id: string | null;
  station_id: string;
  currency: string;
  start_ms: number;
  end_ms: number;
  energy_wh: bigint;
  micros: bigint;
  /** Of these, what payouts have counted. */
  paid_out_micros: Generated<bigint>;
}

/** What a provider is paid: its shares since the last payout, rounded down, the rest carried to its next one. */
export interface PayoutTable {
  payout_id: string;
  provider_id: string;
  period_id: string;
  currency: string;
  /** Order of all payouts. */
  number: Generated<bigint>;
  share_micros: bigint;
  brought_micros: bigint;
  amount_micros: bigint;
  carried_micros: bigint;
  made_at_ms: number;
}

/** Money that left for a payout, by the end-to-end id under which it did. */
export interface PayoutTransferTable {
  payout_id: string;
  end_to_end_id: string;
  state: 'paid' | 'returned';
  changed_at_ms: number;
}

export const payoutTables = [
  // Of a share, what payouts have counted so far: what a dispute changes later is in the next one.
  'alter table provider_share add column paid_out_micros bigint not null default 0',
  'create index on provider_share (provider_id, currency, end_ms) where micros <> paid_out_micros',
  `create table payout (
    payout_id text primary key, provider_id text not null, period_id text not null, currency text not null,
    number bigint generated always as identity unique, share_micros bigint not null, brought_micros bigint not null,
    amount_micros bigint not null check (amount_micros >= 0), carried_micros bigint not null,
    made_at_ms double precision not null,
    check (share_micros + brought_micros = amount_micros + carried_micros))`,
  'create index on payout (provider_id, currency, number)',
  `create table payout_transfer (
    payout_id text not null references payout, end_to_end_id text not null,
    state text not null check (state in ('paid', 'returned')), changed_at_ms double precision not null,
    primary key (payout_id, end_to_end_id))`,
];
