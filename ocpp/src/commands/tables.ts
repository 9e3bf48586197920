import type { ColumnType } from 'kysely';

/** Commands by the id that their operator gave them, and the first answer of each. */
export interface CommandTable {
  station_id: string;
  command_id: string;
  /** Of the command: the same id is not good for another. */
  command_hash: string;
  operator: string;
  asked_at_ms: number;
  /** Null while it is asked; for good, when the service ended meanwhile. */
  answer: ColumnType<unknown, string | null, string>;
}

export interface CommandDatabase {
  station_command: CommandTable;
}

export const commandTables = [
  `create table station_command (
    station_id text not null, command_id text not null, command_hash text not null, operator text not null,
    asked_at_ms double precision not null, answer jsonb,
    primary key (station_id, command_id))`,
  'create index on station_command (asked_at_ms)',
];
