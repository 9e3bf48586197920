import type { ColumnType } from 'kysely';

/** What the gateway keeps of chargers that hear of nobody. */
export interface OfflineTables {
  offline_charger: {
    evse_id: string;
    /** The charger's public key: it is at one outlet. */
    key_point: string;
    /** In base64url. */
    certificate: string;
    from_ms: number;
    until_ms: number;
  };
  /** What phones brought. Two that say different things under one number are both kept: which is true the booking judges. */
  offline_record: {
    evse_id: string;
    outlet_number: bigint;
    /** SHA-256 of its one spelling, in hex. */
    plain_hash: string;
    /** The same, in base64url. */
    record: string;
    token_id: string;
    state: 'taken' | 'booked' | 'refused';
    refusal_code: string | null;
    refusal_text: string | null;
    taken_at_ms: number;
    /** When its booking is looked at again. */
    next_at_ms: number;
  };
  /** By the token beside which home signed it. */
  offline_leave: { token_id: string; hun: string; leave: string; until_ms: number };
  /** What the utility has phones carry, one of a kind to whom it is about. */
  offline_word: {
    subject: string;
    kind: string;
    version: bigint;
    /** What it says, as text: the same is not signed again. */
    said: string;
    /** COSE_Sign1 in base64url, and the key that signed it. */
    word: string;
    kid: string;
    made_at_ms: number;
  };
  /** What a charger said of itself last. */
  offline_said: {
    evse_id: string;
    /** The key that signed it: a charger that takes another's place begins anew. */
    key_point: string;
    boot_counter: bigint;
    uptime_ms: bigint;
    said: ColumnType<unknown, string, string>;
  };
  /** What a charger gave in a quarter of an hour, counted from 1970, by its own word. */
  offline_load: { evse_id: string; quarter: number; milli_wh: bigint };
  /** What was planned for a site from an instant on: as it was answered, and what was wanted of each quarter of an hour. */
  offline_plan: { site_id: string; from_ms: number; plan: string; slots: string };
  /** The phone for which an own or a partner's customer reserves, by the token that it showed last: the x of its key, in hex. */
  offline_driver: { cin_ref: string; driver: string; shown_at_ms: number; issued_at_s: number };
  /** Who may release firmware of a model, and its latest release. */
  firmware_keys: { model: string; version: bigint; keys: string };
  firmware_release: { model: string; version: bigint; release: string; image: Uint8Array };
}

export const offlineTables = [
  `create table offline_charger (evse_id text primary key, key_point text not null unique, certificate text not null,
     from_ms double precision not null, until_ms double precision not null)`,
  `create table offline_record (evse_id text not null, outlet_number int8 not null, plain_hash text not null, record text not null,
     token_id text not null, state text not null check (state in ('taken', 'booked', 'refused')), refusal_code text, refusal_text text,
     taken_at_ms double precision not null, next_at_ms double precision not null,
     primary key (evse_id, outlet_number, plain_hash))`,
  `create unique index offline_record_booked on offline_record (evse_id, outlet_number) where state = 'booked'`,
  `create index offline_record_taken on offline_record (next_at_ms) where state = 'taken'`,
  `create index on offline_record (token_id)`,
  `create table offline_leave (token_id text primary key, hun text not null, leave text not null, until_ms double precision not null)`,
];

export const offlineWordTables = [
  `create table offline_word (subject text not null, kind text not null, version int8 not null, said text not null, word text not null,
     kid text not null, made_at_ms double precision not null, primary key (subject, kind))`,
  `create table offline_said (evse_id text primary key, key_point text not null, boot_counter int8 not null, uptime_ms int8 not null,
     said jsonb not null)`,
  `create table offline_driver (cin_ref text primary key, driver text not null, shown_at_ms double precision not null)`,
  `create table firmware_keys (model text not null, version int8 not null, keys text not null, primary key (model, version))`,
  `create table firmware_release (model text primary key, version int8 not null, release text not null, image bytea not null)`,
];

/** A token that was issued before the one that was shown says nothing of who comes. */
export const offlineDriverIssued = [
  `alter table offline_driver add column issued_at_s double precision not null default 0`,
];

/** Readings of chargers that hear of nobody. */
export const offlineLoadTables = [
  `create table offline_load (evse_id text not null, quarter int not null, milli_wh int8 not null, primary key (evse_id, quarter))`,
];

/** Plans of sites, to be scored by what came. */
export const offlinePlanTables = [
  `create table offline_plan (site_id text not null, from_ms double precision not null, plan text not null, slots text not null,
     primary key (site_id, from_ms))`,
];

/** Which site's words an outlet is named in is asked for each phone on its way there. */
export const offlineSiteIndex = [
  `create index offline_word_site on offline_word using gin ((said::jsonb -> 'chargers')) where kind in ('unavailable', 'caps')`,
];

/** Phones were kept by a part of their key, of which no outlet's own name can be made: they show their tokens anew, and operators say whose outlets are. */
export const offlineDriverWhole = [
  `delete from offline_driver where length(driver) < 64`,
  `delete from offline_word where kind = 'rules' and said like '%"drivers":["%'`,
];
