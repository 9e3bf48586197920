import { hash } from 'node:crypto';
import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import {
  believeToken,
  judgeStart,
  NODE_VERIFIER,
  QUOTE_HASH_BYTES,
  startProof,
  statementText,
  type ChargeToken,
  type StartRefusalCode,
} from '@roamgrid/offline/judged';
import { canonicalOf } from '../codec/canonical-value.ts';
import { offlineLeave, type OfflineLeave } from '../roaming/offline-leave.ts';
import { DOCUMENT_TYPE, openDocument } from '../signature/document.ts';
import type { AgreementTerms, UtilityRecord } from './consortium.ts';
import { LEDGER_LIMITS } from './envelope.ts';
import { laneOf } from './lane.ts';
import { offlineQuote } from './offline-quote.ts';
import { activeAt } from './registry-time.ts';
import type { OfflineStart, SessionOpenBody } from './session.ts';
import type { StationRecord } from './station-record.ts';
import { secondsOf, tokenIssuersOf } from './token-issuers.ts';

/** Why a session that began offline is not booked: as its charger would have said, and what only comes out later. */
export type OfflineRefusalCode =
  | StartRefusalCode
  | 'TOKEN_MALFORMED'
  | 'PROOF_FORGED' // the holder of the token did not ask for this start
  | 'LEAVE_OTHER' // what home signed beside the token is of another token, pair, channel or lane
  | 'LEAVE_OUTSIDE_AGREEMENT' // it lives longer or costs more than the agreement lets a visitor spend unasked
  | 'QUOTE_OTHER' // the quote is not what token and leave come to
  | 'METER_OTHER_START' // the meter signed for another start
  | 'METER_OTHER_TIME' // the meter began at another time than the charger
  | 'OVER_PRICE'; // the bill is above the price that the holder consented to

export type OfflineRefusal = DomainError<OfflineRefusalCode>;

/** What the ledger knows of those who agreed to it. */
export interface OfflineGround {
  readonly hun: UtilityRecord;
  readonly terms: AgreementTerms;
  readonly station: StationRecord;
}

/** A start that home had agreed to and its holder wanted. */
export interface OfflineGrant {
  readonly token: ChargeToken;
  readonly leave: OfflineLeave;
  /** What the meter signs with its readings when it can ({@link statementText}). */
  readonly binding: string;
}

/** What stands in a consent's place for the key, which is the token's. */
export const HOLDER_KID = 'holder';

const MS_PER_S = 1_000;
const NOTHING_USED = { sessions: 0, energyWh: 0n, costMicros: 0n };

const refuse = (code: OfflineRefusalCode, message: string): Result<never, OfflineRefusal> =>
  err({ code, message });

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/** The token, believed of home as the registry stood when it was signed, and not taken back when it started. */
const openToken = async (
  { token }: OfflineStart,
  { hun, terms }: OfflineGround,
  openedAtMs: number,
): Promise<Result<ChargeToken, OfflineRefusal>> => {
  // A charger that reaches nobody for longer than the agreed grace starts by tokens that were taken back at its utility's risk.
  const issuers = await tokenIssuersOf(hun, openedAtMs - terms.revocationGraceMs);
  const believed = await believeToken(bytesOf(token), { version: 0, madeAtS: 0, issuers }, NODE_VERIFIER);
  if (!believed.ok) {
    const { code, message } = believed.error;
    const isShape = code.startsWith('SIGN1_') || code === 'TOKEN_MALFORMED';
    return refuse(isShape ? 'TOKEN_MALFORMED' : (code as OfflineRefusalCode), message);
  }
  return activeAt(hun, believed.value.issuedAtS * MS_PER_S - LEDGER_LIMITS.clockSkewMs)
    ? believed
    : refuse('ISSUER_UNKNOWN', `${hun.utilityId} took part in nothing new when it issued the token`);
};

const isProven = async (
  { consent, openedAtMs }: SessionOpenBody,
  start: OfflineStart,
  token: ChargeToken,
): Promise<boolean> => {
  const { kid, method, consentedAtMs, signature } = consent;
  if (kid !== HOLDER_KID || method !== 'app' || consentedAtMs !== openedAtMs) return false;
  const signed = await startProof(evidenceOf(start), NODE_VERIFIER);
  return NODE_VERIFIER.verify(token.holder, signed, bytesOf(signature));
};

