import { z } from 'zod';
import {
  cinRef,
  compactJws,
  currencyCode,
  energyWhCodec,
  instantMs,
  naturalMicrosCodec,
  publicJwk,
  recordId,
  utilityId,
} from '../codec/scalars.ts';
import { exchange } from './exchange.ts';
import { phoneCreditFault } from './offline-credit.ts';
import { offlineAudience, OFFLINE_SESSIONS } from './offline.ts';

/** What a customer's app asks of home for charging where nobody hears of anything: access tokens of scope `offline`. */

/** A phone whose key may hold tokens. */
export const offlinePhone = z.strictObject({
  phoneId: recordId,
  /** In the customer's words. */
  label: z.string().max(60),
  state: z.enum(['active', 'revoked']),
  registeredAtMs: instantMs,
  revokedAtMs: instantMs.exactOptional(),
  /** Why home took its key back by itself, or takes no more of its credit ledger. */
  fault: phoneCreditFault.exactOptional(),
});
export type OfflinePhone = z.infer<typeof offlinePhone>;

/** How a customer calls a phone: on one line, without what turns the direction of the text beside it. Home keeps it in his list of phones, and nowhere else. */
const phoneLabel = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]*$/u, 'no control characters');

/**
 * `PUT /driver/v1/offline/phones/{phoneId}`: the id is the phone's own choice; another key under it takes the first one's place. A key that is registered
 * keeps its label.
 */
export const offlinePhoneRequest = z.strictObject({ key: publicJwk, label: phoneLabel });

/** `PUT /driver/v1/offline/phones/{phoneId}/label` */
export const offlinePhoneName = z.strictObject({ label: phoneLabel });

/** `GET /driver/v1/offline/phones` */
export const offlinePhones = z.strictObject({ phones: z.array(offlinePhone) });

/** `POST /driver/v1/offline/quotes`: what would it cost? The same request id asks for the same again. */
export const offlineQuoteRequest = z.strictObject({
  requestId: recordId,
  cinRef,
  /** Utility of the chargers. */
  vun: utilityId,
  audience: offlineAudience,
  fromMs: instantMs,
  untilMs: instantMs,
  energyWh: energyWhCodec,
  sessions: z.int().min(1).max(OFFLINE_SESSIONS).default(1),
});
export type OfflineQuoteRequest = z.output<typeof offlineQuoteRequest>;

/** What is left, in the account's currency. */
export const offlineMeans = z.strictObject({
  currency: currencyCode,
  /** Balance and credit, less all that is held. */
  leftMicros: naturalMicrosCodec,
  /** Below this the driver has to go online and reload: no token is issued. */
  lowMicros: naturalMicrosCodec,
});
export type OfflineMeans = z.infer<typeof offlineMeans>;

/** The price, before anything is agreed to. */
export const offlineOffer = z.strictObject({
  quoteId: recordId,
  signedQuote: compactJws,
  currency: currencyCode,
  /** Tax and adjustment in it. */
  microsPerKWh: naturalMicrosCodec,
  microsPerHour: naturalMicrosCodec,
  microsPerSession: naturalMicrosCodec,
  /** All of the energy in one session as long as the hours are, or as many sessions as are allowed: no more can come of it. */
  mostMicros: naturalMicrosCodec,
  /** The rate that is fixed with it, and the most in the account's currency. */
  exchanged: z.strictObject({ ...exchange.shape, mostMicros: naturalMicrosCodec }).exactOptional(),
  validUntilMs: instantMs,
  means: offlineMeans,
});
export type OfflineOffer = z.infer<typeof offlineOffer>;

/** `POST /driver/v1/offline/tokens`: the account's holder agrees. The same request id gets the same token. */
export const offlineTokenRequest = z.strictObject({
  requestId: recordId,
  quoteId: recordId,
  phoneId: recordId,
  /** Signed `offlineConsent`. */
  consent: compactJws,
});
export type OfflineTokenRequest = z.infer<typeof offlineTokenRequest>;

/** What a phone keeps: the token, what home says beside it, which the token names by its hash, and the price as it was shown. */
export const offlineToken = z.strictObject({
  /** 16 bytes in hex. */
  tokenId: z.string().regex(/^[0-9a-f]{32}$/),
  /** A COSE_Sign1 in base64url, 300 bytes at most. */
  token: z.string().regex(/^[\w-]{1,400}$/),
  /** An `offlineLeave`: the utility of the charger needs it to book what comes of the token. */
  signedLeave: compactJws,
  signedQuote: compactJws,
  vun: utilityId,
  phoneId: recordId,
  audience: offlineAudience,
  fromMs: instantMs,
  untilMs: instantMs,
  energyWh: energyWhCodec,
  currency: currencyCode,
  costMicros: naturalMicrosCodec,
  /**
   * `open`: money is held for it; `revoked`: so is it, as a charger may not have heard; `settled`: its record is billed; `lapsed`: none came in time, and
   * the money is free again.
   */
  state: z.enum(['open', 'revoked', 'settled', 'lapsed']),
  /** Until then the money is held, unless a record comes first. */
  heldUntilMs: instantMs,
});
export type OfflineToken = z.infer<typeof offlineToken>;

export const offlineTokenAnswer = z.strictObject({ token: offlineToken, means: offlineMeans });

/** `GET /driver/v1/offline/tokens`: those of the last 90 days, the latest first. */
export const offlineTokens = z.strictObject({ tokens: z.array(offlineToken), means: offlineMeans });
