import { OUTLET_SERVICES } from '@roamgrid/domain';
import { z } from 'zod';
import { exchange } from './exchange.ts';
import {
  channelName,
  cinRef,
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  naturalMicrosCodec,
  ppmCodec,
  publicJwk,
  recordId,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { loyaltyLevel } from '../ledger/consortium.ts';
import { laneId, sessionId } from '../ledger/lane.ts';

/** Canonical text of a session's open body, as it travels: its SHA-256 is what the session's opening commits to. */
export const openBodyText = z.string().min(2).max(65_536);

export const paymentMethod = z.enum(['postpaid', 'prepaid', 'debit', 'credit-card', 'crypto']);
export const customerClass = z.enum(['residential', 'commercial']);

/** What an outlet gives, as the CIN's service character says. */
export const chargingService = z.enum(OUTLET_SERVICES);

/** What the visited utility offers for one swipe: the basis on which the home utility decides. */
export const chargeOffer = z.strictObject({
  channel: channelName,
  /** The session's number in its lane, given at the swipe: all that is signed for the swipe names it. */
  sessionId,
  vun: utilityId,
  agreementId: recordId,
  stationId: recordId,
  evseId,
  service: chargingService,
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  currency: currencyCode,
  /** Range of the tariff's energy price that can apply in the planned time, before tax. */
  minMicrosPerKWh: naturalMicrosCodec,
  maxMicrosPerKWh: naturalMicrosCodec,
  /** Adjustments that the visited utility's charging rules accept. */
  minAdjustmentPpm: ppmCodec,
  maxAdjustmentPpm: ppmCodec,
  requestedEnergyWh: energyWhCodec,
  /** Estimated total with tax, before adjustment. */
  estimateMicros: naturalMicrosCodec,
  validUntilMs: instantMs,
});
export type ChargeOffer = z.infer<typeof chargeOffer>;

/** Address of a page; what a driver's device is sent there for follows behind a `#`. */
export const driverAppUrl = z
  .string()
  .max(256)
  .regex(/^https?:\/\/[^\s#]+$/, 'an address without a fragment');

/** The driver's own device, which can consent beside the station. */
const driverDevice = {
  /** Its public key, where the customer bound one. */
  driverKey: publicJwk.exactOptional(),
  /** Page of the home utility's on which the device consents: the station shows the way to it. */
  driverAppUrl: driverAppUrl.exactOptional(),
  /** Home requires the device's consent for caps above this; absent, for none. */
  driverConsentAboveMicros: naturalMicrosCodec.exactOptional(),
};

/** The home utility's signed yes to one offer. JWS payload, `typ: "roamgrid-authorisation+jwt"`, key from the ledger's registry. */
export const authorisation = z.strictObject({
  iss: utilityId,
  aud: utilityId,
  channel: channelName,
  sessionId,
  offerHash: sha256Hex,
  cinRef,
  service: chargingService,
  evseId,
  loyalty: loyaltyLevel,
  customerClass,
  paymentMethod,
  adjustmentPpm: ppmCodec,
  currency: currencyCode,
  limitMicros: naturalMicrosCodec,
  energyLimitWh: energyWhCodec,
  /** Of a customer whose account is in another currency. */
  exchange: exchange.exactOptional(),
  ...driverDevice,
  /** When home signed: the key that signed was its own then. */
  issuedAtMs: instantMs,
  validUntilMs: instantMs,
});
export type Authorisation = z.infer<typeof authorisation>;

/**
 * The home utility's signed leave to authorise the customer locally for a bounded time.
 * JWS payload, `typ: "roamgrid-profile+jwt"`. Whitelist idea of OCPI tokens.
 */
export const visitorProfile = z.strictObject({
  iss: utilityId,
  aud: utilityId,
  channel: channelName,
  profileId: recordId,
  /** The lane it serves, where what is closed under it is summed up: in another one home is asked. */
  laneId,
  cinRef,
  service: chargingService,
  whitelist: z.enum(['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER']),
  loyalty: loyaltyLevel,
  customerClass,
  paymentMethod,
  adjustmentPpm: ppmCodec,
  currency: currencyCode,
  /** Largest total of one locally authorised session. */
  perSessionMicros: naturalMicrosCodec,
  /** Largest sum of locally authorised sessions under this profile, over its whole life. */
  exposureMicros: naturalMicrosCodec,
  /** Most sessions under this profile, over its whole life. */
  maxSessions: z.int().min(1),
  ...driverDevice,
  validFromMs: instantMs,
  validUntilMs: instantMs,
});
export type VisitorProfile = z.infer<typeof visitorProfile>;

/** Outcomes of a swipe other than an offer, each distinct and documented (ROAM-1, ROAM-3, ROAM-4). */
export const refusalCode = z.enum([
  'CIN_INVALID', // format or check character wrong; nothing was sent on
  'ISSUER_UNKNOWN', // no utility of the registry has this prefix
  'ISSUER_EXPIRED', // its registration is out of time or suspended
  'NO_AGREEMENT', // no active bilateral agreement, or no bound tariff
  'HOME_UNREACHABLE', // the home AAA node does not answer at all
  'HOME_TIMEOUT', // it did not answer in time
  'HOME_PROTOCOL_ERROR', // it answered nonsense, or with a bad signature
  'CUSTOMER_UNKNOWN', // genuine prefix, unknown customer
  'TOKEN_UNKNOWN', // no member that answered knows the card, contract id or app
  'TOKEN_AMBIGUOUS', // two members say that it is theirs
  'CUSTOMER_BLOCKED', // lost card, revoked, closed account
  'SERVICE_NOT_IN_PORTFOLIO', // the CIN does not include this service
  'LIMIT_EXCEEDED', // credit limit, prepaid balance or exposure would be exceeded
  'NEGOTIATION_FAILED', // the charging rules found no charge inside the agreement
  'STATION_UNAVAILABLE', // outlet in use, suspended or unknown
  'OUTLET_RESERVED', // another driver has booked the outlet for then
  'CONSENT_EXPIRED', // the quote's time ran out before the driver consented
  'LEDGER_UNAVAILABLE', // records could not be committed within their bound
]);
export type RefusalCode = z.infer<typeof refusalCode>;
