import { seenIdTable, sqlMigration, type Migration } from '@roamgrid/service-kit';
import { partnerCreditsMigration } from './partner-credits.ts';
import { partnerStationsMigration } from './partner-stations.ts';

/** The tables of the door, in the order in which they came. */
export const ocpiMigrations: readonly Migration[] = [
  sqlMigration(
    'partners, objects, outbox',
    ...seenIdTable,
    `create table partner (
      partner_id text primary key, name text not null,
      state text not null check (state in ('invited', 'registered', 'left', 'suspended')),
      parties text not null, roles text not null, endpoints text not null, version text, versions_url text,
      sealed_token bytea, token_encoding text not null check (token_encoding in ('base64', 'plain')),
      certificate_sha256 text, rotate_at_ms double precision)`,
    `create table partner_token (
      token_hash text primary key, partner_id text not null references partner on delete cascade,
      kind text not null check (kind in ('invitation', 'access')),
      made_at_ms double precision not null, expires_at_ms double precision not null, used_at_ms double precision,
      seq bigint generated always as identity)`,
    'create index on partner_token (partner_id)',
    `create table own_object (
      module text not null, object_key text not null, audience text not null default '', body text not null,
      updated_at_ms double precision not null, seq bigint generated always as identity,
      primary key (module, object_key, audience))`,
    'create index on own_object (module, seq)',
    `create table peer_object (
      partner_id text not null references partner on delete cascade, module text not null, owner text not null,
      object_key text not null, body text not null, updated_at_ms double precision not null,
      received_at_ms double precision not null, seq bigint generated always as identity,
      primary key (partner_id, module, owner, object_key))`,
    `create table outbox (
      seq bigint generated always as identity primary key, partner_id text not null references partner on delete cascade,
      module text not null, object_key text not null, method text not null check (method in ('PUT', 'POST', 'DELETE')),
      path text not null, body text not null, made_at_ms double precision not null, attempts integer not null,
      next_at_ms double precision not null, refused text)`,
    'create index on outbox (partner_id, module, object_key, seq)',
    `create table command (
      command_id text primary key, partner_id text not null references partner on delete cascade, kind text not null,
      body text not null, response text, result text,
      made_at_ms double precision not null, expires_at_ms double precision not null)`,
    `create table pull_mark (
      partner_id text not null references partner on delete cascade, module text not null,
      until_ms double precision not null, primary key (partner_id, module))`,
  ),
  sqlMigration(
    'what partners told, and what became of it',
    `create table inbox (
      seq bigint generated always as identity primary key, partner_id text not null references partner on delete cascade,
      module text not null, owner text not null, object_key text not null,
      attempts integer not null, next_at_ms double precision not null, fault text)`,
    'create index on inbox (next_at_ms)',
    `create table cdr_verdict (
      partner_id text not null references partner on delete cascade, owner text not null, object_key text not null,
      state text not null check (state in ('equal', 'different', 'not-ratable', 'credited', 'credit')),
      differences text not null, rated text, judged_at_ms double precision not null,
      primary key (partner_id, owner, object_key))`,
  ),
  sqlMigration(
    'customers of partners',
    `create table stand_in (
      partner_id text primary key references partner on delete cascade, customer_id text not null)`,
    `create table stand_in_card (
      partner_id text not null references partner on delete cascade, token_key text not null, owner text not null,
      cin_ref text not null unique, token_ids text not null, state text not null check (state in ('active', 'blocked')),
      reference text, reference_at_ms double precision,
      primary key (partner_id, owner, token_key))`,
    'create table feed_mark (feed text primary key, cursor text not null)',
    `create table cdr_out (
      session_id text primary key, cin_ref text not null, item text not null, attempts integer not null,
      next_at_ms double precision not null, fault text)`,
  ),
  partnerStationsMigration,
  sqlMigration(
    'what waits of one partner',
    'create index on inbox (partner_id, module, owner, object_key, seq)',
  ),
  sqlMigration(
    'corrections of records that partners were told',
    'alter table outbox add column turn_key text',
    'update outbox set turn_key = object_key',
    'alter table outbox alter column turn_key set not null',
    'create index on outbox (partner_id, module, turn_key, seq)',
    `create table correction_out (
      dispute_id text primary key, session_id text not null, dispute text not null, attempts integer not null,
      next_at_ms double precision not null, fault text)`,
  ),
  partnerCreditsMigration,
  sqlMigration(
    'sessions of partners’ customers while they run',
    `create table stand_in_session (
      session_id text primary key, cin_ref text not null,
      state text not null check (state in ('asked', 'running', 'over')), asked_at_ms double precision, reference text,
      sequence integer not null, told_at_ms double precision not null, counts_until_ms double precision)`,
    "create index on stand_in_session (counts_until_ms) where state = 'running'",
    'create index on stand_in_session (told_at_ms)',
    'alter table outbox drop constraint outbox_method_check',
    "alter table outbox add check (method in ('PUT', 'PATCH', 'POST', 'DELETE'))",
    'alter table stand_in_card drop column reference, drop column reference_at_ms',
    'alter table stand_in_card add contract text, add contract_token_id text',
    'create index on stand_in_card (partner_id, contract)',
  ),
];
