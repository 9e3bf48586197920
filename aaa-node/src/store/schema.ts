import type { Bill, Cdr, ConsentKind, HomeInterim, PublicJwk, RefusalCode } from '@roamgrid/wire';
import type { GivenCreditTable } from '../given/tables.ts';
import type { BookingAwaitedTable, BookingChargeTable, BookingWishTable } from '../booking/tables.ts';
import type { DriverTokenTable, TokenMissTable } from '../driver-token/tables.ts';
import type {
  CreditEntryTable,
  CreditFaultTable,
  CreditLedgerTable,
  OfflineSessionTable,
} from '../offline/credit-tables.ts';
import type { OfflinePhoneTable, OfflineQuoteTable, OfflineTokenTable } from '../offline/tables.ts';
import type { JournalKind } from '../accounting/journal.ts';
import type {
  InfrastructureProviderTable,
  PayoutTable,
  PayoutTransferTable,
  ProviderShareTable,
} from '../infrastructure/tables.ts';
import type {
  BillCorrectionTable,
  DisputeFollowedTable,
  DriverContestTable,
  RecordDisputeTable,
  TakeBackTable,
} from '../review/tables.ts';
import type { OriginCancellationTable, OriginMatchTable } from '../origin/tables.ts';
import type { TokenHoldTable } from '../token/tables.ts';
import type { Json } from './json.ts';
import type { Generated } from 'kysely';

/**
 * Tables of one utility's AAA node. Money is `bigint` micro-units in the account's currency; instants are whole
 * milliseconds since 1970 as `double precision`, exact far beyond the year 9999.
 */

export type CustomerClass = 'residential' | 'commercial';
export type Loyalty = 'none' | 'gold' | 'diamond' | 'platinum';
export type Whitelist = 'ALWAYS' | 'ALLOWED' | 'ALLOWED_OFFLINE' | 'NEVER';
export type PaymentMethod = 'postpaid' | 'prepaid' | 'crypto';

/** A model instance of the OpenID provider. */
interface OidcPayloadTable {
  model: string;
  id: string;
  payload: Json<Record<string, unknown>>;
  grant_id: string | null;
  user_code: string | null;
  uid: string | null;
  account_id: string | null;
  consumed_at_s: number | null;
  expires_at_ms: number | null;
}

/** A customer without anything personal. */
interface CustomerTable {
  customer_id: string;
  /** Subject of the OpenID tokens. */
  sub: string;
  customer_class: CustomerClass;
  loyalty: Loyalty;
  whitelist: Whitelist;
  state: 'active' | 'closed' | 'erased';
  /** 32 bytes in hex; deleting it cuts the ledger's `cinRef`s from the person for good. */
  pseudonym_key: string | null;
  /** The driver's own device must consent to caps above this; null for none. */
  driver_consent_above_micros: bigint | null;
  created_at_ms: number;
}

/** The only table with personal data. */
interface PersonTable {
  customer_id: string;
  name: string;
  email: string;
  login: string;
  /** In which stations of others speak to them, too (ISO 639-1). */
  language: string | null;
  /** `scrypt$N$r$p$salt$hash` */
  password_hash: string;
}

interface ContractTable {
  contract_id: string;
  customer_id: string;
  services: Json<readonly string[]>;
  /** Visited utilities where it holds; null for all. */
  partners: Json<readonly string[]> | null;
  valid_from_ms: number;
  valid_until_ms: number | null;
}

interface CinTable {
  cin_ref: string;
  cin: string;
  contract_id: string;
  customer_id: string;
  state: 'active' | 'blocked' | 'lost';
  issued_at_ms: number;
  state_at_ms: number;
  /** Public key of the driver's own device, where one is bound. */
  device_key: Json<PublicJwk> | null;
}

/**
 * `balance` is what the customer has (prepaid) or, when negative, owes (postpaid, crypto). The credit limit of one who pays
 * by token is what is held in escrow for this utility.
 */
interface AccountTable {
  account_id: string;
  customer_id: string;
  payment_method: PaymentMethod;
  currency: string;
  credit_limit_micros: bigint;
  balance_micros: bigint;
}

/** Part of an account's means that a session may use up. */
interface HoldTable {
  hold_id: string;
  account_id: string;
  micros: bigint;
  /** `released`: newer swipes of the card took its place. */
  state: 'open' | 'settled' | 'released';
  /** The card to which it is an offer that nobody took yet. */
  offer_of: string | null;
  placed_at_ms: number;
  expires_at_ms: number;
}

interface JournalTable {
  /** Says what the entry is of, so that it can be made once: `cdr:<vun>:<cdrId>`. */
  entry_id: string;
  kind: JournalKind;
  booked_at_ms: number;
  currency: string;
}

