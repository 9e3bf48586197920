import type { ColumnType } from 'kysely';

/** JSON column: given as text, read as parsed values in wire form. */
type Json = ColumnType<unknown, string, string>;

/** Houses' batches and vehicles' credits, as blocks have them. */
export interface HouseTables {
  house: { house_ref: string; vun: string; hun: string; record: Json };
  house_batch: { house_ref: string; number: number; record: Json };
  /** Header and packed entries as texts, where this utility is a party, until it purges them. */
  house_body: { house_ref: string; number: number; header: string; entries: string };
  energy_credit: { credit_id: string; from_wh: bigint; holder: string; record: Json };
}

export const houseTables = [
  `create table house (house_ref text primary key, vun text not null, hun text not null, record jsonb not null)`,
  `create table house_batch (house_ref text not null, number int not null, record jsonb not null,
     primary key (house_ref, number))`,
  `create table house_body (house_ref text not null, number int not null, header text not null, entries text not null,
     primary key (house_ref, number))`,
  `create table energy_credit (credit_id text not null, from_wh int8 not null, holder text not null, record jsonb not null,
     primary key (credit_id, from_wh))`,
  `create index on energy_credit (holder, credit_id, from_wh)`,
] as const;
