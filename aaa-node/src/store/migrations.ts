import { bookingTables } from '../booking/tables.ts';
import { givenTables, houseLines } from '../given/tables.ts';
import { seenIdTable, sqlMigration, type Migration } from '@roamgrid/service-kit';
import { creditFaultPlaces, creditTables } from '../offline/credit-tables.ts';
import { offlineTables } from '../offline/tables.ts';
import { driverTokenTables } from '../driver-token/tables.ts';
import { payoutTables } from '../infrastructure/tables.ts';
import {
  contestTables,
  decidedTotals,
  disputeTables,
  lateDisputeTables,
  refusedContestTables,
  takeBackTables,
} from '../review/tables.ts';
import { openingTables } from '../token/tables.ts';

const ruleTable = (name: string): string => `create table ${name} (
  version integer generated always as identity primary key,
  state text not null check (state in ('draft', 'reviewed', 'active', 'withdrawn')),
  rules jsonb not null,
  effective_from_ms double precision not null,
  author text not null,
  reviewer text,
  created_at_ms double precision not null,
  activated_at_ms double precision,
  check (reviewer is null or reviewer <> author))`;

const providerAndCustomers = [
  `create table oidc_payload (
    model text not null, id text not null, payload jsonb not null,
    grant_id text, user_code text, uid text, account_id text,
    consumed_at_s double precision, expires_at_ms double precision,
    primary key (model, id))`,
  'create index on oidc_payload (grant_id) where grant_id is not null',
  'create index on oidc_payload (model, user_code) where user_code is not null',
  'create index on oidc_payload (model, uid) where uid is not null',
  'create index on oidc_payload (account_id) where account_id is not null',
  'create index on oidc_payload (expires_at_ms)',
  `create table customer (
    customer_id text primary key, sub text not null unique,
    customer_class text not null check (customer_class in ('residential', 'commercial')),
    loyalty text not null check (loyalty in ('none', 'gold', 'diamond', 'platinum')),
    whitelist text not null check (whitelist in ('ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER')),
    state text not null check (state in ('active', 'closed', 'erased')),
    pseudonym_key text, driver_consent_above_micros bigint check (driver_consent_above_micros >= 0),
    created_at_ms double precision not null,
    check (state = 'erased' or pseudonym_key is not null))`,
  `create table person (
    customer_id text primary key references customer, name text not null, email text not null,
    login text not null unique, password_hash text not null)`,
  `create table contract (
    contract_id text primary key, customer_id text not null references customer,
    services jsonb not null, partners jsonb, valid_from_ms double precision not null,
    valid_until_ms double precision)`,
  `create table cin (
    cin_ref text primary key, cin text not null unique, contract_id text not null references contract,
    customer_id text not null references customer,
    state text not null check (state in ('active', 'blocked', 'lost')),
    issued_at_ms double precision not null, state_at_ms double precision not null, device_key jsonb)`,
  'create index on cin (customer_id)',
  `create table account (
    account_id text primary key, customer_id text not null unique references customer,
    payment_method text not null check (payment_method in ('postpaid', 'prepaid')),
    currency text not null, credit_limit_micros bigint not null check (credit_limit_micros >= 0),
    balance_micros bigint not null,
    check (payment_method = 'postpaid' or credit_limit_micros = 0))`,
  `create table hold (
    hold_id text primary key, account_id text not null references account,
    micros bigint not null check (micros >= 0),
    state text not null check (state in ('open', 'settled', 'released')),
    expires_at_ms double precision not null)`,
  "create index on hold (account_id) where state = 'open'",
];

const accounting = [
  `create table journal (
    entry_id text primary key, kind text not null check (kind in ('cdr', 'held', 'top-up', 'payment')),
    booked_at_ms double precision not null, currency text not null)`,
  `create table posting (
    entry_id text not null references journal, line integer not null,
    ledger_account text not null, micros bigint not null, primary key (entry_id, line))`,
  'create index on posting (ledger_account)',
  `create table bill (
    bill_id text primary key, customer_id text not null references customer, period_id text not null,
    currency text not null, state text not null check (state in ('open', 'issued', 'paid')),
    unique (customer_id, period_id, currency))`,
  `create table cdr (
    session_id text primary key, vun text not null, lane_id text not null, lane_sequence integer not null,
    cin_ref text not null, customer_id text references customer, authorised_by text not null, consent_by text not null, profile_id text,
    currency text not null, total_micros bigint not null, hun_micros bigint not null,
    vun_micros bigint not null, infrastructure_micros bigint not null, driver_micros bigint not null,
    energy_wh bigint not null, start_ms double precision not null, end_ms double precision not null,
    body jsonb not null, opened_at_ms double precision not null, open_body text, verdict text not null check (verdict in ('posted', 'held')),
    reasons jsonb not null, judged_at_ms double precision not null, bill_id text references bill,
    bill_currency text not null, bill_total_micros bigint not null, bill_driver_micros bigint not null, exchange jsonb,
    unique (lane_id, lane_sequence),
    check (total_micros = hun_micros + vun_micros + infrastructure_micros + driver_micros))`,
  "create index on cdr (end_ms) where verdict = 'posted' and bill_id is null",
  'create index on cdr (bill_id)',
  "create index on cdr (judged_at_ms) where verdict = 'held'",
  `create table exchange_rate (
    from_currency text not null, to_currency text not null, rate_micros bigint not null check (rate_micros > 0),
    source text not null, valid_from_ms double precision not null, valid_until_ms double precision not null,
    set_by text not null, primary key (from_currency, to_currency, valid_from_ms))`,
  'create table feed (feed text primary key, cursor text not null)',
  `create table invoice_review (
    invoice_id text primary key, vun text not null,
    outcome text not null check (outcome in ('accepted', 'refused', 'waiting')),
    reasons jsonb not null, reviewed_at_ms double precision not null)`,
];

