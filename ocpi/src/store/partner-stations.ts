import { sqlMigration, type Migration } from '@roamgrid/service-kit';

/** What a token was answered at a partner's outlet. */
export interface PartnerOfferTable {
  /** The authorisation's reference, and the swipe's id at the gateway. */
  reference: string;
  partner_id: string;
  evse_id: string;
  token_key: string;
  state: 'asked' | 'offered' | 'refused' | 'used';
  /** JSON of the gateway's offer. */
  offer: string | null;
  asked_at_ms: number;
  /** By the gateway's clock. */
  valid_until_ms: number | null;
}

/** A session of a partner's in which a customer of the consortium charges. */
export interface PartnerSessionTable {
  partner_id: string;
  owner: string;
  session_key: string;
  /** As the partner spells it; null where only its CDR was told. */
  session_id: string | null;
  evse_id: string | null;
  reference: string | null;
  state: 'starting' | 'open' | 'closed' | 'refused';
  /** JSON of what the gateway was told. */
  told: string | null;
  /** Why there is no session on the ledger. */
  code: string | null;
  detail: string | null;
  /** The CDR that ended it. */
  cdr_key: string | null;
  is_over: boolean;
  heard_at_ms: number;
  /** Whether the partner is to stop it, and what it said. */
  stop: 'due' | 'asked' | 'not-possible' | null;
  stop_note: string | null;
  stop_tries: number;
  stop_at_ms: number | null;
  /** JSON of what the partner's CDR states otherwise than the ledger's bill; null until both are known. */
  differences: string | null;
}

/** Ends of sessions until the gateway takes them, and then what it billed. */
export interface PartnerEndTable {
  position?: bigint;
  gateway_session_id: string;
  partner_id: string;
  owner: string;
  session_key: string;
  evse_id: string;
  was_started: boolean;
  request: string;
  /** The operator's own statement, where the meter's is told first. */
  otherwise: string | null;
  state: 'due' | 'taken' | 'dropped';
  attempts: number;
  next_at_ms: number;
  refusal: string | null;
  /** JSON of the gateway's bill. */
  bill: string | null;
}

/** The operator's own register of a partner's outlet: it only ascends. */
export interface PartnerRegisterTable {
  meter_id: string;
  register_milli_wh: bigint;
  page: bigint;
  /** By the gateway's clock. */
  ended_at_ms: number;
}

/** Energy that a partner states and nobody is billed for, with why. */
export interface PartnerUnbilledTable {
  partner_id: string;
  owner: string;
  /** Of its session or its CDR. */
  object_key: string;
  code: string;
  milli_wh: bigint;
  detail: string;
  noted_at_ms: number;
}

export interface PartnerStationsTables {
  partner_offer: PartnerOfferTable;
  partner_session: PartnerSessionTable;
  partner_end: PartnerEndTable;
  partner_register: PartnerRegisterTable;
  partner_unbilled: PartnerUnbilledTable;
}

const PARTNER = 'partner_id text not null references partner on delete cascade';

export const partnerStationsMigration: Migration = sqlMigration(
  'our customers at partners’ stations',
  `create table partner_offer (
    reference text primary key, ${PARTNER}, evse_id text not null, token_key text not null,
    state text not null check (state in ('asked', 'offered', 'refused', 'used')), offer text,
    asked_at_ms double precision not null, valid_until_ms double precision)`,
  `create unique index on partner_offer (partner_id, evse_id, token_key) where state = 'asked'`,
  'create index on partner_offer (partner_id, evse_id, token_key, asked_at_ms)',
  // A session outlives its partner: what was charged is to be billed.
  `create table partner_session (
    partner_id text not null, owner text not null, session_key text not null, session_id text, evse_id text,
    reference text, state text not null check (state in ('starting', 'open', 'closed', 'refused')), told text,
    code text, detail text, cdr_key text, is_over boolean not null, heard_at_ms double precision not null,
    stop text check (stop in ('due', 'asked', 'not-possible')), stop_note text, stop_tries integer not null,
    stop_at_ms double precision, differences text, primary key (partner_id, owner, session_key))`,
  "create unique index on partner_session (evse_id) where state in ('starting', 'open')",
  "create index on partner_session (stop_at_ms) where stop = 'due'",
  `create table partner_end (
    position bigint generated always as identity primary key, gateway_session_id text not null unique,
    partner_id text not null, owner text not null, session_key text not null, evse_id text not null,
    was_started boolean not null, request text not null, otherwise text,
    state text not null check (state in ('due', 'taken', 'dropped')), attempts integer not null,
    next_at_ms double precision not null, refusal text, bill text)`,
  "create index on partner_end (position) where state = 'due'",
  'create index on partner_end (partner_id, owner, session_key)',
  `create table partner_register (
    meter_id text primary key, register_milli_wh bigint not null, page bigint not null, ended_at_ms double precision not null)`,
  `create table partner_unbilled (
    partner_id text not null, owner text not null, object_key text not null, code text not null, milli_wh bigint not null,
    detail text not null, noted_at_ms double precision not null, primary key (partner_id, owner, object_key, code))`,
);
