import { createHash } from 'node:crypto';
import {
  authorisation,
  DOCUMENT_TYPE,
  openDocument,
  visitorProfile,
  type LoyaltyLevel,
  type SessionOpenBody,
  type UtilityRecord,
} from '@roamgrid/wire';
import { ensure, refuse } from '../context/index.ts';

/** What the home utility's signature allows for one session. */
export interface Leave {
  readonly loyalty: LoyaltyLevel;
  readonly adjustmentPpm: bigint;
  readonly currency: string;
  readonly limitMicros: bigint;
  /** An authorisation is for one session; a profile is for many and has none. */
  readonly spendHash?: string;
}

/**
 * Hash that marks a signed document as used. It covers the signed bytes and the signature's `r` only: `s` has two valid
 * values (ECDSA is malleable), and `r` is random, so the hash tells nothing about the document.
 */
export const spendHashOfJws = (jws: string): string => {
  const [header = '', payload = '', signature = ''] = jws.split('.');
  const r = Buffer.from(signature, 'base64url').subarray(0, 32);
  return createHash('sha256').update(`${header}.${payload}.`).update(r).digest('hex');
};

const openHome = async (body: SessionOpenBody, hun: UtilityRecord): Promise<Leave> => {
  const { quote } = body;
  const opened = await openDocument(
    authorisation,
    DOCUMENT_TYPE.authorisation,
    body.evidence,
    hun.signingKeys,
  );
  if (!opened.ok) return refuse('BAD_SIGNATURE', `evidence: ${opened.error.code}: ${opened.error.message}`);
  const yes = opened.value;
  ensure(
    yes.iss === quote.hun &&
      yes.aud === quote.vun &&
      yes.requestId === quote.requestId &&
      yes.evseId === quote.evseId &&
      yes.cinRef === body.cinRef,
    'BAD_SIGNATURE',
    'evidence authorises another request, outlet or customer',
  );
  ensure(
    body.openedAtMs <= yes.validUntilMs,
    'EXPIRED',
    'the authorisation had run out when the session opened',
  );
  return {
    loyalty: yes.loyalty,
    adjustmentPpm: yes.adjustmentPpm,
    currency: yes.currency,
    limitMicros: yes.limitMicros,
    spendHash: spendHashOfJws(body.evidence),
  };
};

/** Bounds that an agreement sets on visitor profiles. */
export interface ProfileBounds {
  readonly exposureLimitMicros: bigint;
  readonly profileLifetimeMs: number;
}

const openCached = async (
  body: SessionOpenBody,
  hun: UtilityRecord,
  bounds: ProfileBounds,
): Promise<Leave> => {
  const { quote } = body;
  const opened = await openDocument(visitorProfile, DOCUMENT_TYPE.profile, body.evidence, hun.signingKeys);
  if (!opened.ok) return refuse('BAD_SIGNATURE', `evidence: ${opened.error.code}: ${opened.error.message}`);
  const profile = opened.value;
  ensure(
    profile.iss === quote.hun && profile.aud === quote.vun && profile.cinRef === body.cinRef,
    'BAD_SIGNATURE',
    'evidence is the profile of another customer or for another utility',
  );
  ensure(profile.whitelist !== 'NEVER', 'FORBIDDEN', 'the profile forbids local authorisation');
  ensure(
    profile.validFromMs <= body.openedAtMs && body.openedAtMs <= profile.validUntilMs,
    'EXPIRED',
    'the profile was not valid when the session opened',
  );
  ensure(
    profile.validUntilMs - profile.validFromMs <= bounds.profileLifetimeMs &&
      profile.exposureMicros <= bounds.exposureLimitMicros,
    'OUTSIDE_AGREEMENT',
    'the profile lives longer or exposes more than agreed',
  );
  return {
    loyalty: profile.loyalty,
    adjustmentPpm: profile.adjustmentPpm,
    currency: profile.currency,
    limitMicros:
      profile.perSessionMicros < profile.exposureMicros ? profile.perSessionMicros : profile.exposureMicros,
  };
};

/** Verifies the home utility's evidence with its registered keys and binds it to this session. */
export const openEvidence = (
  body: SessionOpenBody,
  hun: UtilityRecord,
  bounds: ProfileBounds,
): Promise<Leave> => (body.authorisedBy === 'home' ? openHome(body, hun) : openCached(body, hun, bounds));
