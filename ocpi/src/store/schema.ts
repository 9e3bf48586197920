import type { Kysely, Transaction } from 'kysely';
import type { PartnerCreditTable } from './partner-credits.ts';
import type { PartnerStationsTables } from './partner-stations.ts';

/** One party of a partner's platform, in one role. */
export interface PartnerRole {
  readonly role: string;
  readonly country: string;
  readonly party: string;
}

/** Where a partner's platform takes what. */
export interface PartnerEndpoint {
  readonly module: string;
  readonly role: 'SENDER' | 'RECEIVER';
  readonly url: string;
}

export type PartnerState = 'invited' | 'registered' | 'left' | 'suspended';

export interface PartnerTable {
  partner_id: string;
  name: string;
  state: PartnerState;
  /** Parties as `NLMSP` that it may speak for; fixed by the operator. */
  parties: string;
  /** JSON of {@link PartnerRole}s, as it registered them. */
  roles: string;
  /** JSON of {@link PartnerEndpoint}s. */
  endpoints: string;
  version: string | null;
  versions_url: string | null;
  /** Its token for us, closed by the configuration's key. */
  sealed_token: Buffer | null;
  token_encoding: 'base64' | 'plain';
  /** SHA-256 of the TLS client certificate without which its tokens are no good. */
  certificate_sha256: string | null;
  /** When its token is to be made new, by our clock. */
  rotate_at_ms: number | null;
}

export interface PartnerTokenTable {
  /** SHA-256 of a token that we gave: the token itself is with the partner alone. */
  token_hash: string;
  partner_id: string;
  kind: 'invitation' | 'access';
  made_at_ms: number;
  expires_at_ms: number;
  used_at_ms: number | null;
  /** In the order in which they were given. */
  seq?: bigint;
}

/** What the door owns and shows to partners. */
export interface OwnObjectTable {
  module: string;
  /** Its id without case; of a token with its type. */
  object_key: string;
  /** Whom it is for; empty for every partner. */
  audience: string;
  body: string;
  updated_at_ms: number;
  seq?: bigint;
}

/** What partners own and told. */
export interface PeerObjectTable {
  partner_id: string;
  module: string;
  /** Country and party, `NLMSP`. */
  owner: string;
  object_key: string;
  body: string;
  updated_at_ms: number;
  received_at_ms: number;
  seq?: bigint;
}

export interface OutboxTable {
  seq?: bigint;
  partner_id: string;
  module: string;
  object_key: string;
  /** What has the same is told one after the other: an object, or all CDRs of a session. */
  turn_key: string;
  /** A `PATCH` has the whole object in its body, of which what moves is told. */
  method: 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Behind the endpoint's address. */
  path: string;
  body: string;
  made_at_ms: number;
  attempts: number;
  next_at_ms: number;
  /** Why the partner refused it for good; it is tried no more until it is told again. */
  refused: string | null;
}

/** What was asked of a partner's stations. */
export interface CommandTable {
  command_id: string;
  partner_id: string;
  kind: string;
  body: string;
  /** What it said at once. */
  response: string | null;
  /** JSON of what came of it. */
  result: string | null;
  made_at_ms: number;
  expires_at_ms: number;
}

export interface PullMarkTable {
  partner_id: string;
  module: string;
  /** Everything that changed before this has been taken. */
  until_ms: number;
}

/** What partners told and nobody has looked at yet. */
export interface InboxTable {
  seq?: bigint;
  partner_id: string;
  module: string;
  owner: string;
  object_key: string;
  attempts: number;
  next_at_ms: number;
  /** Why it could not be dealt with the last time. */
  fault: string | null;
}

/** What our own engine says of a partner's CDR. */
export interface CdrVerdictTable {
  partner_id: string;
  owner: string;
  object_key: string;
  state: 'equal' | 'different' | 'not-ratable' | 'credited' | 'credit';
  /** JSON of each total that is another, or of why there is no price. */
  differences: string;
  /** JSON of the engine's lines. */
  rated: string | null;
  /** Of a credit: the key of the CDR that it names. */
  credits_key: string | null;
  /** Of a CDR: the credit that took it back. */
  credited_by: string | null;
  judged_at_ms: number;
}

/** The utility's customer who stands in for a partner's. */
export interface StandInTable {
  partner_id: string;
  customer_id: string;
}

/** A partner's token as a card of that customer. */
export interface StandInCardTable {
  partner_id: string;
  token_key: string;
  owner: string;
  cin_ref: string;
  /** JSON of the ids under which the AAA node knows what the card itself is shown by. */
  token_ids: string;
  state: 'active' | 'blocked';
  /** What its contract's id has in common however it is written; null where it has none that counts. */
  contract: string | null;
  /** The contract's id at the AAA node, where this card has it and no other card of the same contract. */
  contract_token_id: string | null;
}

/** What is known of a session of a partner's customer until its record is told. */
export interface StandInSessionTable {
  session_id: string;
  cin_ref: string;
  /** `asked`: the partner said yes, and nobody has consented yet; `over`: nothing is told of it any more. */
  state: 'asked' | 'running' | 'over';
  /** When the partner said yes to it in real time; null where it was not asked. */
  asked_at_ms: number | null;
  /** By which the partner knows that yes. */
  reference: string | null;
  /** Of the report that was told last. */
  sequence: number;
  told_at_ms: number;
  /** When it can no longer come to a bill; null before the driver's consent. */
  counts_until_ms: number | null;
}

/** How far a feed of the gateway's has been read. */
export interface FeedMarkTable {
  feed: string;
  cursor: string;
}

/** Records of the ledger that partners have yet to be shown. */
export interface CdrOutTable {
  session_id: string;
  cin_ref: string;
  /** The gateway's item, as JSON. */
  item: string;
  attempts: number;
  next_at_ms: number;
  fault: string | null;
}

/** What disputes of such records came to, which partners have yet to be told. */
export interface CorrectionOutTable {
  dispute_id: string;
  session_id: string;
  /** The gateway's item, as JSON. */
  dispute: string;
  attempts: number;
  next_at_ms: number;
  fault: string | null;
}

export interface OcpiDatabase extends PartnerStationsTables {
  partner_credit: PartnerCreditTable;
  correction_out: CorrectionOutTable;
  stand_in: StandInTable;
  stand_in_card: StandInCardTable;
  stand_in_session: StandInSessionTable;
  feed_mark: FeedMarkTable;
  cdr_out: CdrOutTable;
  inbox: InboxTable;
  cdr_verdict: CdrVerdictTable;
  partner: PartnerTable;
  partner_token: PartnerTokenTable;
  own_object: OwnObjectTable;
  peer_object: PeerObjectTable;
  outbox: OutboxTable;
  command: CommandTable;
  pull_mark: PullMarkTable;
}

export type Db = Kysely<OcpiDatabase> | Transaction<OcpiDatabase>;
