import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import {
  authorisation,
  bodyHash,
  canonicalText,
  chargeOffer,
  DOCUMENT_TYPE,
  laneOf,
  openDocument,
  visitorProfile,
  type Authorisation,
  type ChargeOffer,
  type PublicJwk,
  type VisitorProfile,
} from '@roamgrid/wire';

export interface Expected {
  readonly hun: string;
  readonly own: string;
  /** The home's keys by the ledger's registry. */
  readonly keys: readonly PublicJwk[];
  readonly offer: ChargeOffer;
  readonly nowMs: number;
}

type Wrong = DomainError<'EVIDENCE_INVALID'>;
const wrong = (message: string) => err<Wrong>({ code: 'EVIDENCE_INVALID', message });

/** The first of the claims that is not as expected. */
const findDifference = (claims: readonly (readonly [string, unknown, unknown])[]): string | undefined =>
  claims.find(([, given, expected]) => given !== expected)?.[0];

/** A home's yes: signed with a registered key, and to exactly this offer. */
export const verifyAuthorisation = async (
  jws: string,
  expected: Expected,
): Promise<Result<Authorisation, Wrong>> => {
  const opened = await openDocument(authorisation, DOCUMENT_TYPE.authorisation, jws, expected.keys);
  if (!opened.ok) return wrong(opened.error.message);
  const yes = opened.value;
  const { offer } = expected;
  const difference = findDifference([
    ['iss', yes.iss, expected.hun],
    ['aud', yes.aud, expected.own],
    ['channel', yes.channel, offer.channel],
    ['sessionId', yes.sessionId, offer.sessionId],
    ['offerHash', yes.offerHash, bodyHash(canonicalText(chargeOffer, offer))],
    ['evseId', yes.evseId, offer.evseId],
    ['currency', yes.currency, offer.currency],
  ]);
  if (difference !== undefined) return wrong(`the authorisation’s ${difference} is not what was asked for`);
  if (yes.adjustmentPpm < offer.minAdjustmentPpm || yes.adjustmentPpm > offer.maxAdjustmentPpm) {
    return wrong('the adjustment is outside what was offered');
  }
  if (yes.validUntilMs <= expected.nowMs) return wrong('the authorisation is out of its time');
  return ok(yes);
};

/** A kept profile, checked again at each use: a key that left the registry takes its profiles with it. */
export const verifyProfile = async (
  jws: string,
  expected: Expected,
): Promise<Result<VisitorProfile, Wrong>> => {
  const opened = await openDocument(visitorProfile, DOCUMENT_TYPE.profile, jws, expected.keys);
  if (!opened.ok) return wrong(opened.error.message);
  const profile = opened.value;
  const difference = findDifference([
    ['iss', profile.iss, expected.hun],
    ['aud', profile.aud, expected.own],
    ['channel', profile.channel, expected.offer.channel],
    ['lane', profile.laneId, laneOf(expected.offer.sessionId)],
    ['currency', profile.currency, expected.offer.currency],
  ]);
  if (difference !== undefined) return wrong(`the profile’s ${difference} is not what was asked for`);
  if (profile.validUntilMs <= expected.nowMs) return wrong('the profile is out of its time');
  return ok(profile);
};
