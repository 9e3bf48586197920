import { z } from 'zod';
import { cinRef, currencyCode, evseId, instantMs, recordId, utilityId } from '../codec/scalars.ts';
import { sessionId } from '../ledger/lane.ts';
import { homeInterim } from './aaa.ts';
import { refusalCode } from './authorisation.ts';

/**
 * What identifies a driver and is no CIN: the serial of a card's chip, a contract's id as vehicles and other systems carry
 * it, an app's own number. Which customer that is, home alone says. Never logged, never on the ledger.
 */
export const driverToken = z.strictObject({
  type: z.enum(['rfid', 'emaid', 'app']),
  /** As it was read. Spec: OCPP 2.1, `IdTokenType.idToken` has 255 characters at most, OCPI's `uid` 36. */
  value: z.string().min(1).max(255),
});
export type DriverToken = z.infer<typeof driverToken>;

/**
 * `POST /roaming/v1/tokens/resolve` (a partner with an agreement in force) and `POST /internal/v1/tokens/resolve` (the own
 * router): whose token is it, here?
 */
export const tokenQuestion = z.strictObject({ token: driverToken });
export const tokenAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('known'), cin: z.string().min(1).max(64) }),
  /** It is one of ours, and good for nothing any more. */
  z.strictObject({ outcome: z.literal('blocked') }),
  z.strictObject({ outcome: z.literal('unknown') }),
]);
export type TokenAnswer = z.infer<typeof tokenAnswer>;

/** `POST /router/v1/tokens/resolve` (role gateway): whose token is it, of these homes or here? */
export const routeTokenRequest = z.strictObject({
  token: driverToken,
  /** Members with which the gateway's registry has an agreement in force. */
  homes: z.array(utilityId).max(1_000),
});
export type RouteTokenRequest = z.infer<typeof routeTokenRequest>;
export const routeTokenAnswer = z.discriminatedUnion('outcome', [
  tokenAnswer.options[0],
  z.strictObject({
    outcome: z.literal('refused'),
    code: refusalCode,
    /** In words of its own, where there is more to say than the code does. */
    message: z.string().exactOptional(),
  }),
]);
export type RouteTokenAnswer = z.infer<typeof routeTokenAnswer>;

/**
 * `POST /internal/v1/tokens/confirm` (role aaa), at the door for partners outside: does the partner whose customer swiped let it
 * charge at this outlet? Asked when home decides on the swipe, so the word is for that session.
 */
export const confirmQuestion = z.strictObject({ cinRef, sessionId, evseId });
export type ConfirmQuestion = z.infer<typeof confirmQuestion>;
export const partnersWord = z.enum([
  'ALLOWED',
  'BLOCKED',
  'EXPIRED',
  'NO_CREDIT',
  'NOT_ALLOWED',
  'NOT_HERE', // it may charge, but not at this outlet
  'AWAY', // the partner wants to be asked, and did not answer
]);
export type PartnersWord = z.infer<typeof partnersWord>;
export const confirmAnswer = z.strictObject({ word: partnersWord });

/**
 * `GET /operator/v1/partner-sessions?after=` (role operator, the door for partners outside): sessions that run of cards of
 * partners' customers, in the order of their ids, with the newest that their stations told.
 */
export const partnerSession = z.strictObject({
  sessionId,
  cinRef,
  vun: utilityId,
  evseId,
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  currency: currencyCode,
  openedAtMs: instantMs,
  /** When it can no longer come to a bill. */
  countsUntilMs: instantMs,
  report: homeInterim.exactOptional(),
});
export type PartnerSession = z.infer<typeof partnerSession>;
/** A page is the last one when it has no `next`. */
export const partnerSessionPage = z.strictObject({
  items: z.array(partnerSession),
  next: sessionId.exactOptional(),
});