const roaming = [
  `create table decision (
    vun text not null, session_id text not null, offer_hash text not null,
    customer_id text not null references customer, cin_ref text not null,
    decision jsonb not null, offer jsonb not null, refused_code text, hold_id text references hold,
    decided_at_ms double precision not null, rate jsonb, seq integer generated always as identity unique, primary key (vun, session_id))`,
  `create table swipe (
    auth_req_id text primary key, vun text not null, session_id text not null,
    foreign key (vun, session_id) references decision)`,
  `create table home_session (
    vun text not null, session_id text not null,
    customer_id text not null references customer, account_id text not null references account,
    cin_ref text not null, hold_id text not null references hold, currency text not null,
    cap_micros bigint not null, signed_quote text, open_body text not null,
    consented_at_ms double precision not null,
    state text not null check (state in ('consented', 'finished', 'billed')), final jsonb,
    primary key (vun, session_id), foreign key (vun, session_id) references decision)`,
  `create table home_report (
    vun text not null, session_id text not null, sequence integer not null, report jsonb not null,
    energy_wh bigint not null, running_micros bigint not null,
    primary key (vun, session_id, sequence),
    foreign key (vun, session_id) references home_session)`,
  `create table issued_profile (
    profile_id text primary key, vun text not null, lane_id text not null, customer_id text not null references customer,
    cin_ref text not null, currency text not null, per_session_micros bigint not null,
    exposure_micros bigint not null, max_sessions integer not null,
    revocation_grace_ms double precision not null, signed_profile text not null, profile jsonb not null,
    valid_from_ms double precision not null, valid_until_ms double precision not null,
    revoked_at_ms double precision)`,
  'create index on issued_profile (cin_ref)',
  'create index on issued_profile (customer_id)',
  `create table revocation (
    seq integer generated always as identity primary key, vun text not null,
    profile_id text not null unique references issued_profile, revoked_at_ms double precision not null,
    told_at_ms double precision, tries integer not null default 0,
    next_try_ms double precision not null default 0)`,
  'create index on revocation (vun, seq)',
  'create index on revocation (next_try_ms) where told_at_ms is null',
  `create table kept_session (
    session_id text primary key, profile_id text not null references issued_profile,
    hold_id text references hold, signed_quote text, open_body text,
    state text not null check (state in ('open', 'booked')), micros bigint not null check (micros >= 0),
    expires_at_ms double precision not null, check (state = 'booked' or open_body is not null))`,
  'create index on kept_session (profile_id)',
];

const payments = [
  'alter table journal drop constraint journal_kind_check',
  `alter table journal add check (kind in ('cdr', 'held', 'top-up', 'payment', 'refund', 'reversal'))`,
  `create table payment (
    payment_id text primary key, kind text not null check (kind in ('payment', 'refund')),
    account_id text not null references account, reference text unique,
    micros bigint not null check (micros > 0), currency text not null, value_date text not null,
    booked_at_ms double precision not null, reversal_id text, reversal_reason text,
    reversed_at_ms double precision, check ((reversal_id is null) = (reversed_at_ms is null)))`,
  'create index on payment (account_id, booked_at_ms)',
  'alter table bill add column issued_at_ms double precision',
  'alter table bill add column paid_micros bigint not null default 0 check (paid_micros >= 0)',
  "alter table bill add check ((state = 'open') = (issued_at_ms is null))",
];

const offersOfACard = [
  'alter table hold add column offer_of text',
  'alter table hold add column placed_at_ms double precision not null',
  "create index on hold (offer_of) where state = 'open'",
];

const visitors = [
  `create table visitor_profile (
    visitor_key text not null, lane_id text not null, hun text not null,
    profile_id text not null unique, signed_profile text not null, profile jsonb not null,
    valid_until_ms double precision not null, revoked_at_ms double precision,
    primary key (visitor_key, lane_id))`,
  'create table visitor_home (hun text primary key, cursor text not null, read_at_ms double precision not null)',
  `create table visitor_exposure (
    session_id text primary key, visitor_key text not null, profile_id text not null, hun text not null,
    micros bigint not null check (micros >= 0),
    state text not null check (state in ('reserved', 'consented', 'booked')),
    expires_at_ms double precision not null)`,
  'create index on visitor_exposure (profile_id)',
  `create table visitor_report (
    session_id text not null, sequence integer not null, report jsonb not null,
    primary key (session_id, sequence))`,
];

