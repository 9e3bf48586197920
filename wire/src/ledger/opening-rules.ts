import { err, ok, type Result } from '@roamgrid/domain';
import { bodyHash } from '../signature/body-hash.ts';
import { verifyEs256 } from '../signature/jws.ts';
import type { AgreementRecord, AgreementTerms, UtilityRecord } from './consortium.ts';
import {
  consentBinding,
  consentSigningInput,
  driverConsentSigningInput,
  type ConsentGround,
} from './consent-text.ts';
import { keysAt } from './dated-keys.ts';
import type { LedgerErrorCode } from './envelope.ts';
import { openLeave, type HomeLeave, type KeptLimits, type OpeningFault } from './home-leave.ts';
import { parseSessionId } from './lane.ts';
import { toldOffline } from './offline-end.ts';
import type { OfflineGrant } from './offline-start.ts';
import { inForceAt, stationActiveAt } from './registry-time.ts';
import { consentKindOf, type ConsentKind, type SessionOpenBody } from './session.ts';
import type { StationRecord } from './station-record.ts';
import { isFor, pathOf, scopeText } from './tariff-scope.ts';
import type { TariffRecord } from './tariff.ts';

/**
 * When a session may open: the home utility authorised it, the driver consented to its quote, the quote keeps to the
 * agreement. Home asks before energy flows and both contracts ask when the session is settled, by the same rules and by
 * the registry as it stood when the session opened: what was consented to is not undone by what a party does afterwards.
 */

/** What the ledger knows about the parties of one session. */
export interface OpeningGround {
  readonly channel: string;
  readonly agreement: AgreementRecord;
  readonly terms: AgreementTerms;
  readonly vun: UtilityRecord;
  readonly hun: UtilityRecord;
  readonly station: StationRecord;
  readonly tariff: TariffRecord;
  /** Whether the tariff is bound under the agreement. */
  readonly bound: boolean;
}

/** What is judged. */
export interface OpeningClaim {
  readonly open: SessionOpenBody;
  /** The quote's canonical text. */
  readonly quoteText: string;
  /** What the meter signed as its tariff's text; absent as long as it has signed nothing. */
  readonly tariffText?: string;
}

/** What the home utility's signature allows, and how the driver consented. */
export interface Opening {
  readonly consentBy: ConsentKind;
  /** Of a session on a kept profile, or by an offline token. */
  readonly profile?: KeptLimits;
  /** Of a session that began at a charger without network. */
  readonly offline?: OfflineGrant;
}

/** Bounds an open session's time: none is open for ever. */
export const MAX_PLANNED_MS = 31 * 86_400_000;

const fault = (code: LedgerErrorCode, message: string): Result<never, OpeningFault> => err({ code, message });

const timesFault = ({ open }: OpeningClaim, ground: OpeningGround): OpeningFault | undefined => {
  const { openedAtMs, quote } = open;
  const { agreement, vun, station, tariff } = ground;
  const at = (code: LedgerErrorCode, message: string) => ({ code, message });
  if (!inForceAt(agreement, openedAtMs))
    return at('EXPIRED', `agreement ${agreement.agreementId} was not in force when the session opened`);
  if (quote.issuedAtMs > quote.validUntilMs) return at('INVALID_ARGUMENT', 'the quote ends before it begins');
  if (quote.plannedMs > MAX_PLANNED_MS)
    return at('INVALID_ARGUMENT', 'a session is planned for 31 days at most');
  if (!stationActiveAt(station, openedAtMs))
    return at('WRONG_STATE', `station ${station.stationId} was ${station.status} when the session opened`);
  if (tariff.utilityId !== vun.utilityId)
    return at('OUTSIDE_AGREEMENT', `${quote.tariffId} is no tariff of ${quote.vun}`);
  if (!isFor(tariff, pathOf(station, quote.evseId)))
    return at(
      'OUTSIDE_AGREEMENT',
      `${quote.tariffId} is for ${scopeText(tariff.appliesTo)}, not for ${quote.evseId}: quote one that is`,
    );
  if (!ground.bound)
    return at(
      'OUTSIDE_AGREEMENT',
      `version ${quote.tariffVersion} of ${quote.tariffId} is not bound under ${quote.agreementId}`,
    );
  if (openedAtMs < tariff.validFromMs || tariff.validUntilMs <= openedAtMs)
    return at(
      'EXPIRED',
      `version ${quote.tariffVersion} of ${quote.tariffId} was not valid when the session opened`,
    );
  return undefined;
};

const limitsFault = (
  { open: { quote } }: OpeningClaim,
  terms: AgreementTerms,
  leave: HomeLeave,
): OpeningFault | undefined => {
  const { minPpm, maxPpm } = terms.adjustment[leave.loyalty];
  const outside = (message: string): OpeningFault => ({ code: 'OUTSIDE_AGREEMENT', message });
  if (quote.adjustmentPpm !== leave.adjustmentPpm)
    return outside(
      `the quote adjusts by ${quote.adjustmentPpm} ppm, the home utility signed ${leave.adjustmentPpm}`,
    );
  if (quote.adjustmentPpm < minPpm || maxPpm < quote.adjustmentPpm)
    return outside(
      `an adjustment of ${quote.adjustmentPpm} ppm is outside the agreed range of level ${leave.loyalty}`,
    );
  if (quote.currency !== terms.currency || leave.currency !== terms.currency)
    return outside(`the agreement is in ${terms.currency}`);
  if (quote.estimateMicros > quote.capMicros)
    return { code: 'INVALID_ARGUMENT', message: 'the estimate is above the cap' };
  if (quote.capMicros > terms.maxSessionMicros) return outside('the cap is above the agreed largest session');
  if (quote.capMicros > leave.limitMicros) return outside('the cap is above what the home utility signed');
  if (leave.energyLimitWh !== undefined && quote.requestedEnergyWh > leave.energyLimitWh)
    return outside('more energy is quoted than the home utility authorised');
  return undefined;
};

