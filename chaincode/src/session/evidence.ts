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
}

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
  // The session bears the request's id, so that one authorisation opens one session without a mark that it was used.
  ensure(
    yes.requestId === body.sessionId,
    'BAD_SIGNATURE',
    'evidence authorises one request, and the session does not bear its id',
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
  };
};

/** Bounds that an agreement sets on visitor profiles. */
export interface ProfileBounds {
  readonly exposureLimitMicros: bigint;
  readonly profileLifetimeMs: number;
}

/** Profiles are told with every session that they allow, so their verified content is kept. */
const PROFILES = 10_000;
const profiles = new Map<string, Awaited<ReturnType<typeof verifyProfile>>>();

const verifyProfile = (jws: string, keys: UtilityRecord['signingKeys']) =>
  openDocument(visitorProfile, DOCUMENT_TYPE.profile, jws, keys);

/** A pure function of the text and the keys, remembered: every endorser finds the same whether it remembers or not. */
const openProfile = async (jws: string, keys: UtilityRecord['signingKeys']) => {
  const id = `${keys.map(({ kid, x, y }) => `${kid} ${x} ${y}`).join()} ${jws}`;
  const known = profiles.get(id);
  if (known !== undefined) return known;
  const opened = await verifyProfile(jws, keys);
  if (profiles.size >= PROFILES) profiles.clear();
  profiles.set(id, opened);
  return opened;
};

const openCached = async (
  body: SessionOpenBody,
  hun: UtilityRecord,
  bounds: ProfileBounds,
): Promise<Leave> => {
  const { quote } = body;
  const opened = await openProfile(body.evidence, hun.signingKeys);
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
