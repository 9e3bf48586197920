import type { ConsentKind } from '@roamgrid/wire';
import type { ColumnType, Generated } from 'kysely';
import type { BookingTables } from './booking-tables.ts';
import type { DisputeTables } from './dispute-tables.ts';
import type { HouseTables } from './house-tables.ts';
import type { OfflineTables } from '../offline/tables.ts';

/** JSON column: given as text, read as parsed values in wire form (bigints as strings). */
type Json = ColumnType<unknown, string, string>;

/** What the ledger says, as rows; written only by the reader of blocks. */
interface LedgerTables {
  checkpoint: { one: boolean; next_block: bigint; last_hash: string };
  block: { number: bigint; hash: string; previous_hash: string; entry: string; transactions: number };
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
  /** Openings of lanes, each with the root over its sessions' open bodies. */
  opening: { lane_id: string; slot: number; block_number: bigint; record: Json };
  /** Bits of ended numbers as the last block left them: what a block ends is what it adds. */
  lane_ends: { lane_id: string; range_index: number; closed: string; gone: string };
  /** A row a number that a lane opened; all of it is public. */
  ledger_session: {
    lane_id: string;
    number: number;
    session_id: string;
    state: 'opened' | 'closed' | 'voided' | 'expired';
    vun: string;
    hun: string;
    agreement_id: string;
    slot: number;
    opened_at_ms: bigint;
    opened_block: bigint;
    ended_block: bigint | null;
    /** The transaction in that block. */
    ended_tx: number | null;
    batch_id: string | null;
    claim_id: string | null;
  };
  /** Settled sessions, where this utility is a party. `body` and `opening` are the texts that were hashed and packed. */
  settled_session: {
    session_id: string;
    batch_id: string;
    item_index: number;
    station_id: string;
    cin_ref: string;
    authorised_by: string;
    consent_by: ConsentKind;
    body: string;
    opening: string;
  };
  batch: {
    batch_id: string;
    lane_id: string;
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
    lane_id: string;
    lane_sequence: number;
    batch_id: string;
    end_ms: bigint;
    block_number: bigint;
    station_id: string;
    /** That a dispute of the record has, if there is one: known from the settled session's text, which reports need not read. */
    dispute_id: string;
    cdr: Json;
  };
  invoice: { invoice_id: string; vun: string; hun: string; period_id: string; state: string; record: Json };
  invoice_body: { invoice_id: string; body: string };
  payable: { invoice_id: string; body: string };
  last_invoiced: { lane_id: string; to_sequence: number };
  /** All casts of a round and currency share `first_id`, the id of the first. */
  netting: {
    netting_id: string;
    first_id: string;
    cast_number: number;
    period_id: string;
    state: string;
    record: Json;
  };
  payment: { payment_id: string; netting_id: string; state: string; record: Json };
  /** Other records of nettings, by their keys. */
  settlement_record: { record_key: string; kind: string; period_id: string | null; record: Json };
  /** Balances of this utility's pairs, by their keys. */
  pair_balance: { balance_key: string; body: string };
  demand: { utility_id: string; area_id: string; at_ms: bigint; interval_ms: number; demand_w: string };
  /** Chunks as they were recorded, which prices follow. */
  demand_chunk: { utility_id: string; area_id: string; first_at_ms: bigint; record: Json };
  certificate: { generator_id: string; quarter_ms: bigint; record: Json };
  /** Whose a certificate's Wh are, and whether they were used up. */
  holding: {
    generator_id: string;
    quarter_ms: bigint;
    from_wh: bigint;
    to_wh: bigint;
    holder: string;
    cancelled: boolean;
    record: Json;
  };
  /** Notes on running sessions, where this utility is a party. */
  session_note: {
    session_id: string;
    sequence: number;
    at_ms: bigint;
    register_milli_wh: string;
    soc_ppm: number | null;
    note_id: string;
  };
}

