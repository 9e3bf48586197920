import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { canonicalOf } from '../codec/canonical-value.ts';
import { LastUsed } from '../codec/last-used.ts';
import {
  authorisation,
  visitorProfile,
  type ChargeOffer,
  type VisitorProfile,
} from '../roaming/authorisation.ts';
import { bodyHash } from '../signature/body-hash.ts';
import { DOCUMENT_TYPE, openDocument } from '../signature/document.ts';
import { kidOf } from '../signature/jws.ts';
import type { AgreementTerms, LoyaltyLevel, UtilityRecord } from './consortium.ts';
import { keysAbout, type DatedKey } from './dated-keys.ts';
import { LEDGER_LIMITS, type LedgerErrorCode } from './envelope.ts';
import { laneOf } from './lane.ts';
import { toldOffline } from './offline-end.ts';
import { judgeOfflineStart, type OfflineGrant } from './offline-start.ts';
import { activeAt } from './registry-time.ts';
import type { OfflineStart, SessionOpenBody } from './session.ts';
import type { StationRecord } from './station-record.ts';

/**
 * What the home utility's signature allows: its yes to one offer, or a profile that it left with the visited utility. It is
 * judged by what the registry said of the home utility when it signed, so that nothing it does afterwards takes a yes
 * back.
 */

/** Why a session must not open, in the contracts' own codes. */
export type OpeningFault = DomainError<LedgerErrorCode>;

export interface HomeLeave {
  readonly loyalty: LoyaltyLevel;
  readonly adjustmentPpm: bigint;
  readonly currency: string;
  readonly limitMicros: bigint;
  /** Of a yes to one offer. */
  readonly energyLimitWh?: bigint;
  readonly driverKey?: NonNullable<VisitorProfile['driverKey']>;
  readonly driverConsentAboveMicros?: bigint;
  /** Of a session on a kept profile, or by an offline token. */
  readonly profile?: KeptLimits;
  /** Of a session that began at a charger without network. */
  readonly offline?: OfflineGrant;
}

/** What may be closed under one leave, all sessions together. */
export interface KeptLimits extends Pick<
  VisitorProfile,
  'profileId' | 'validUntilMs' | 'exposureMicros' | 'maxSessions'
> {
  /** Of an offline token. */
  readonly energyWh?: bigint;
}

/** Who may give leave, by the ledger. */
export interface HomeGround {
  readonly hun: UtilityRecord;
  readonly terms: AgreementTerms;
  readonly station: StationRecord;
}

/** An authorisation is for the driver who stands at the station. */
const MAX_AUTHORISATION_MS = 86_400_000;

/**
 * Home dates its own signature and its registrations, by clocks that may differ: what the two say of each other counts up
 * to the skew, in favour of who relied on the signature.
 */
const SKEW_MS = LEDGER_LIMITS.clockSkewMs;

const fault = (code: LedgerErrorCode, message: string): Result<never, OpeningFault> => err({ code, message });

/** Whether a key was one of its owner's when it says that it signed, as far as clocks can tell. */
const wasOwn = (keys: readonly DatedKey[], kid: string | undefined, saidAtMs: number): boolean =>
  keysAbout(keys, saidAtMs).some((key) => key.kid === kid);

const standingFault = (
  { evidence }: SessionOpenBody,
  hun: UtilityRecord,
  saidAtMs: number,
): Result<never, OpeningFault> | undefined => {
  if (!wasOwn(hun.signingKeys, kidOf(evidence), saidAtMs))
    return fault(
      'BAD_SIGNATURE',
      'evidence was signed by a key that was not home’s own when it says it was signed',
    );
  if (!activeAt(hun, saidAtMs - SKEW_MS))
    return fault('WRONG_STATE', `${hun.utilityId} took part in nothing new when it signed`);
  return undefined;
};

/** The offer that home saw, from the quote, what the quote leaves out, and the service that home said yes to. */
const offerOf = (
  { offer, quote, sessionId }: SessionOpenBody,
  service: ChargeOffer['service'],
): ChargeOffer | undefined =>
  offer && {
    channel: quote.channel,
    sessionId,
    vun: quote.vun,
    agreementId: quote.agreementId,
    stationId: quote.stationId,
    evseId: quote.evseId,
    service,
    tariffId: quote.tariffId,
    tariffVersion: quote.tariffVersion,
    currency: quote.currency,
    ...offer,
  };

