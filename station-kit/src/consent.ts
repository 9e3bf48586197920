import {
  consent as consentSchema,
  consentBinding,
  consentSigningInput,
  DOCUMENT_TYPE,
  signDocument,
  type Consent,
  type SwipeOffer,
} from '@roamgrid/wire';
import type { StationIdentity } from './gateway-client.ts';

/** The driver's consent as the station attests it, and what its meter signs to be bound to it. */
export interface AttestedConsent {
  /** JWS of the consent. */
  readonly jws: string;
  readonly tariffText: string;
}

/** Attests that the driver standing here accepted the offer. */
export const attestConsent = async (
  { stationId, keyId, key }: StationIdentity,
  { quote, quoteHash }: SwipeOffer,
  method: Consent['method'],
  consentedAtMs: number,
): Promise<AttestedConsent> => {
  const ground = { channel: quote.channel, sessionId: quote.sessionId, quoteHash };
  const facts = { method, consentedAtMs };
  const jws = await signDocument(
    consentSchema,
    DOCUMENT_TYPE.consent,
    { ...ground, ...facts, iss: stationId },
    { kid: keyId, key },
  );
  const signed = consentSigningInput(ground, { ...facts, kid: keyId }, stationId);
  return { jws, tariffText: consentBinding(signed) };
};
