import { sqlMigration, type Migration } from '@roamgrid/service-kit';

/** A credit CDR of a partner's for a session in which a customer of the consortium charged, and what came of it. */
export interface PartnerCreditTable {
  partner_id: string;
  owner: string;
  /** Of the credit. */
  object_key: string;
  /** Of the CDR that it takes back. */
  cdr_key: string;
  /** At the gateway; null where nothing is to be corrected. */
  gateway_session_id: string | null;
  /**
   * `waiting`: for a corrected CDR, or for the ledger; `taken`: the record is taken back; `nothing`: nothing is owed less;
   * `question`: for an operator to answer.
   */
  state: 'waiting' | 'taken' | 'nothing' | 'question';
  code: string | null;
  detail: string | null;
  /** JSON of the close that a corrected CDR comes to; the whole record without one. */
  close: string | null;
  attempts: number;
  /** When the ledger is told, or told again. */
  next_at_ms: number;
  /** Why it could not be told the last time. */
  fault: string | null;
  noted_at_ms: number;
}

export const partnerCreditsMigration: Migration = sqlMigration(
  'credits of partners, and what came of them',
  'alter table cdr_verdict add column credited_by text',
  'alter table cdr_verdict add column credits_key text',
  'create index on cdr_verdict (partner_id, owner, credits_key) where credits_key is not null',
  // It outlives its partner, as what was charged does.
  `create table partner_credit (
    partner_id text not null, owner text not null, object_key text not null, cdr_key text not null,
    gateway_session_id text, state text not null check (state in ('waiting', 'taken', 'nothing', 'question')),
    code text, detail text, close text, attempts integer not null, next_at_ms double precision not null, fault text,
    noted_at_ms double precision not null, primary key (partner_id, owner, object_key))`,
  'create index on partner_credit (partner_id, owner, cdr_key)',
  "create index on partner_credit (next_at_ms) where state = 'waiting'",
  'create index on partner_session (partner_id, owner, cdr_key)',
);