const evidenceOf = ({ token, transcript, askedWh }: OfflineStart) => ({
  token: bytesOf(token),
  transcript: bytesOf(transcript),
  askedWh,
});

const quoteHashOf = (evidence: string): Buffer =>
  hash('sha256', evidence, 'buffer').subarray(0, QUOTE_HASH_BYTES);

/** What home signed beside the token: it must be the one that the token names, and say what the token says. */
const openLeaveOf = async (
  open: SessionOpenBody,
  token: ChargeToken,
  { hun, terms }: OfflineGround,
): Promise<Result<OfflineLeave, OfflineRefusal>> => {
  if (!quoteHashOf(open.evidence).equals(token.price.quoteHash))
    return refuse('LEAVE_OTHER', 'the token names another leave of its utility');
  const opened = await openDocument(offlineLeave, DOCUMENT_TYPE.offlineLeave, open.evidence, hun.signingKeys);
  if (!opened.ok) return refuse('LEAVE_OTHER', `${opened.error.code}: ${opened.error.message}`);
  const leave = opened.value;
  const { quote, cinRef, sessionId } = open;
  const { limits, price } = token;
  const isOfToken =
    leave.profileId === Buffer.from(token.tokenId).toString('hex') &&
    leave.currency === price.currency &&
    leave.perSessionMicros === limits.costMicros &&
    leave.exposureMicros === limits.costMicros &&
    leave.maxSessions === limits.sessions &&
    leave.energyWh === limits.energyWh &&
    leave.validFromMs === token.notBeforeS * MS_PER_S &&
    leave.validUntilMs === token.expiresS * MS_PER_S;
  if (!isOfToken) return refuse('LEAVE_OTHER', 'the leave allows something else than its token');
  const isOfSession =
    leave.iss === quote.hun &&
    leave.aud === quote.vun &&
    leave.channel === quote.channel &&
    leave.cinRef === cinRef &&
    leave.laneId === laneOf(sessionId);
  if (!isOfSession) return refuse('LEAVE_OTHER', 'the leave is of another customer, channel, pair or lane');
  if (
    leave.validUntilMs - leave.validFromMs > terms.profileLifetimeMs ||
    leave.exposureMicros > terms.exposureLimitMicros
  )
    return refuse('LEAVE_OUTSIDE_AGREEMENT', 'the token lives longer or exposes more than agreed');
  return opened;
};

/** Judges how a session began at a charger without network, by the registry as of then. */
export const judgeOfflineStart = async (
  open: SessionOpenBody,
  start: OfflineStart,
  ground: OfflineGround,
): Promise<Result<OfflineGrant, OfflineRefusal>> => {
  const { quote, openedAtMs, sessionId } = open;
  const opened = await openToken(start, ground, openedAtMs);
  if (!opened.ok) return opened;
  const token = opened.value;
  const { placeId } = ground.station;
  const started = judgeStart(
    token,
    { energyWh: start.askedWh },
    {
      evseId: quote.evseId,
      // A location group is the place that the registry has a station at.
      groupIds: placeId === undefined ? [] : [placeId],
      nowS: secondsOf(openedAtMs),
      usedOf: () => NOTHING_USED,
    },
  );
  if (!started.ok) return refuse(started.error.code as OfflineRefusalCode, started.error.message);
  if (!(await isProven(open, start, token)))
    return refuse('PROOF_FORGED', 'the holder of the token did not sign for this start');
  const leave = await openLeaveOf(open, token, ground);
  if (!leave.ok) return leave;
  const { stationId, evseId } = quote;
  const due = offlineQuote(leave.value, token, start, { sessionId, stationId, evseId, openedAtMs });
  if (canonicalOf(due) !== canonicalOf(quote))
    return refuse('QUOTE_OTHER', 'the quote is not what token and leave come to');
  const signature = bytesOf(open.consent.signature);
  const binding = await statementText(NODE_VERIFIER, { ...evidenceOf(start), signature });
  return ok({ token, leave: leave.value, binding });
};