const stationConsentFault = (
  { open, tariffText }: OpeningClaim,
  ground: ConsentGround,
  station: StationRecord,
): OpeningFault | undefined => {
  const { consent, quote, openedAtMs } = open;
  const signed = consentSigningInput(ground, consent, station.stationId);
  // A meter's signature over the consent's hash covers all that the station's covers, and both keys are the visited
  // utility's: then the station's is kept for a dispute and not verified here.
  const covered = tariffText !== undefined && tariffText === consentBinding(signed);
  const key = keysAt(station.signingKeys, consent.consentedAtMs).find(({ kid }) => kid === consent.kid);
  if (key === undefined)
    return {
      code: 'BAD_SIGNATURE',
      message: 'consent: the station had no such key when the driver consented',
    };
  if (!covered && !verifyEs256(signed, consent.signature, key))
    return { code: 'BAD_SIGNATURE', message: 'consent: the station did not sign it for this quote' };
  if (consent.consentedAtMs < quote.issuedAtMs || quote.validUntilMs < consent.consentedAtMs)
    return { code: 'EXPIRED', message: 'the consent was given outside the time of the quote' };
  if (openedAtMs < consent.consentedAtMs)
    return { code: 'INVALID_ARGUMENT', message: 'the session opened before the driver consented' };
  return undefined;
};

/** The holder's signature was verified with his token; the meter's, where it binds a start, must bind this one. */
const offlineConsentFault = (
  { tariffText }: OpeningClaim,
  { binding }: OfflineGrant,
): OpeningFault | undefined =>
  tariffText === undefined || tariffText === binding
    ? undefined
    : toldOffline({ code: 'METER_OTHER_START', message: 'the meter signed for another start' });

const driverConsentFault = (
  { open }: OpeningClaim,
  ground: ConsentGround,
  { driverKey, driverConsentAboveMicros }: HomeLeave,
): OpeningFault | undefined => {
  const { driverConsent, quote } = open;
  const needed = driverConsentAboveMicros !== undefined && quote.capMicros > driverConsentAboveMicros;
  if (driverConsent === undefined) {
    return needed
      ? {
          code: 'BAD_SIGNATURE',
          message: 'home requires the consent of the driver’s own device for such a cap',
        }
      : undefined;
  }
  if (driverKey === undefined)
    return { code: 'BAD_SIGNATURE', message: 'home bound no device of the driver, so none can consent' };
  const signed = driverConsentSigningInput(ground, driverConsent, driverKey.kid);
  if (!verifyEs256(signed, driverConsent.signature, driverKey))
    return {
      code: 'BAD_SIGNATURE',
      message: 'driverConsent: the driver’s device did not sign it for this quote',
    };
  const { consentedAtMs } = driverConsent;
  if (
    consentedAtMs < quote.issuedAtMs ||
    quote.validUntilMs < consentedAtMs ||
    open.openedAtMs < consentedAtMs
  )
    return { code: 'EXPIRED', message: 'the driver’s device consented outside the time of the quote' };
  return undefined;
};

/** Judges one opening by everything that is signed for it. */
export const judgeOpening = async (
  claim: OpeningClaim,
  ground: OpeningGround,
): Promise<Result<Opening, OpeningFault>> => {
  const { open, quoteText } = claim;
  const { quote } = open;
  const name = parseSessionId(open.sessionId);
  if (
    open.sessionId !== quote.sessionId ||
    quote.channel !== ground.channel ||
    quote.vun !== ground.vun.utilityId ||
    quote.hun !== ground.hun.utilityId ||
    quote.agreementId !== ground.agreement.agreementId
  ) {
    return fault(
      'INVALID_ARGUMENT',
      `the quote of ${open.sessionId} names another session, channel, pair or agreement`,
    );
  }
  if (!name.ok || name.value.vun !== quote.vun || name.value.hun !== quote.hun)
    return fault('INVALID_ARGUMENT', `${open.sessionId} is no session of ${quote.vun} and ${quote.hun}`);
  if (name.value.group !== ground.station.group)
    return fault(
      'INVALID_ARGUMENT',
      `station ${quote.stationId} is of group ${ground.station.group}, not of ${name.value.group}`,
    );
  const untimely = timesFault(claim, ground);
  if (untimely !== undefined) return err(untimely);
  const leave = await openLeave(open, ground);
  if (!leave.ok) return leave;
  const consented = { channel: quote.channel, sessionId: quote.sessionId, quoteHash: bodyHash(quoteText) };
  const wrong =
    limitsFault(claim, ground.terms, leave.value) ??
    (leave.value.offline === undefined
      ? stationConsentFault(claim, consented, ground.station)
      : offlineConsentFault(claim, leave.value.offline)) ??
    driverConsentFault(claim, consented, leave.value);
  if (wrong !== undefined) return err(wrong);
  const { profile, offline } = leave.value;
  return ok({
    consentBy: consentKindOf(open),
    ...(profile && { profile }),
    ...(offline && { offline }),
  });
};
