import { sqlMigration, type Migration } from '@roamgrid/service-kit';
import type { ColumnType, Generated, Kysely } from 'kysely';
import { openAdrMigration, type OpenAdrDb } from '../surfaces/openadr/vtn/object-store.ts';
import { signalMigration, type SignalDb } from '../signals/signal-table.ts';

/** JSON column: given as text, read as parsed values in wire form. */
type Json = ColumnType<unknown, string, string>;

/** Every order that may be in force at a site, and which run of the service tells them. */
interface StandingOrdersTable {
  site_id: string;
  epoch: bigint;
  at_ms: bigint;
  orders: Json;
}

interface DecisionTable {
  decision_id: Generated<bigint>;
  site_id: string;
  at_ms: bigint;
  body: Json;
}

interface SampleTable {
  site_id: string;
  at_ms: bigint;
  device: string;
  kind: 'source' | 'load';
  measured_w: bigint;
  energy_milli_wh: bigint;
}

interface SettingsTable {
  site_id: string;
  version: number;
  change_id: string;
  change_hash: string;
  operator: string;
  at_ms: bigint;
  body: Json;
}

export interface RequestTable {
  site_id: string;
  request_id: string;
  request_hash: string;
  operator: string;
  state: 'kept' | 'offered' | 'denied' | 'declined' | 'released' | 'expired';
  asked_at_ms: bigint;
  /** When it ends by itself; null when only a release ends it. */
  until_ms: bigint | null;
  load_id: string;
  claim: Json;
  answer: Json;
}

interface GuardTable {
  site_id: string;
  trip: ColumnType<unknown, string | null, string | null>;
}

interface EventTable {
  event_id: Generated<bigint>;
  site_id: string;
  at_ms: bigint;
  kind: 'trip' | 'reset' | 'change' | 'start';
  operator: string | null;
  detail: string;
  /** The batch of a house that it is in. */
  house_ref: Generated<string | null>;
  house_number: Generated<number | null>;
}

/** What a house's panel notes for the ledger, and the batch that it is in. */
interface HouseNoteTable {
  note_id: Generated<bigint>;
  site_id: string;
  at_ms: bigint;
  body: Json;
  house_ref: Generated<string | null>;
  house_number: Generated<number | null>;
}

/** Batches of a house on their way to the ledger. The body stays until the ledger has them. */
interface HouseBatchTable {
  site_id: string;
  house_ref: string;
  number: number;
  from_ms: bigint;
  until_ms: bigint;
  header_hash: string;
  state: 'open' | 'taken' | 'refused';
  /** What samples came to by its end, by source. */
  counted: Json;
  refusal: string | null;
  body: Json;
  block_number: bigint | null;
  transaction_id: string | null;
}

/** What the cloud leaves to a site, as it goes by it. */
interface CloudLeaseTable {
  site_id: string;
  limit_w: bigint;
  lapses_at_ms: bigint;
  may_take_w: bigint;
}

/** What was decided for a slot. */
interface SlotTable {
  site_id: string;
  slot_ms: bigint;
  compute_w: bigint;
  body: Json;
}

/** What the meter of a cabinet of servers, or of a car, signed; by the id of its load or source. */
interface ComputeIntervalTable {
  site_id: string;
  load_id: string;
  from_ms: bigint;
  to_ms: bigint;
  body: Json;
}

/** Slots on their way to the ledger. The body stays until the ledger has them. */
interface AllocationBatchTable {
  site_id: string;
  from_ms: bigint;
  until_ms: bigint;
  batch_id: string;
  state: 'open' | 'taken' | 'refused';
  servers_wh: bigint;
  carry_milli_wh: bigint;
  given_wh: Generated<bigint>;
  /** By source. */
  car_carry: Json;
  refusal: string | null;
  body: Json;
}

/** What a house's panel has to know after a power cut. */
interface PanelTable {
  site_id: string;
  body: Json;
}

/** A plan of a house, by version. */
interface HomePlanTable {
  site_id: string;
  version: number;
  made_at_ms: bigint;
  body: Json;
}

/** What a user wants of a car, by version. */
interface HomeCarTable {
  site_id: string;
  claim_id: string;
  version: number;
  hash: string;
  operator: string;
  at_ms: bigint;
  body: Json;
}

/** What a house's users were told, once each. */
interface HomeNoticeTable {
  site_id: string;
  notice_key: string;
  at_ms: bigint;
  code: 'TEMPERATURE_DROP' | 'GRID_SURGE';
  detail: string;
}

export interface ControllerDb extends SignalDb, OpenAdrDb {
  panel: PanelTable;
  slot: SlotTable;
  compute_interval: ComputeIntervalTable;
  allocation_batch: AllocationBatchTable;
  cloud_lease: CloudLeaseTable;
  standing_orders: StandingOrdersTable;
  decision: DecisionTable;
  sample: SampleTable;
  site_settings: SettingsTable;
  site_request: RequestTable;
  guard: GuardTable;
  site_event: EventTable;
  home_plan: HomePlanTable;
  home_car: HomeCarTable;
  home_notice: HomeNoticeTable;
  house_note: HouseNoteTable;
  house_batch: HouseBatchTable;
}

