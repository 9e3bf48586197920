import type { Json } from '../store/json.ts';

/** What a customer's car gave to a site in a batch of its slots, on its way to a bill. */
export interface GivenCreditTable {
  batch_id: string;
  /** The car, as the site knows it. */
  source_id: string;
  /** Null when it is nobody's that this node knows. */
  customer_id: string | null;
  vun: string;
  site_id: string;
  /** DR, V2G or EXPORT of a house; null of what a car gave to a site. */
  line: 'DR' | 'V2G' | 'EXPORT' | null;
  from_ms: number;
  until_ms: number;
  energy_wh: bigint;
  currency: string;
  /** What the customer is owed. */
  micros: bigint;
  /** Null until there is a rate to the account's currency: it is on no bill before. */
  bill_currency: string | null;
  bill_micros: bigint | null;
  exchange: Json<object> | null;
  /** The end of the batch. */
  owed_at_ms: number;
  bill_id: string | null;
}

export const houseLines = ['alter table given_credit add column line text'];

export const givenTables = [
  `create table given_credit (
    batch_id text not null, source_id text not null, customer_id text references customer, vun text not null,
    site_id text not null, from_ms double precision not null, until_ms double precision not null,
    energy_wh bigint not null, currency text not null, micros bigint not null, bill_currency text,
    bill_micros bigint, exchange jsonb, owed_at_ms double precision not null, bill_id text references bill,
    primary key (batch_id, source_id))`,
  'create index on given_credit (bill_id)',
  'create index on given_credit (owed_at_ms) where bill_id is null and customer_id is not null',
  'create index on given_credit (customer_id) where bill_micros is null and customer_id is not null',
  'alter table journal drop constraint journal_kind_check',
  `alter table journal add check
    (kind in ('cdr', 'held', 'dispute', 'booking', 'given', 'top-up', 'payment', 'refund', 'reversal'))`,
];
