import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import {
  authorisation,
  bodyHash,
  canonicalText,
  chargeOffer,
  DOCUMENT_TYPE,
  laneOf,
  keysAbout,
  openDatedDocument,
  visitorProfile,
  type AgreementTerms,
  type Authorisation,
  type ChargeOffer,
  type PublicJwk,
  type RouteGrant,
  type UtilityRecord,
} from '@roamgrid/wire';

/** What a verified grant allows. */
export interface Allowance {
  readonly cinRef: string;
  readonly loyalty: Authorisation['loyalty'];
  readonly adjustmentPpm: bigint;
  readonly limitMicros: bigint;
  readonly energyLimitWh: bigint;
  readonly validUntilMs: number;
  /** The driver's own device, and above which cap home requires its consent. */
  readonly driverKey?: PublicJwk;
  readonly driverConsentAboveMicros?: bigint;
  /** Home's page on which the device consents. */
  readonly driverAppUrl?: string;
}

export type GrantError = DomainError<'GRANT_WRONG'>;

const wrong = (message: string): Result<never, GrantError> => err({ code: 'GRANT_WRONG', message });

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const deviceOf = ({
  driverKey,
  driverConsentAboveMicros,
  driverAppUrl,
}: Pick<Authorisation, 'driverKey' | 'driverConsentAboveMicros' | 'driverAppUrl'>) => ({
  ...(driverKey && { driverKey }),
  ...(driverConsentAboveMicros !== undefined && { driverConsentAboveMicros }),
  ...(driverAppUrl !== undefined && { driverAppUrl }),
});

const openHome = async (
  grant: RouteGrant,
  offer: ChargeOffer,
  home: UtilityRecord,
): Promise<Result<Allowance, GrantError>> => {
  const opened = await openDatedDocument(
    authorisation,
    DOCUMENT_TYPE.authorisation,
    grant.evidence,
    home.signingKeys,
    ({ issuedAtMs }) => issuedAtMs,
    keysAbout,
  );
  if (!opened.ok) return wrong(opened.error.message);
  const yes = opened.value;
  if (yes.iss !== home.utilityId || yes.aud !== offer.vun)
    return wrong('the authorisation is of or for another utility');
  if (yes.channel !== offer.channel || yes.sessionId !== offer.sessionId || yes.evseId !== offer.evseId) {
    return wrong('the authorisation is for another channel, session or outlet');
  }
  if (yes.service !== offer.service) return wrong(`the authorisation is for ${yes.service}`);
  if (yes.offerHash !== bodyHash(canonicalText(chargeOffer, offer))) {
    return wrong('the authorisation is for another offer');
  }
  const { cinRef, loyalty, adjustmentPpm, currency, limitMicros, energyLimitWh, validUntilMs } = yes;
  if (currency !== offer.currency) return wrong(`the authorisation is in ${currency}`);
  return ok({
    cinRef,
    loyalty,
    adjustmentPpm,
    limitMicros,
    energyLimitWh,
    validUntilMs,
    ...deviceOf(yes),
  });
};

const openCached = async (
  grant: RouteGrant,
  offer: ChargeOffer,
  home: UtilityRecord,
): Promise<Result<Allowance, GrantError>> => {
  const opened = await openDatedDocument(
    visitorProfile,
    DOCUMENT_TYPE.profile,
    grant.evidence,
    home.signingKeys,
    ({ validFromMs }) => validFromMs,
    keysAbout,
  );
  if (!opened.ok) return wrong(opened.error.message);
  const profile = opened.value;
  if (profile.iss !== home.utilityId || profile.aud !== offer.vun)
    return wrong('the profile is of or for another utility');
  if (profile.channel !== offer.channel) return wrong('the profile is of another channel');
  if (profile.laneId !== laneOf(offer.sessionId)) return wrong('the profile serves another lane');
  if (profile.service !== offer.service) return wrong(`the profile is for ${profile.service}`);
  if (profile.whitelist === 'NEVER') return wrong('the profile forbids local authorisation');
  const { cinRef, loyalty, adjustmentPpm, currency, perSessionMicros, exposureMicros, validUntilMs } =
    profile;
  if (currency !== offer.currency) return wrong(`the profile is in ${currency}`);
  return ok({
    cinRef,
    loyalty,
    adjustmentPpm,
    limitMicros: smaller(perSessionMicros, exposureMicros),
    energyLimitWh: offer.requestedEnergyWh,
    validUntilMs,
    ...deviceOf(profile),
  });
};

/**
 * Verifies what the router brought with the home utility's registered keys. The contract will check it again, minutes
 * later; what is wrong must not start to charge.
 */
export const verifyGrant = async (
  grant: RouteGrant,
  offer: ChargeOffer,
  home: UtilityRecord,
  terms: AgreementTerms,
  nowMs: number,
): Promise<Result<Allowance, GrantError>> => {
  if (
    grant.hun !== home.utilityId ||
    grant.agreementId !== offer.agreementId ||
    grant.sessionId !== offer.sessionId
  ) {
    return wrong('the grant is of another utility, agreement or session');
  }
  const allowance = await (grant.authorisedBy === 'home' ? openHome : openCached)(grant, offer, home);
  if (!allowance.ok) return allowance;
  const { adjustmentPpm, loyalty, validUntilMs } = allowance.value;
  const { minPpm, maxPpm } = terms.adjustment[loyalty];
  if (adjustmentPpm < minPpm || adjustmentPpm > maxPpm) {
    return wrong(`an adjustment of ${adjustmentPpm} ppm is outside the agreement`);
  }
  if (adjustmentPpm < offer.minAdjustmentPpm || adjustmentPpm > offer.maxAdjustmentPpm) {
    return wrong(`an adjustment of ${adjustmentPpm} ppm is outside what was offered`);
  }
  if (validUntilMs <= nowMs) return wrong('the grant has run out');
  return allowance;
};
