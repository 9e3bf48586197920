import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { encodeCbor, isBytes, isWhole, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import { readSign1, sign1, verifySign1 } from '../cose/sign1.ts';
import type { Signer, Suite } from '../suite/suite.ts';
import { issuerKey, type IssuerList } from '../token/issuer-list.ts';
import { HASH_BYTES } from './credit-entry.ts';

/** Where home stands with a phone's credit ledger, signed by the key by which it signs tokens. */
export interface CreditAck {
  /** The home utility. */
  readonly home: string;
  /** Rises with each of a phone's: an earlier one that comes late changes nothing. */
  readonly number: number;
  /** When home said it, seconds since 1970. */
  readonly atS: number;
  /** The last entry that home has, and its hash; 0 and the genesis before the first. */
  readonly seq: number;
  readonly head: Uint8Array;
  /** Sessions that home booked and the phone has not been told of, {@link MOST_SESSIONS} at most. */
  readonly sessions: readonly BilledSession[];
  /** Of those that the phone has been told of, what has come to something else since: revised or credited, as many at most. */
  readonly revised?: readonly BilledSession[];
  /** Tokens, in hex, by which nothing more is billed in the usual course: what is left of them is the account's again. */
  readonly closed: readonly string[];
}

/** A session as it is on the bill. */
export interface BilledSession {
  /** In hex. */
  readonly tokenId: string;
  readonly evseId: string;
  /** The session's number at its outlet. */
  readonly number: number;
  /** Of the token's currency, tax included. */
  readonly micros: bigint;
}

export type CreditAckError = DomainError<
  'CREDIT_ACK_MALFORMED' | 'CREDIT_ACK_FORGED' // no utility that is believed signed it
>;

export const MOST_SESSIONS = 20;
export const MOST_CLOSED = 20;

const PURPOSE = 'roamgrid-credit-ack';

const sessionRows = (sessions: readonly BilledSession[]): CborValue =>
  sessions.map(({ tokenId, evseId, number, micros }): CborValue => [tokenId, evseId, number, micros]);

/** Signs where home stands. */
export const signCreditAck = (ack: CreditAck, signer: Signer): Promise<Uint8Array> => {
  const { home, number, atS, seq, head, sessions, revised = [], closed } = ack;
  // A phone that knows of no revisions takes every word without any.
  const changed = revised.length === 0 ? [] : [sessionRows(revised)];
  const said = [PURPOSE, home, number, atS, seq, head, sessionRows(sessions), [...closed], ...changed];
  return sign1(encodeCbor(said), signer);
};

const readSession = (value: CborValue): BilledSession | undefined => {
  const [tokenId, evseId, number, cost, ...more] = itemsOf(value);
  if (typeof tokenId !== 'string' || typeof evseId !== 'string' || more.length > 0) return undefined;
  return isWhole(number, 1) && isWhole(cost) ? { tokenId, evseId, number, micros: BigInt(cost) } : undefined;
};

const readSessions = (value: CborValue): readonly BilledSession[] | undefined => {
  const read = itemsOf(value).map(readSession);
  const sessions = read.filter((one) => one !== undefined);
  const isWhole = Array.isArray(value) && sessions.length === read.length;
  return isWhole && sessions.length <= MOST_SESSIONS ? sessions : undefined;
};

const readPayload = (payload: Uint8Array): CreditAck | undefined => {
  const [purpose, home, number, atS, seq, head, billed, over, changed, ...more] = listOf(payload);
  if (purpose !== PURPOSE || typeof home !== 'string' || more.length > 0) return undefined;
  if (!isWhole(number, 1) || !isWhole(atS) || !isWhole(seq)) return undefined;
  if (!isBytes(head) || head.length !== HASH_BYTES || billed === undefined || !Array.isArray(over))
    return undefined;
  const [sessions, revised] = [readSessions(billed), readSessions(changed ?? [])];
  const closed = itemsOf(over as CborValue).filter((one) => typeof one === 'string');
  if (sessions === undefined || revised === undefined || closed.length !== over.length) return undefined;
  return closed.length <= MOST_CLOSED
    ? { home, number, atS, seq, head, sessions, ...(revised.length > 0 && { revised }), closed }
    : undefined;
};

/** What it says, unverified: of an entry that whoever wrote it had verified. */
export const statedAck = (bytes: Uint8Array): CreditAck | undefined => {
  const read = readSign1(bytes);
  return read.ok ? readPayload(read.value.payload) : undefined;
};

/** Reads home's word and verifies that home said it, by the keys that the phone carries for chargers. */
export const readCreditAck = async (
  bytes: Uint8Array,
  members: IssuerList,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<CreditAck, CreditAckError>> => {
  const read = readSign1(bytes);
  const ack = read.ok ? readPayload(read.value.payload) : undefined;
  if (!read.ok || ack === undefined)
    return err({ code: 'CREDIT_ACK_MALFORMED', message: 'it is no word of a utility on credit' });
  const issuer = issuerKey(members, ack.home, read.value.kid, ack.atS);
  const verified = await verifySign1(read.value, issuer?.key, suite);
  return verified.ok ? ok(ack) : err({ code: 'CREDIT_ACK_FORGED', message: verified.error.message });
};