/** History of the node's own schema. A released step never changes. */
export const aaaMigrations: readonly Migration[] = [
  sqlMigration('0001_provider_and_customers_with_devices', ...providerAndCustomers),
  sqlMigration('0002_accounting_judged_again', ...accounting),
  sqlMigration('0003_roaming_by_session_or_ledger', ...roaming),
  sqlMigration('0004_visitors', ...visitors),
  sqlMigration('0005_charging_rules', ...['crp_residential', 'crp_commercial', 'crp_partner'].map(ruleTable)),
  sqlMigration('0006_offers_of_a_card', ...offersOfACard),
  sqlMigration(
    '0007_failed_sign_ins',
    `create table sign_in_failure (
      subject text primary key, failures integer not null check (failures >= 0),
      until_ms double precision not null)`,
    'create index on sign_in_failure (until_ms)',
  ),
  sqlMigration('0008_payments', ...payments),
  sqlMigration('0009_seen_ids', ...seenIdTable),
  sqlMigration(
    '0010_pruned_by_time',
    ...[
      'decision (decided_at_ms)',
      'swipe (vun, session_id)',
      'home_session (consented_at_ms)',
      'hold (expires_at_ms)',
      'issued_profile (valid_until_ms)',
      'visitor_profile (valid_until_ms)',
      'visitor_exposure (expires_at_ms)',
    ].map((columns) => `create index on ${columns}`),
  ),
  sqlMigration(
    '0011_infrastructure_providers',
    `create table infrastructure_provider (
      provider_id text primary key, sub text not null unique, name text not null, login text not null unique,
      password_hash text not null, state text not null check (state in ('active', 'closed')),
      created_at_ms double precision not null)`,
    `create table provider_share (
      session_id text primary key, provider_id text, station_id text not null, currency text not null,
      start_ms double precision not null, end_ms double precision not null,
      energy_wh bigint not null, micros bigint not null check (micros >= 0))`,
    'create index on provider_share (provider_id, end_ms, session_id)',
  ),
  sqlMigration(
    '0012_origin',
    `create table origin_cancellation (
      cancellation_id text primary key, command jsonb not null,
      state text not null check (state in ('told', 'done', 'refused')), formed_at_ms double precision not null)`,
    `create table origin_match (
      cancellation_id text not null references origin_cancellation, session_id text not null,
      generator_id text not null, quarter_ms double precision not null, from_wh bigint not null,
      range_wh bigint not null, energy_wh bigint not null check (energy_wh > 0), salt text not null,
      match_root text not null, steps jsonb not null, source text not null, area_id text not null,
      primary key (generator_id, quarter_ms, from_wh, session_id))`,
    'create index on origin_match (session_id)',
    'create index on origin_match (cancellation_id)',
  ),
  sqlMigration(
    '0013_token_holds',
    'alter table account drop constraint account_payment_method_check',
    'alter table account drop constraint account_check',
    "alter table account add check (payment_method in ('postpaid', 'prepaid', 'crypto'))",
    "alter table account add check (payment_method <> 'prepaid' or credit_limit_micros = 0)",
    `create table token_hold (
      hold_id text primary key, account_id text not null references account, token_hold_id text not null,
      chain_id text not null, micros bigint not null check (micros > 0), drawer text not null,
      expires_at_ms double precision not null,
      state text not null check (state in ('open', 'drawing', 'drawn', 'lapsed', 'gone')),
      draw_micros bigint check (draw_micros > 0), draw_day text, block_hash text not null,
      seen_at_ms double precision not null,
      check ((draw_micros is null) = (draw_day is null)), check (state <> 'drawing' or draw_micros is not null))`,
    "create index on token_hold (account_id) where state in ('open', 'drawing')",
  ),
  sqlMigration(
    '0014_languages',
    'alter table person add language text',
    'alter table visitor_profile add language text',
  ),
  sqlMigration('0015_disputes', ...disputeTables),
  sqlMigration('0016_late_disputes', ...lateDisputeTables),
  sqlMigration('0017_driver_contests', ...contestTables),
  sqlMigration('0018_payouts', ...payoutTables),
  sqlMigration('0019_token_openings', ...openingTables),
  sqlMigration('0020_refused_contests', ...refusedContestTables),
  sqlMigration('0021_driver_tokens', ...driverTokenTables),
  sqlMigration('0022_take_backs', ...takeBackTables),
  sqlMigration(
    '0023_running_sessions',
    "create index on home_session (session_id) where state = 'consented'",
    'create index on driver_token (cin_ref) where asks_partner',
  ),
  sqlMigration('0024_booking_fees', ...bookingTables),
  sqlMigration('0025_offline_tokens', ...offlineTables),
  sqlMigration('0026_given_by_cars', ...givenTables),
  sqlMigration('0027_phone_credit', ...creditTables),
  sqlMigration('0028_credit_fault_places', ...creditFaultPlaces),
  sqlMigration('0029_decided_totals', ...decidedTotals),
  sqlMigration('0030_house_lines', ...houseLines),
];
