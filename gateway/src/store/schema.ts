import type { ColumnType, Generated } from 'kysely';

/** JSON column: given as text, read as parsed values in wire form (bigints as strings). */
type Json = ColumnType<unknown, string, string>;

/** What the ledger says, as rows; written only by the reader of blocks. */
interface LedgerTables {
  checkpoint: { one: boolean; next_block: bigint; last_hash: string };
  block: { number: bigint; hash: string; previous_hash: string; transactions: number };
  ledger_transaction: {
    block_number: bigint;
    tx_index: number;
    transaction_id: string;
    valid: boolean;
    validation_code: string;
    creator_msp: string;
    at_ms: bigint;
  };
  /** Which transaction wrote, or tried to write, which record. */
  touched: { record_key: string; block_number: bigint; tx_index: number };
  utility: { utility_id: string; record: Json };
  station: { utility_id: string; station_id: string; record: Json };
  agreement: { agreement_id: string; record: Json };
  terms: { agreement_id: string; version: number; body: string };
  tariff: {
    tariff_id: string;
    version: number;
    utility_id: string;
    valid_from_ms: bigint;
    valid_until_ms: bigint;
    record: Json;
  };
  tariff_binding: { agreement_id: string; tariff_id: string; tariff_version: number; record: Json };
  ledger_session: {
    session_id: string;
    state: string;
    vun: string;
    hun: string;
    agreement_id: string;
    opened_at_ms: bigint;
    batch_id: string | null;
    record: Json;
  };
  /** Private bodies of sessions, where this utility is a party. Canonical texts: they hash to what the channel holds. */
  open_body: { session_id: string; station_id: string; cin_ref: string; authorised_by: string; body: string };
  close_body: { session_id: string; batch_id: string; item_index: number; body: string };
  batch: {
    batch_id: string;
    vun: string;
    hun: string;
    from_sequence: number;
    to_sequence: number;
    invoice_id: string | null;
    record: Json;
  };
  batch_header: { batch_id: string; body: string };
  cdr: {
    position: Generated<bigint>;
    session_id: string;
    vun: string;
    hun: string;
    pair_sequence: number;
    batch_id: string;
    end_ms: bigint;
    block_number: bigint;
    cdr: Json;
  };
  invoice: { invoice_id: string; vun: string; hun: string; period_id: string; state: string; record: Json };
  invoice_body: { invoice_id: string; body: string };
  payable: { invoice_id: string; body: string };
  last_invoiced: { vun: string; hun: string; to_sequence: number };
  netting: { netting_id: string; period_id: string; state: string; record: Json };
  demand: { utility_id: string; area_id: string; at_ms: bigint; interval_ms: number; demand_w: string };
  soc: { session_id: string; at_ms: bigint; utility_id: string; station_id: string; soc_ppm: number };
}

/** What this gateway does: sessions of its stations, and what it has yet to tell the ledger. */
interface WorkTables {
  swipe: {
    swipe_id: string;
    station_id: string;
    request_hash: string;
    created_at_ms: bigint;
    /** SwipeAnswer in wire form. */
    answer: Json;
    /** RouteGrant in wire form, for an offer. */
    grant_json: ColumnType<unknown, string | null, string | null>;
  };
  charge: {
    session_id: string;
    swipe_id: string;
    station_id: string;
    evse_id: string;
    hun: string;
    agreement_id: string;
    /** The router's request id. */
    request_id: string;
    state: 'starting' | 'charging' | 'stopped' | 'refused' | 'unrecorded';
    /** Why a start was refused, as a problem code and sentence. */
    refusal: ColumnType<unknown, string | null, string | null>;
    /** SessionOpenBody as canonical text. */
    open_body: string;
    start_request: Json;
    energy_limit_wh: bigint;
    consent_relayed: boolean;
    revoked: boolean;
    started_at_ms: bigint;
    /** StopRequest in wire form and bill, once stopped. */
    stop_request: ColumnType<unknown, string | null, string | null>;
    bill: ColumnType<unknown, string | null, string | null>;
    final_relayed: boolean;
  };
  report: { session_id: string; sequence: number; report: Json; answer: Json; relayed: boolean };
  /** Accepted facts: rows first, then records. */
  fact: {
    fact_id: Generated<bigint>;
    /** Facts of one lane go to the ledger in order. */
    lane: string;
    kind: 'open' | 'record' | 'close' | 'soc';
    /** Makes a repeat harmless. */
    fact_key: string;
    session_id: string;
    payload: Json;
    accepted_at_ms: bigint;
    state: 'pending' | 'formed' | 'committed' | 'refused';
    command_id: string | null;
    refusal_code: string | null;
    refusal_text: string | null;
    /** Told again not before this. */
    not_before_ms: Generated<bigint>;
    attempts: Generated<number>;
  };
  /** Commands formed once and told until their outcome is known. */
  ledger_command: {
    command_id: string;
    lane: string;
    contract: string;
    transaction_name: string;
    argument: string;
    transient: Json;
    endorsers: Json;
    role: string;
    formed_at_ms: bigint;
    state: 'formed' | 'committed' | 'refused';
    transaction_id: string | null;
    block_number: bigint | null;
    refusal_code: string | null;
    refusal_text: string | null;
  };
  pair_sequence: { hun: string; next_sequence: number };
}

export interface GatewayDb extends LedgerTables, WorkTables {}