/** What this gateway does: sessions of its stations, and what it has yet to tell the ledger. */
interface WorkTables {
  /** The last number that was given in a lane. */
  lane_number: { lane_id: string; last_number: number };
  swipe: {
    swipe_id: string;
    station_id: string;
    request_hash: string;
    /** Given before home is asked; absent for a swipe that was refused without asking. */
    session_id: string | null;
    created_at_ms: bigint;
    /** SwipeAnswer in wire form; absent while home is asked. */
    answer: ColumnType<unknown, string | null, string | null>;
    /** RouteGrant in wire form, for an offer. */
    grant_json: ColumnType<unknown, string | null, string | null>;
    /** What the quote does not repeat of the offer that home saw, in wire form. */
    offer_json: ColumnType<unknown, string | null, string | null>;
  };
  /** What drivers' own devices signed, verified, until the quotes end. */
  driver_consent: {
    session_id: string;
    consented_at_ms: bigint;
    signature: string;
    valid_until_ms: bigint;
  };
  charge: {
    session_id: string;
    swipe_id: string;
    station_id: string;
    evse_id: string;
    hun: string;
    agreement_id: string;
    state: 'starting' | 'charging' | 'ending' | 'stopped' | 'refused' | 'unrecorded';
    /** Why a start was refused, as a problem code and sentence. */
    refusal: ColumnType<unknown, string | null, string | null>;
    /** SessionOpenBody as canonical text. */
    open_body: string;
    consent_by: ConsentKind;
    start_request: Json;
    energy_limit_wh: bigint;
    consent_relayed: boolean;
    revoked: boolean;
    started_at_ms: bigint;
    /** StopRequest in wire form and bill, once stopped. */
    stop_request: ColumnType<unknown, string | null, string | null>;
    bill: ColumnType<unknown, string | null, string | null>;
    /** Why nobody pays for it. */
    unbilled: ColumnType<unknown, string | null | undefined, string | null>;
    final_relayed: boolean;
  };
  report: { session_id: string; sequence: number; report: Json; answer: Json; relayed: boolean };
  /** Accepted facts: rows first, then records. */
  fact: {
    fact_id: Generated<bigint>;
    /** Facts of one queue go to the ledger one command at a time. */
    queue: string;
    kind: 'open' | 'note' | 'settle' | 'void' | 'claim';
    /** Makes a repeat harmless. */
    fact_key: string;
    session_id: string;
    lane_id: string;
    number: number;
    agreement_id: string;
    /** Of a session that ended: its meter's key and its end. */
    meter_id: string | null;
    end_ms: bigint | null;
    payload: Json;
    accepted_at_ms: bigint;
    /** `parked`: the ledger refused it, and it is told again from time to time. `dropped`: its session was closed without it. */
    state: 'pending' | 'formed' | 'committed' | 'parked' | 'dropped';
    command_id: string | null;
    refusal_code: string | null;
    refusal_text: string | null;
    /** Told again not before this. */
    not_before_ms: Generated<bigint>;
    attempts: Generated<number>;
    /** How often it was parked: the pause before it is told again doubles. */
    parkings: Generated<number>;
  };
  /** Commands formed once and told until their outcome is known. */
  ledger_command: {
    command_id: string;
    queue: string;
    contract: string;
    transaction_name: string;
    argument: string;
    transient: Json;
    endorsers: Json;
    role: string;
    /** What is known once it is committed. */
    effects: ColumnType<unknown, string | null | undefined, string | null>;
    formed_at_ms: bigint;
    /** `withdrawn`: its facts go to the ledger in another command. */
    state: 'formed' | 'committed' | 'refused' | 'withdrawn';
    transaction_id: string | null;
    block_number: bigint | null;
    refusal_code: string | null;
    refusal_text: string | null;
  };
  lane_slot: { lane_id: string; next_slot: number };
  lane_sequence: { lane_id: string; next_sequence: number };
  session_opening: { session_id: string; slot: number; leaf_index: number; size: number; path: Json };
  session_claim: { session_id: string; claim_id: string; leaf_index: number; size: number; path: Json };
  meter_entry: {
    lane_group: string;
    meter_id: string;
    end_ms: bigint;
    register_milli_wh: bigint;
    salt: string;
  };
  profile_spent: {
    lane_id: string;
    book: string;
    mark: string;
    profile_id: string;
    micros: bigint;
    sessions: number;
    energy_wh: bigint | null;
    salt: string;
  };
  settled_batch: { batch_id: string };
  offline_booking: {
    evse_id: string;
    outlet_number: bigint;
    start_hash: string;
    session_id: string;
    refusal_code: string | null;
    refusal_text: string | null;
  };
  offline_unpaid: {
    evse_id: string;
    outlet_number: bigint;
    meter_id: string;
    from_milli_wh: bigint;
    to_milli_wh: bigint;
  };
  offline_settled: { evse_id: string; outlet_number: bigint; start_hash: string; session_id: string };
}

/** What this utility said about sessions of its own customers before they charged. */
interface JudgedTables {
  judged_opening: {
    /** SHA-256 of the body: the same body gets the same answer. */
    open_hash: string;
    session_id: string;
    /** OpeningJudgement. */
    outcome: 'good' | 'refused';
    answer: Json;
    station_id: string;
    body: string;
    judged_at_ms: bigint;
  };
}

export interface GatewayDb
  extends LedgerTables, DisputeTables, BookingTables, HouseTables, WorkTables, JudgedTables, OfflineTables {}