export type Db = Kysely<ControllerDb>;

/** History of the controller's schema. A released step never changes. */
export const controllerMigrations: readonly Migration[] = [
  sqlMigration(
    '0001_sites',
    `create table standing_orders (
      site_id text primary key, epoch bigint not null, at_ms bigint not null, orders jsonb not null)`,
    `create table decision (
      decision_id bigint generated always as identity primary key, site_id text not null, at_ms bigint not null,
      body jsonb not null)`,
    'create index on decision (site_id, at_ms)',
    'create index on decision (at_ms)',
    `create table sample (
      site_id text not null, at_ms bigint not null, device text not null, kind text not null check (kind in ('source', 'load')),
      measured_w bigint not null, energy_milli_wh bigint not null, primary key (site_id, at_ms, device))`,
    'create index on sample (at_ms)',
    `create table site_settings (
      site_id text not null, version integer not null, change_id text not null, change_hash text not null,
      operator text not null, at_ms bigint not null, body jsonb not null,
      primary key (site_id, version), unique (site_id, change_id))`,
    `create table site_request (
      site_id text not null, request_id text not null, request_hash text not null, operator text not null,
      state text not null check (state in ('kept', 'offered', 'denied', 'declined', 'released', 'expired')),
      asked_at_ms bigint not null, until_ms bigint, load_id text not null, claim jsonb not null, answer jsonb not null,
      primary key (site_id, request_id))`,
    "create index on site_request (site_id) where state in ('kept', 'offered')",
    'create index on site_request (asked_at_ms)',
    'create table guard (site_id text primary key, trip jsonb)',
    `create table site_event (
      event_id bigint generated always as identity primary key, site_id text not null, at_ms bigint not null,
      kind text not null check (kind in ('trip', 'reset', 'change', 'start')), operator text, detail text not null)`,
    'create index on site_event (site_id, at_ms)',
    'create index on site_event (at_ms)',
    `create table cloud_lease (
      site_id text primary key, limit_w bigint not null, lapses_at_ms bigint not null, may_take_w bigint not null)`,
  ),
  sqlMigration(
    '0002_records',
    `create table slot (
      site_id text not null, slot_ms bigint not null, compute_w bigint not null, body jsonb not null,
      primary key (site_id, slot_ms))`,
    'create index on slot (slot_ms)',
    `create table compute_interval (
      site_id text not null, load_id text not null, from_ms bigint not null, to_ms bigint not null, body jsonb not null,
      primary key (site_id, load_id, from_ms))`,
    'create index on compute_interval (site_id, load_id, to_ms)',
    'create index on compute_interval (to_ms)',
    `create table allocation_batch (
      site_id text not null, from_ms bigint not null, until_ms bigint not null, batch_id text not null,
      state text not null check (state in ('open', 'taken', 'refused')), servers_wh bigint not null,
      carry_milli_wh bigint not null, refusal text, body jsonb not null, primary key (site_id, from_ms))`,
  ),
  sqlMigration(
    '0003_given_by_cars',
    `alter table allocation_batch add column given_wh bigint not null default 0,
      add column car_carry jsonb not null default '{}'`,
  ),
  signalMigration('0004_signals'),
  sqlMigration('0005_panel', 'create table panel (site_id text primary key, body jsonb not null)'),
  openAdrMigration('0006_openadr'),
  sqlMigration(
    '0007_homes',
    `create table home_plan (
      site_id text not null, version integer not null, made_at_ms bigint not null, body jsonb not null,
      primary key (site_id, version))`,
    'create index on home_plan (made_at_ms)',
    `create table home_car (
      site_id text not null, claim_id text not null, version integer not null, hash text not null, operator text not null,
      at_ms bigint not null, body jsonb not null, primary key (site_id, claim_id, version))`,
    `create table home_notice (
      site_id text not null, notice_key text not null, at_ms bigint not null,
      code text not null check (code in ('TEMPERATURE_DROP', 'GRID_SURGE')), detail text not null,
      primary key (site_id, notice_key))`,
    'create index on home_notice (at_ms)',
  ),
  sqlMigration(
    '0007_houses',
    `create table house_note (
      note_id bigint generated always as identity primary key, site_id text not null, at_ms bigint not null,
      body jsonb not null, house_ref text, house_number integer)`,
    'create index on house_note (site_id, at_ms) where house_ref is null',
    'create index on house_note (at_ms)',
    'alter table site_event add column house_ref text, add column house_number integer',
    `create table house_batch (
      site_id text not null, house_ref text not null, number integer not null, from_ms bigint not null,
      until_ms bigint not null, header_hash text not null, state text not null check (state in ('open', 'taken', 'refused')),
      counted jsonb not null, refusal text, body jsonb not null, block_number bigint, transaction_id text,
      primary key (site_id, house_ref, number))`,
  ),
];
