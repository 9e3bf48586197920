import type { Generated } from 'kysely';
import type { DisputeOutcome, DisputeReason } from '@roamgrid/wire';

/** A charge record that this home utility does not accept, from before the ledger is told of it until it is cleared. */
export interface RecordDisputeTable {
  session_id: string;
  /** The invoice that it is taken off; null until one with it comes. */
  invoice_id: string | null;
  /** The ledger's; null until the ledger has it. */
  dispute_id: string | null;
  reason: DisputeReason;
  /** Fixed with the row: what is told again is the same. */
  evidence: string;
  /** The node's own checks, or the operator who contests it. */
  raised_by: string;
  raised_at_ms: number;
  state: 'raised' | 'disputed' | DisputeOutcome | 'settled';
  /** What it came to, once it is cleared. */
  outcome: Generated<DisputeOutcome | null>;
  /** The record's total then, in its currency. */
  decided_micros: Generated<bigint | null>;
  /** How the record stood when the ledger took the dispute: billed ones are corrected on a later bill. */
  stood: 'posted' | 'held' | 'billed' | null;
}

/** What became of a record that stands on an issued bill: it goes on a later one, what was issued stays as it is. */
export interface BillCorrectionTable {
  session_id: string;
  dispute_id: string;
  customer_id: string;
  currency: string;
  outcome: 'revised' | 'credited';
  /** What is added to the bill; negative where less is owed. */
  total_micros: bigint;
  driver_micros: bigint;
  decided_at_ms: number;
  bill_id: string | null;
}

/** A dispute about a record of this visited utility, once its outcome is in the owners' shares. */
export interface DisputeFollowedTable {
  dispute_id: string;
  is_final: boolean;
}

/** A record of this visited utility's that it takes back itself. */
export interface TakeBackTable {
  session_id: string;
  statement: string;
  /** JSON of the close that takes the settled one's place; credited whole without one. */
  close: string | null;
  said_by: string;
  said_at_ms: number;
  /** Whether home has heard it. */
  state: 'waiting' | 'told' | 'refused';
  refusal: string | null;
}

export const takeBackTables = [
  `create table take_back (
    session_id text primary key, statement text not null, close text, said_by text not null,
    said_at_ms double precision not null, state text not null check (state in ('waiting', 'told', 'refused')),
    refusal text, check ((refusal is null) = (state <> 'refused')))`,
  "create index on take_back (session_id) where state = 'waiting'",
];

export const disputeTables = [
  'alter table cdr drop constraint cdr_verdict_check',
  "alter table cdr add check (verdict in ('posted', 'held', 'disputed', 'credited'))",
  'alter table cdr add column evse_id text',
  'alter table cdr add column meter_key text',
  'alter table cdr add column from_milli_wh bigint',
  'alter table cdr add column to_milli_wh bigint',
  'create index on cdr (evse_id, end_ms) where evse_id is not null',
  'create index on cdr (meter_key, to_milli_wh) where evse_id is not null',
  'create index on cdr (cin_ref, end_ms) where evse_id is not null',
  'alter table journal drop constraint journal_kind_check',
  `alter table journal add check (kind in ('cdr', 'held', 'dispute', 'top-up', 'payment', 'refund', 'reversal'))`,
  'alter table invoice_review drop constraint invoice_review_outcome_check',
  "alter table invoice_review add check (outcome in ('accepted', 'in-part', 'refused', 'waiting'))",
  `create table record_dispute (
    session_id text primary key references cdr, invoice_id text, dispute_id text unique, reason text not null,
    evidence text not null, raised_by text not null, raised_at_ms double precision not null,
    state text not null check (state in ('raised', 'disputed', 'upheld', 'revised', 'credited', 'settled')),
    stood text check (stood in ('posted', 'held', 'billed')),
    check ((dispute_id is null) = (state = 'raised')), check ((stood is null) = (state = 'raised')))`,
  "create index on record_dispute (invoice_id) where state not in ('credited', 'settled')",
  `create table bill_correction (
    session_id text primary key references cdr, dispute_id text not null unique,
    customer_id text not null references customer, currency text not null,
    outcome text not null check (outcome in ('revised', 'credited')),
    total_micros bigint not null, driver_micros bigint not null, decided_at_ms double precision not null,
    bill_id text references bill)`,
  'create index on bill_correction (bill_id)',
  'create index on bill_correction (decided_at_ms) where bill_id is null',
  `create table dispute_followed (dispute_id text primary key, is_final boolean not null)`,
  'create index on dispute_followed (dispute_id) where not is_final',
];

export const lateDisputeTables = [
  'alter table cdr add column invoice_id text',
  'alter table record_dispute add column is_late boolean not null default false',
];

/** What a driver said about a session on his bill. */
export interface DriverContestTable {
  session_id: string;
  customer_id: string;
  statement: string;
  contested_at_ms: number;
  state: 'open' | 'answered' | 'raised';
  answer: string | null;
  /** Why the ledger did not take home's dispute of the record, the last time. */
  refusal: string | null;
}

export const contestTables = [
  `create table driver_contest (
    session_id text primary key references cdr, customer_id text not null references customer, statement text not null,
    contested_at_ms double precision not null, state text not null check (state in ('open', 'answered', 'raised')),
    answer text, check ((answer is null) = (state <> 'answered')))`,
  'create index on driver_contest (customer_id)',
  "create index on driver_contest (contested_at_ms) where state = 'open'",
  "alter table record_dispute add column outcome text check (outcome in ('upheld', 'revised', 'credited'))",
];

export const refusedContestTables = [
  'alter table driver_contest add column refusal text',
  'alter table record_dispute drop column is_late',
  "create index on record_dispute (session_id) where state = 'raised'",
];

/** Of what was decided before about issued bills, what can be told from them: a bill in another currency than its record says the difference in that alone. */
export const decidedTotals = [
  'alter table record_dispute add column decided_micros bigint',
  `update record_dispute d set decided_micros = case k.outcome when 'credited' then 0 else c.total_micros + k.total_micros end
    from cdr c join bill_correction k using (session_id)
    where d.session_id = c.session_id and (k.outcome = 'credited' or c.bill_currency = c.currency)`,
];