/** Leave by home's yes to this one offer. */
const openYes = async (
  open: SessionOpenBody,
  { hun }: HomeGround,
): Promise<Result<HomeLeave, OpeningFault>> => {
  const { quote } = open;
  const opened = await openDocument(
    authorisation,
    DOCUMENT_TYPE.authorisation,
    open.evidence,
    hun.signingKeys,
  );
  if (!opened.ok) return fault('BAD_SIGNATURE', `evidence: ${opened.error.code}: ${opened.error.message}`);
  const yes = opened.value;
  if (
    yes.iss !== quote.hun ||
    yes.aud !== quote.vun ||
    yes.channel !== quote.channel ||
    yes.sessionId !== open.sessionId ||
    yes.evseId !== quote.evseId ||
    yes.cinRef !== open.cinRef
  ) {
    return fault('BAD_SIGNATURE', 'evidence authorises another session, channel, outlet or customer');
  }
  const standing = standingFault(open, hun, yes.issuedAtMs);
  if (standing !== undefined) return standing;
  const offer = offerOf(open, yes.service);
  if (offer === undefined || yes.offerHash !== bodyHash(canonicalOf(offer)))
    return fault('BAD_SIGNATURE', 'the quote is not of the offer that home authorised');
  // A yes of tomorrow could be voided until then by what home does to its keys.
  if (yes.issuedAtMs > open.openedAtMs + SKEW_MS)
    return fault('EXPIRED', 'the authorisation is dated after the session opened');
  if (open.openedAtMs > yes.validUntilMs || open.openedAtMs > yes.issuedAtMs + MAX_AUTHORISATION_MS)
    return fault('EXPIRED', 'the authorisation had run out when the session opened');
  return ok(yes);
};

/** Of visitors who may charge now; some 4 kB each. */
const PROFILES = 4_096;
const profiles = new LastUsed<string, Awaited<ReturnType<typeof readProfile>>>(PROFILES);

const readProfile = (jws: string, keys: readonly DatedKey[]) =>
  openDocument(visitorProfile, DOCUMENT_TYPE.profile, jws, keys);

/**
 * Profiles are told with every session that they allow, so their verified content is kept: a pure function of the text
 * and the key, so that every endorser finds the same whether it remembers or not.
 */
const openProfile = async (jws: string, keys: readonly DatedKey[]) => {
  const id = `${jws} ${keys.map(({ kid, x, y }) => `${kid} ${x} ${y}`).join()}`;
  const known = profiles.get(id);
  if (known !== undefined) return known;
  const opened = await readProfile(jws, keys);
  profiles.set(id, opened);
  return opened;
};

/** Leave by a profile that home left with the visited utility. */
const openKept = async (
  open: SessionOpenBody,
  { hun, terms }: HomeGround,
): Promise<Result<HomeLeave, OpeningFault>> => {
  const { quote, openedAtMs } = open;
  const opened = await openProfile(open.evidence, hun.signingKeys);
  if (!opened.ok) return fault('BAD_SIGNATURE', `evidence: ${opened.error.code}: ${opened.error.message}`);
  const profile = opened.value;
  if (
    profile.iss !== quote.hun ||
    profile.aud !== quote.vun ||
    profile.channel !== quote.channel ||
    profile.cinRef !== open.cinRef
  ) {
    return fault('BAD_SIGNATURE', 'evidence is the profile of another customer, channel or utility');
  }
  if (profile.laneId !== laneOf(open.sessionId))
    return fault('OUTSIDE_AGREEMENT', `the profile serves ${profile.laneId} alone: ask the home utility`);
  const standing = standingFault(open, hun, profile.validFromMs);
  if (standing !== undefined) return standing;
  if (profile.whitelist === 'NEVER') return fault('FORBIDDEN', 'the profile forbids local authorisation');
  if (openedAtMs < profile.validFromMs || profile.validUntilMs < openedAtMs)
    return fault('EXPIRED', 'the profile was not valid when the session opened');
  if (
    profile.validUntilMs - profile.validFromMs > terms.profileLifetimeMs ||
    profile.exposureMicros > terms.exposureLimitMicros
  ) {
    return fault('OUTSIDE_AGREEMENT', 'the profile lives longer or exposes more than agreed');
  }
  const { perSessionMicros, exposureMicros } = profile;
  return ok({
    ...profile,
    limitMicros: perSessionMicros < exposureMicros ? perSessionMicros : exposureMicros,
    profile,
  });
};

/** Leave by a token that home gave the driver's phone. */
const openOffline = async (
  open: SessionOpenBody,
  start: OfflineStart,
  ground: HomeGround,
): Promise<Result<HomeLeave, OpeningFault>> => {
  if (open.authorisedBy !== 'cache')
    return fault('INVALID_ARGUMENT', 'what began offline was authorised by what home had left');
  const judged = await judgeOfflineStart(open, start, ground);
  if (!judged.ok) return err(toldOffline(judged.error));
  const { leave } = judged.value;
  const { loyalty, adjustmentPpm, currency, exposureMicros, energyWh } = leave;
  return ok({
    ...{ loyalty, adjustmentPpm, currency },
    ...{ limitMicros: exposureMicros, energyLimitWh: energyWh, profile: leave, offline: judged.value },
  });
};

/** Opens what home signed for a session. */
export const openLeave = (
  open: SessionOpenBody,
  ground: HomeGround,
): Promise<Result<HomeLeave, OpeningFault>> => {
  if (open.offline !== undefined) return openOffline(open, open.offline, ground);
  return open.authorisedBy === 'home' ? openYes(open, ground) : openKept(open, ground);
};
