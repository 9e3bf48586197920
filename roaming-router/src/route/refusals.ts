import type { RefusalCode, RouteRefusal } from '@roamgrid/wire';
import type { HomeFailure, HomeRefusal } from '../home/failure.ts';

/** What a driver hears when the router itself says no: one sentence, and what to do. Total over what it may say. */
const SAYS = {
  CIN_INVALID: {
    message: 'The customer number is not right.',
    remedy: 'Check it against the card and enter it again.',
  },
  ISSUER_UNKNOWN: {
    message: 'No utility of this network issues numbers that begin like this one.',
    remedy: 'Check the first five characters, or pay by another means.',
  },
  ISSUER_EXPIRED: {
    message: 'The home utility’s membership is suspended or has run out.',
    remedy: 'Contact your utility.',
  },
  NO_AGREEMENT: {
    message: 'The home utility has no roaming agreement with this one.',
    remedy: 'Charge at a station of your own utility or of one of its partners.',
  },
  HOME_UNREACHABLE: {
    message: 'The home utility cannot be reached.',
    remedy: 'Try again in a few minutes.',
  },
  HOME_TIMEOUT: {
    message: 'The home utility did not answer in time.',
    remedy: 'Swipe again in a moment.',
  },
  HOME_PROTOCOL_ERROR: {
    message: 'The home utility’s answer cannot be trusted.',
    remedy: 'Contact your utility; trying again will not help.',
  },
  CUSTOMER_UNKNOWN: {
    message: 'The home utility does not know this customer number.',
    remedy: 'Check the number, or contact your utility.',
  },
  LEDGER_UNAVAILABLE: {
    message: 'The registry of utilities cannot be read at the moment.',
    remedy: 'Try again in a few minutes.',
  },
} as const satisfies Partial<Record<RefusalCode, { readonly message: string; readonly remedy: string }>>;

export type RouterRefusalCode = keyof typeof SAYS;

/** @param message more than the standing sentence says, such as what is wrong with a number. */
export const refuse = (sessionId: string, code: RouterRefusalCode, message?: string): RouteRefusal => ({
  outcome: 'refused',
  sessionId,
  code,
  message: message ?? SAYS[code].message,
  remedy: SAYS[code].remedy,
});

/** The code of a home's silence or nonsense; total over the faults. */
export const FAULT_CODES = {
  unreachable: 'HOME_UNREACHABLE',
  timeout: 'HOME_TIMEOUT',
  protocol: 'HOME_PROTOCOL_ERROR',
} as const satisfies Record<HomeFailure['fault'], RouterRefusalCode>;

/** The outcome of an error that the home meant to send; one that a right home never sends us is a protocol error. */
export const refuseHome = (sessionId: string, { error }: HomeRefusal): RouteRefusal =>
  // Spec: CIBA Core 1.0 §13.
  refuse(sessionId, error === 'unknown_user_id' ? 'CUSTOMER_UNKNOWN' : 'HOME_PROTOCOL_ERROR');
