import { sqlMigration, type Migration } from '@roamgrid/service-kit';
import type { ColumnType } from 'kysely';

/** The last version of each signal that a house was told. */
export interface EnergySignalTable {
  house_id: string;
  said_by: string;
  signal_id: string;
  version: bigint;
  /** When the last of all its versions is over: until then an earlier one cannot come back. */
  over_at_ms: bigint;
  /** Which came later: its last version counts. */
  place: bigint;
  hash: string;
  body: ColumnType<unknown, string, string>;
}

/** Part of the schema of every service that keeps signals. */
export interface SignalDb {
  energy_signal: EnergySignalTable;
}

/** A step of such a service's migrations. */
export const signalMigration = (name: string): Migration =>
  sqlMigration(
    name,
    `create table energy_signal (
      house_id text not null, said_by text not null, signal_id text not null, version bigint not null,
      over_at_ms bigint not null, place bigint not null, hash text not null, body jsonb not null,
      primary key (house_id, said_by, signal_id))`,
  );