/** Money of a customer that went through the bank. */
interface PaymentTable {
  payment_id: string;
  kind: 'payment' | 'refund';
  account_id: string;
  /** What the bank calls it; nothing once the person is forgotten. */
  reference: string | null;
  micros: bigint;
  currency: string;
  value_date: string;
  booked_at_ms: number;
  reversal_id: string | null;
  reversal_reason: string | null;
  reversed_at_ms: number | null;
}

/** One line of a journal entry; the lines of an entry sum to zero (debits positive, credits negative). */
interface PostingTable {
  entry_id: string;
  line: number;
  ledger_account: string;
  micros: bigint;
}

interface DecisionTable {
  vun: string;
  session_id: string;
  offer_hash: string;
  customer_id: string;
  cin_ref: string;
  decision: Json<Record<string, unknown>>;
  /** In wire form, for the checks of the consent. */
  offer: Json<Record<string, unknown>>;
  refused_code: RefusalCode | null;
  hold_id: string | null;
  decided_at_ms: number;
  seq: Generated<number>;
  /** What the rate was computed from, in wire form; null without a rule. */
  rate: Json<Record<string, unknown>> | null;
}

interface SwipeTable {
  auth_req_id: string;
  vun: string;
  session_id: string;
}

interface HomeSessionTable {
  vun: string;
  session_id: string;
  customer_id: string;
  account_id: string;
  cin_ref: string;
  hold_id: string;
  currency: string;
  cap_micros: bigint;
  /** Null when the ledger told of the session before its visited utility did. */
  signed_quote: string | null;
  /** Canonical text of the opening that home said yes to. */
  open_body: string;
  consented_at_ms: number;
  state: 'consented' | 'finished' | 'billed';
  final: Json<Record<string, unknown>> | null;
}

interface HomeReportTable {
  vun: string;
  session_id: string;
  sequence: number;
  report: Json<Record<string, unknown>>;
  energy_wh: bigint;
  running_micros: bigint;
}

/** Profiles that this utility signed for others. */
interface IssuedProfileTable {
  profile_id: string;
  vun: string;
  lane_id: string;
  customer_id: string;
  cin_ref: string;
  currency: string;
  per_session_micros: bigint;
  exposure_micros: bigint;
  max_sessions: number;
  /** As agreed when it was signed: how long after its revocation a session may still have opened under it. */
  revocation_grace_ms: number;
  signed_profile: string;
  profile: Json<Record<string, unknown>>;
  valid_from_ms: number;
  valid_until_ms: number;
  revoked_at_ms: number | null;
}

/** A session that a visited utility opened on one of this utility's profiles. */
interface KeptSessionTable {
  session_id: string;
  profile_id: string;
  hold_id: string | null;
  signed_quote: string | null;
  /** Canonical text; null when the ledger told of the session before its visited utility did. */
  open_body: string | null;
  state: 'open' | 'booked';
  /** The cap while it is open, the total once it is booked. */
  micros: bigint;
  /** An open one counts no longer: by then it can no longer be settled. */
  expires_at_ms: number;
}

interface RevocationTable {
  seq: Generated<number>;
  vun: string;
  profile_id: string;
  revoked_at_ms: number;
  /** When the ledger took it; null while that is still to come. */
  told_at_ms: number | null;
  tries: Generated<number>;
  next_try_ms: Generated<number>;
}

/** Failed sign-ins of an account, an address, or one at the other, under a keyed hash. */
interface SignInFailureTable {
  subject: string;
  failures: number;
  until_ms: number;
}

export type RuleState = 'draft' | 'reviewed' | 'active' | 'withdrawn';

/** One version of a rule table. Residential, commercial and partner rules each have a table of their own. */
interface RuleTable {
  version: Generated<number>;
  state: RuleState;
  rules: Json<unknown>;
  effective_from_ms: number;
  author: string;
  reviewer: string | null;
  created_at_ms: number;
  activated_at_ms: number | null;
}

interface VisitorProfileTable {
  /** HMAC of the CIN with the node's own secret: this store never holds a CIN. */
  visitor_key: string;
  lane_id: string;
  hun: string;
  profile_id: string;
  signed_profile: string;
  profile: Json<Record<string, unknown>>;
  /** The visitor's, as home said with the profile. */
  language: string | null;
  valid_until_ms: number;
  revoked_at_ms: number | null;
}

interface VisitorHomeTable {
  hun: string;
  cursor: string;
  read_at_ms: number;
}

interface VisitorExposureTable {
  session_id: string;
  visitor_key: string;
  profile_id: string;
  hun: string;
  /** The profile's largest session while reserved, the cap once consented, the total once booked. */
  micros: bigint;
  state: 'reserved' | 'consented' | 'booked';
  /** A reservation without consent is void after this. */
  expires_at_ms: number;
}

interface VisitorReportTable {
  session_id: string;
  sequence: number;
  report: Json<HomeInterimWire>;
}
type HomeInterimWire = { [K in keyof HomeInterim]: string | number };

