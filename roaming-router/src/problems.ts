import { ServiceError, withKitProblems } from '@roamgrid/service-kit';

/** What the router may refuse at its edge; a refused swipe is an answer, not a problem. */
export const routerProblems = withKitProblems({
  OCCURRENCE_UNKNOWN: { status: 404, title: 'The router knows no such charging occurrence' },
  OFFER_INVALID: { status: 422, title: 'The offer’s number is not of the asking pair' },
  CONSENT_CONFLICT: { status: 409, title: 'Another consent was given for this session' },
  OPENING_INVALID: { status: 422, title: 'What was told is no opening of this session and quote' },
  OPENING_REFUSED: {
    status: 422,
    title: 'The home utility says that the session must not open',
    remedy: 'Do not charge: swipe again for a new session.',
  },
  REPORT_CONFLICT: { status: 409, title: 'This sequence number was used for a different report' },
  CONSENT_EXPIRED: { status: 410, title: 'The quote ran out before the consent came' },
  ISSUER_EXPIRED: { status: 403, title: 'The home utility’s registration is out of time' },
  HOME_PROTOCOL_ERROR: {
    status: 422,
    title: 'The home utility does not take the consent, or answers nonsense',
  },
  HOME_UNREACHABLE: { status: 503, title: 'The home utility cannot be reached', remedy: 'Repeat later.' },
  HOME_TIMEOUT: { status: 504, title: 'The home utility did not answer in time', remedy: 'Repeat later.' },
  HOME_NOT_YET: {
    status: 503,
    title: 'The home utility has not come so far',
    remedy: 'Repeat later.',
  },
  TAKE_BACK_REFUSED: {
    status: 409,
    title: 'The record cannot be taken back',
    remedy: 'Settle it with the home utility outside the ledger.',
  },
  WISH_INVALID: { status: 422, title: 'The wish is none that can be brought to another utility' },
  ASK_INVALID: { status: 422, title: 'The ask is none that can be brought to another utility' },
  LEDGER_UNAVAILABLE: { status: 503, title: 'The registry or the own AAA node does not answer' },
  QUOTE_INVALID: { status: 422, title: 'The quote is not the own utility’s' },
});

export type RouterCode = keyof typeof routerProblems;

/** An expected failure with one of the router's codes. */
export const routerError = (
  code: RouterCode,
  detail: string,
  details?: ConstructorParameters<typeof ServiceError>[2],
): ServiceError<RouterCode> => new ServiceError(code, detail, details);
