import type { ReservationState } from '@roamgrid/wire';
import type { Json } from '../store/json.ts';

/** Whose wish a reservation came of, and by which rate its fees are billed. */
export interface BookingWishTable {
  reservation_id: string;
  customer_id: string;
  /** Of an account in another currency than the agreement's. */
  exchange: Json<object> | null;
  /** When what was wished is over at the latest. */
  until_ms: number;
}

/** What a reservation came to, and each later change of that, on its way to a bill. */
export interface BookingChargeTable {
  reservation_id: string;
  /** From 1 on. */
  number: number;
  /** Null when it is nobody's that this node knows. */
  customer_id: string | null;
  vun: string;
  evse_id: string;
  from_ms: number;
  until_ms: number;
  state: ReservationState;
  currency: string;
  /** What is added to what was owed before; negative where less is owed. */
  micros: bigint;
  bill_currency: string;
  bill_micros: bigint;
  exchange: Json<object> | null;
  owed_at_ms: number;
  bill_id: string | null;
}

/** An absence at an own outlet that may still be shown to be none: it is owed when that time is over. */
export interface BookingAwaitedTable {
  reservation_id: string;
  due_at_ms: number;
  /** The reservation as the ledger had it. */
  shown: Json<object>;
}

export const bookingTables = [
  `create table booking_wish (
    reservation_id text primary key, customer_id text not null references customer, exchange jsonb,
    until_ms double precision not null)`,
  'create index on booking_wish (customer_id, until_ms)',
  `create table booking_charge (
    reservation_id text not null, number int not null, customer_id text references customer, vun text not null,
    evse_id text not null, from_ms double precision not null, until_ms double precision not null, state text not null,
    currency text not null, micros bigint not null, bill_currency text not null, bill_micros bigint not null,
    exchange jsonb, owed_at_ms double precision not null, bill_id text references bill,
    primary key (reservation_id, number))`,
  'create index on booking_charge (bill_id)',
  'create index on booking_charge (owed_at_ms) where bill_id is null and customer_id is not null',
  `create table booking_awaited (
    reservation_id text primary key, due_at_ms double precision not null, shown jsonb not null)`,
  'create index on booking_awaited (due_at_ms)',
  'alter table journal drop constraint journal_kind_check',
  `alter table journal add check
    (kind in ('cdr', 'held', 'dispute', 'booking', 'top-up', 'payment', 'refund', 'reversal'))`,
];
