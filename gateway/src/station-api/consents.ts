import { checkConsent } from '@roamgrid/domain';
import {
  consent as consentSchema,
  consentSigningInput,
  DOCUMENT_TYPE,
  kidOf,
  LEDGER_LIMITS,
  openDatedDocument,
  type SignedConsent,
  type StationRecord,
  type SwipeOffer,
} from '@roamgrid/wire';
import { gatewayError } from '../problems.ts';

/**
 * The station's word that the driver consented, taken apart: the session carries facts and signature, and what was
 * signed is formed again from them.
 * @throws ServiceError CONSENT_INVALID, CONSENT_EXPIRED
 */
export const checkedConsent = async (
  jws: string,
  station: StationRecord,
  { quote, quoteHash }: SwipeOffer,
  channel: string,
  nowMs: number,
): Promise<SignedConsent> => {
  const opened = await openDatedDocument(
    consentSchema,
    DOCUMENT_TYPE.consent,
    jws,
    station.signingKeys,
    ({ consentedAtMs }) => consentedAtMs,
  );
  if (!opened.ok) throw gatewayError('CONSENT_INVALID', opened.error.message);
  const consent = opened.value;
  if (
    consent.channel !== channel ||
    consent.iss !== station.stationId ||
    consent.sessionId !== quote.sessionId
  ) {
    throw gatewayError('CONSENT_INVALID', 'the consent is of another channel, station or session');
  }
  const checked = checkConsent(quote, quoteHash, consent);
  if (!checked.ok) {
    const late = checked.error.code === 'CONSENT_TOO_LATE';
    throw gatewayError(late ? 'CONSENT_EXPIRED' : 'CONSENT_INVALID', checked.error.message);
  }
  if (consent.consentedAtMs > nowMs + LEDGER_LIMITS.clockSkewMs)
    throw gatewayError('CONSENT_INVALID', 'the consent lies in the future');
  if (nowMs >= quote.validUntilMs) throw gatewayError('CONSENT_EXPIRED', 'the quote has run out');
  const { consentedAtMs, method } = consent;
  const end = jws.lastIndexOf('.');
  const signed: SignedConsent = {
    consentedAtMs,
    kid: kidOf(jws) ?? '',
    method,
    signature: jws.slice(end + 1),
  };
  const ground = { channel, sessionId: quote.sessionId, quoteHash };
  if (consentSigningInput(ground, signed, station.stationId) !== jws.slice(0, end)) {
    throw gatewayError('CONSENT_INVALID', 'the consent is not in the one form that can be formed again', {
      remedy: 'Sign the canonical JSON of the consent under the header {alg, kid, typ}.',
    });
  }
  return signed;
};
