import { z } from 'zod';
import {
  channelName,
  cinRef,
  compactJws,
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  naturalMicrosCodec,
  ppmCodec,
  recordId,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { loyaltyLevel } from '../ledger/consortium.ts';
import { laneId } from '../ledger/lane.ts';
import { quote } from '../ledger/session.ts';
import { payloadOf } from '../signature/jws.ts';
import { customerClass, paymentMethod } from './authorisation.ts';

/**
 * A price that is asked for ahead of time, for a session that nobody will be asked about: what home asks, and what the utility of the chargers
 * says to it. Spec: SECURE-1.
 */

/** Sessions that one token may start. */
export const OFFLINE_SESSIONS = 20;

/** Where it is to hold: one outlet, or all outlets of a place of the registry, which chargers know as their location group. */
export const offlineAudience = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('outlet'), evseId }),
  z.strictObject({ kind: z.literal('group'), groupId: recordId }),
]);
export type OfflineAudience = z.infer<typeof offlineAudience>;

/** What both documents say of the sessions: in which hours, how much of all together, how many. */
const sessions = {
  audience: offlineAudience,
  fromMs: instantMs,
  untilMs: instantMs,
  energyWh: energyWhCodec,
  sessions: z.int().min(1).max(OFFLINE_SESSIONS),
} as const;

/**
 * Home asks for a standing price for one of its cards. JWS payload, `typ: "roamgrid-offline-ask+jwt"`, key from the ledger's registry: nobody else
 * learns what its customers are charged.
 */
export const offlineAsk = z.strictObject({
  iss: utilityId,
  aud: utilityId,
  channel: channelName,
  askId: recordId,
  agreementId: recordId,
  cinRef,
  customerClass,
  loyalty: loyaltyLevel,
  paymentMethod,
  /** What home's rules propose; the price is moved by it as far as the agreement and the other side's rules let it. */
  proposedPpm: ppmCodec,
  ...sessions,
  issuedAtMs: instantMs,
  validUntilMs: instantMs,
});
export type OfflineAsk = z.infer<typeof offlineAsk>;

/** Whose ask it is and whither it goes, unverified. */
export const statedAsk = (jws: string): OfflineAsk | undefined => {
  const read = z.safeDecode(offlineAsk, payloadOf(jws) as z.input<typeof offlineAsk>);
  return read.success ? read.data : undefined;
};

/**
 * The price that stands for the hours of the quote. JWS payload, `typ: "roamgrid-standing-quote+jwt"`, signed by the utility of the chargers with the
 * key by which it signs quotes. It binds one version of a tariff that is good for all of the hours; its linear price is the most that this
 * version comes to, tax and adjustment in it, so that a charger can stop in time.
 */
export const standingQuote = z.strictObject({
  channel: channelName,
  /** The ask's id. */
  quoteId: recordId,
  vun: utilityId,
  hun: utilityId,
  agreementId: recordId,
  cinRef,
  loyalty: loyaltyLevel,
  ...sessions,
  /** Outlets of the audience as the registry had them, all of one tariff. */
  outlets: z
    .array(z.strictObject({ stationId: recordId, evseId }))
    .min(1)
    .max(200),
  /** Where all of them are settled. */
  laneId,
  /** Of their zone, from before the hours on. */
  zoneOffsets: quote.shape.zoneOffsets,
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  adjustmentPpm: ppmCodec,
  currency: currencyCode,
  microsPerKWh: naturalMicrosCodec,
  microsPerHour: naturalMicrosCodec,
  microsPerSession: naturalMicrosCodec,
  issuedAtMs: instantMs,
  /** Until then the account's holder may consent. */
  validUntilMs: instantMs,
});
export type StandingQuote = z.infer<typeof standingQuote>;

/** What a quote says, unverified, or verified when it came. */
export const statedQuote = (jws: string): StandingQuote | undefined => {
  const read = z.safeDecode(standingQuote, payloadOf(jws) as z.input<typeof standingQuote>);
  return read.success ? read.data : undefined;
};

/**
 * The account's holder consents to a quote, on the phone that will carry the token: JWS payload, `typ: "roamgrid-offline-consent+jwt"`, signed by
 * that phone's key, so that nobody has a token made for a key that he does not hold.
 */
export const offlineConsent = z.strictObject({
  channel: channelName,
  /** SHA-256 of the signed quote's text. */
  quoteHash: sha256Hex,
  /** What all sessions together may cost at most, in the quote's currency. */
  costMicros: naturalMicrosCodec,
  consentedAtMs: instantMs,
});
export type OfflineConsent = z.infer<typeof offlineConsent>;

/**
 * As an ask travels: home's AAA node → own gateway (`POST /internal/v1/offline/quotes`) → own router (`POST /router/v1/offline/quotes`) → AAA
 * node of the chargers' utility (`POST /roaming/v1/offline/quotes`) → its gateway (`POST /internal/v1/offline/quotes`). Asked again it gets a
 * price of then: nothing is kept of it.
 */
export const offlineQuestion = z.strictObject({ ask: compactJws });
export type OfflineQuestion = z.infer<typeof offlineQuestion>;

/** Why there is no price ahead of time. */
export const noOfflineQuote = z.enum([
  'OFFLINE_ASK_INVALID', // not home's, for another utility, or out of its time
  'OFFLINE_NOT_AGREED', // no agreement in force for all of the hours
  'OFFLINE_OUTLET_UNKNOWN', // no such outlet or place in service
  'OFFLINE_NO_TARIFF', // no version of a tariff is good for all of the hours
  'OFFLINE_PLACE_MIXED', // outlets of the place differ in price, zone, or where they are settled
  'OFFLINE_NO_PRICE', // the utilities' rules find no common price, or the tariff no bound
]);

export const offlineAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('quoted'), signedQuote: compactJws }),
  z.strictObject({ outcome: z.literal('refused'), code: noOfflineQuote, message: z.string().max(500) }),
]);
export type OfflineAnswer = z.infer<typeof offlineAnswer>;