interface CdrTable {
  session_id: string;
  vun: string;
  lane_id: string;
  lane_sequence: number;
  cin_ref: string;
  customer_id: string | null;
  authorised_by: 'home' | 'cache';
  /** Who signed that the driver consents. */
  consent_by: ConsentKind;
  /** Of a session on a kept profile. */
  profile_id: string | null;
  currency: string;
  total_micros: bigint;
  hun_micros: bigint;
  vun_micros: bigint;
  infrastructure_micros: bigint;
  driver_micros: bigint;
  energy_wh: bigint;
  start_ms: number;
  end_ms: number;
  body: Json<CdrWire>;
  opened_at_ms: number;
  /** Canonical text, while the record is held: it is judged again with what came with it. */
  open_body: string | null;
  /** `disputed`: on nobody's bill until that is over; `credited`: over, and nothing is owed. */
  verdict: 'posted' | 'held' | 'disputed' | 'credited';
  reasons: Json<readonly string[]>;
  judged_at_ms: number;
  /** What the customer is billed, in the account's own currency. */
  bill_currency: string;
  bill_total_micros: bigint;
  bill_driver_micros: bigint;
  /** The rate, in wire form, where that is another currency than the session's. */
  exchange: Json<Record<string, unknown>> | null;
  bill_id: string | null;
  /** What it takes up, once it was reviewed with its invoice. */
  evse_id: Generated<string | null>;
  /** The invoice that it was reviewed with last. */
  invoice_id: Generated<string | null>;
  meter_key: Generated<string | null>;
  from_milli_wh: Generated<bigint | null>;
  to_milli_wh: Generated<bigint | null>;
}
type CdrWire = { [K in keyof Cdr]: unknown };

/** What one unit of a currency is in another one, as an operator stated it with its source. */
interface ExchangeRateTable {
  from_currency: string;
  to_currency: string;
  rate_micros: bigint;
  source: string;
  valid_from_ms: number;
  valid_until_ms: number;
  set_by: string;
}

interface FeedTable {
  feed: string;
  cursor: string;
}

interface BillTable {
  bill_id: string;
  customer_id: string;
  period_id: string;
  currency: string;
  state: Bill['state'];
  issued_at_ms: number | null;
  /** Of what customers paid, what came to this bill. */
  paid_micros: Generated<bigint>;
}

interface InvoiceReviewTable {
  invoice_id: string;
  vun: string;
  outcome: 'accepted' | 'in-part' | 'refused' | 'waiting';
  reasons: Json<readonly string[]>;
  reviewed_at_ms: number;
}

export interface AaaDatabase {
  oidc_payload: OidcPayloadTable;
  sign_in_failure: SignInFailureTable;
  customer: CustomerTable;
  person: PersonTable;
  contract: ContractTable;
  cin: CinTable;
  account: AccountTable;
  hold: HoldTable;
  token_hold: TokenHoldTable;
  journal: JournalTable;
  posting: PostingTable;
  payment: PaymentTable;
  infrastructure_provider: InfrastructureProviderTable;
  provider_share: ProviderShareTable;
  payout: PayoutTable;
  payout_transfer: PayoutTransferTable;
  decision: DecisionTable;
  swipe: SwipeTable;
  home_session: HomeSessionTable;
  home_report: HomeReportTable;
  issued_profile: IssuedProfileTable;
  kept_session: KeptSessionTable;
  revocation: RevocationTable;
  crp_residential: RuleTable;
  crp_commercial: RuleTable;
  crp_partner: RuleTable;
  visitor_profile: VisitorProfileTable;
  visitor_home: VisitorHomeTable;
  visitor_exposure: VisitorExposureTable;
  visitor_report: VisitorReportTable;
  cdr: CdrTable;
  origin_cancellation: OriginCancellationTable;
  origin_match: OriginMatchTable;
  exchange_rate: ExchangeRateTable;
  feed: FeedTable;
  bill: BillTable;
  invoice_review: InvoiceReviewTable;
  record_dispute: RecordDisputeTable;
  bill_correction: BillCorrectionTable;
  booking_wish: BookingWishTable;
  booking_charge: BookingChargeTable;
  booking_awaited: BookingAwaitedTable;
  given_credit: GivenCreditTable;
  dispute_followed: DisputeFollowedTable;
  take_back: TakeBackTable;
  driver_contest: DriverContestTable;
  driver_token: DriverTokenTable;
  token_miss: TokenMissTable;
  offline_phone: OfflinePhoneTable;
  offline_quote: OfflineQuoteTable;
  offline_token: OfflineTokenTable;
  offline_session: OfflineSessionTable;
  credit_ledger: CreditLedgerTable;
  credit_entry: CreditEntryTable;
  credit_fault: CreditFaultTable;
}
