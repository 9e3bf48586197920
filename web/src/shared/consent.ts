import canonicalize from 'canonicalize';
import type { offlineConsent, sessionOpenBody } from '@roamgrid/wire';
import type { z } from 'zod';
import { base64UrlOf, sha256, utf8 } from './hash.ts';

type OpenBody = z.input<typeof sessionOpenBody>;

/**
 * Consents as they were signed, formed again in this browser: a body carries their facts and signatures only, so that
 * whatever a gateway changes in it is under no signature any more.
 */

/** What every consent names besides its own facts. */
export interface ConsentGround {
  readonly channel: string;
  readonly sessionId: string;
  readonly quoteHash: string;
}

const encoded = (text: string): string => base64UrlOf(utf8(text));

/** Header and payload of a compact JWS. Spec: RFC 7515 §5.1; the payload is canonical (RFC 8785). */
const signingInput = (typ: string, kid: string, payload: object): string =>
  `${encoded(JSON.stringify({ alg: 'ES256', kid, typ }))}.${encoded(canonicalize(payload) ?? '')}`;

/** What the station signed. */
export const consentInput = (
  ground: ConsentGround,
  { consentedAtMs, kid, method }: Omit<OpenBody['consent'], 'signature'>,
  stationId: string,
): string => signingInput('roamgrid-consent+jwt', kid, { ...ground, consentedAtMs, iss: stationId, method });

/** What the driver's own device signed. */
export const driverConsentInput = (
  ground: ConsentGround,
  { consentedAtMs }: Pick<NonNullable<OpenBody['driverConsent']>, 'consentedAtMs'>,
  kid: string,
): string => signingInput('roamgrid-driver-consent+jwt', kid, { ...ground, consentedAtMs });

/** What a phone signs to a price for where nobody hears of anything. */
export const offlineConsentInput = (said: z.input<typeof offlineConsent>, kid: string): string =>
  signingInput('roamgrid-offline-consent+jwt', kid, said);

/** The tariff text by which a meter's signature covers a consent. */
export const consentBinding = async (input: string): Promise<string> =>
  `roamgrid-consent ${base64UrlOf(await sha256(utf8(input)))}`;
