import { ServiceError, withKitProblems } from '@roamgrid/service-kit';

/** What this node may refuse, and how each looks at the HTTP edge. */
export const aaaProblems = withKitProblems({
  AUTHORISATION_UNKNOWN: { status: 404, title: 'There is no such request for authorisation' },
  AUTHORISATION_REFUSED: { status: 409, title: 'The request was refused, so there is nothing to consent to' },
  AUTHORISATION_EXPIRED: {
    status: 410,
    title: 'The authorisation is out of its time',
    remedy: 'Swipe again for a new quote.',
  },
  QUOTE_INVALID: { status: 422, title: 'The quote is not the one that was authorised' },
  OPENING_INVALID: { status: 422, title: 'What was told is no opening of this session' },
  OPENING_REFUSED: { status: 422, title: 'The session must not open' },
  OFFER_INVALID: { status: 422, title: 'The offer is of another channel or pair' },
  CONSENT_CONFLICT: { status: 409, title: 'Another consent was given for this authorisation' },
  SESSION_UNKNOWN: { status: 404, title: 'There is no such session' },
  REPORT_CONFLICT: { status: 409, title: 'This sequence number was used for a different report' },
  CDR_CONFLICT: { status: 409, title: 'A different charge record was given for this session' },
  ISSUER_REFUSED: { status: 403, title: 'The registry does not let this utility ask' },
  CUSTOMER_NOT_FOUND: { status: 404, title: 'There is no such customer' },
  CIN_NOT_FOUND: { status: 404, title: 'There is no such CIN' },
  CIN_NOT_ACTIVE: { status: 409, title: 'The card is blocked', remedy: 'Ask your utility for a new card.' },
  TOKEN_TAKEN: { status: 409, title: 'Another card has the token' },
  TOKEN_NOT_FOUND: { status: 404, title: 'There is no such token' },
  BOOKING_NOT_OFFERED: {
    status: 409,
    title: 'Nothing can be booked there',
    remedy: 'Go there without a reservation.',
  },
  RATE_NOT_STATED: {
    status: 409,
    title: 'No rate of exchange is in force for what it costs',
    remedy: 'Go there without a reservation, or try again when the utility has stated a rate.',
  },
  RESERVATIONS_OPEN: {
    status: 409,
    title: 'The card has as many reservations as it may have',
    remedy: 'Cancel one of them, or wait until it is over.',
  },
  RESERVATION_NOT_FOUND: { status: 404, title: 'There is no such reservation' },
  RESERVATION_OVER: { status: 409, title: 'The reservation can no longer be cancelled' },
  PARTNER_SILENT: {
    status: 503,
    title: 'The utility of the station does not answer',
    remedy: 'Repeat later.',
  },
  OFFLINE_NOT_OFFERED: {
    status: 409,
    title: 'No token can be issued for this card there',
    remedy: 'Charge with a card or app at a station that is online.',
  },
  OFFLINE_PHONE_UNKNOWN: {
    status: 404,
    title: 'There is no such phone',
    remedy: 'Register this phone first.',
  },
  OFFLINE_PHONE_REVOKED: {
    status: 409,
    title: 'The phone’s key was taken back',
    remedy: 'Make a new key on the phone and register that.',
  },
  OFFLINE_PHONES_FULL: {
    status: 409,
    title: 'As many phones are registered as one customer may have',
    remedy: 'Take back the key of a phone that is no longer used.',
  },
  OFFLINE_KEY_TAKEN: {
    status: 409,
    title: 'Another phone has this key',
    remedy: 'Make a new key on this phone.',
  },
  OFFLINE_WINDOW_INVALID: {
    status: 422,
    title: 'The hours cannot be those of a token',
    remedy: 'Ask for whole seconds to come, no longer and no further ahead than the detail says.',
  },
  OFFLINE_ENERGY_TOO_MUCH: {
    status: 422,
    title: 'More energy than one token may have',
    remedy: 'Ask for as much as the detail says, or for several tokens.',
  },
  OFFLINE_COST_TOO_MUCH: {
    status: 422,
    title: 'More money than one token may cost',
    remedy: 'Agree to as much as the detail says.',
  },
  OFFLINE_NO_QUOTE: {
    status: 409,
    title: 'The utility of the chargers states no price for these hours',
    remedy: 'Ask as the detail says.',
  },
  OFFLINE_QUOTE_UNKNOWN: { status: 404, title: 'No such price was shown', remedy: 'Ask for a price first.' },
  OFFLINE_QUOTE_OVER: {
    status: 410,
    title: 'The price no longer stands, or was agreed to before',
    remedy: 'Ask for a new price, with a new request id.',
  },
  OFFLINE_CONSENT_INVALID: {
    status: 422,
    title: 'The phone did not consent to this price',
    remedy: 'Sign the hash of the signed quote with the phone’s own key, now.',
  },
  OFFLINE_TOKENS_OPEN: {
    status: 409,
    title: 'As many tokens are open as one customer may have',
    remedy: 'Use one of them, or wait until it is over.',
  },
  OFFLINE_GO_ONLINE: {
    status: 409,
    title: 'Too little is left on the account',
    remedy: 'Go online and reload, or agree to less.',
  },
  OFFLINE_PHONE_COPIED: {
    status: 409,
    title: 'Another phone has this phone’s key, or this one was set back: the key is taken back',
    remedy: 'Make a new key on this phone and register that; tell your utility if you did neither.',
  },
  OFFLINE_CREDIT_INVALID: {
    status: 422,
    title: 'What the phone tells of its credit is no credit ledger of its own',
    remedy: 'Tell what the phone wrote; with a ledger that is spoiled, make a new key and register that.',
  },
  OFFLINE_CREDIT_STALE: {
    status: 409,
    title: 'Home was told something else meanwhile',
    remedy: 'Ask where home stands, read what the phone has, and tell that.',
  },
  OFFLINE_CREDIT_FULL: {
    status: 409,
    title: 'The credit ledger has as many entries as one may have',
    remedy: 'Make a new key on the phone and register that: it begins a new one.',
  },
  OFFLINE_REQUEST_REUSED: {
    status: 409,
    title: 'The request id was used for something else',
    remedy: 'Use a new request id.',
  },
  CIN_TAKEN: { status: 409, title: 'The customer number is in use' },
  LOGIN_TAKEN: { status: 409, title: 'The login is in use', remedy: 'Choose another login.' },
  PAYMENT_METHOD_NOT_OFFERED: {
    status: 422,
    title: 'The payment method is not offered',
    remedy: 'Choose postpaid, prepaid or, where a chain is configured, crypto.',
  },
  NOT_PREPAID: { status: 409, title: 'Only a prepaid account can be topped up' },
  NOT_BY_TOKEN: { status: 409, title: 'Only an account that pays by token has money in escrow' },
  TOKEN_HOLD_UNSUITABLE: {
    status: 422,
    title: 'The money in escrow is not what this utility asked for',
    remedy:
      'Put money in escrow as the answer for this hold says; this one comes back to its owner in its time.',
  },
  TOKEN_HOLD_SMALL: {
    status: 422,
    title: 'The money in escrow is less than what a hold has at least',
    remedy: 'Put at least the named amount in escrow.',
  },
  TOKEN_HOLDS_OPEN: {
    status: 409,
    title: 'The account has as many holds as it may have at once',
    remedy: 'Use the money that is in escrow, or repeat when one of the holds is over.',
  },
  TOKEN_HOLD_NOT_FINAL: {
    status: 409,
    title: 'The chain does not have this hold, or not deep enough yet',
    remedy: 'Repeat when some more blocks have passed.',
  },
  TOP_UP_CONFLICT: { status: 409, title: 'This top-up id was used for another amount' },
  PAYMENT_CONFLICT: { status: 409, title: 'This payment id was used for another payment' },
  PAYMENT_DOUBLED: {
    status: 409,
    title: 'The money is booked already',
    remedy: 'Nothing was booked. Ask for the account: the payment is in its list.',
  },
  PAYMENT_CURRENCY: {
    status: 422,
    title: 'The payment is in another currency than the account',
    remedy: 'Return it, or have the bank exchange it.',
  },
  PAYMENT_NOT_VALUED: {
    status: 422,
    title: 'The money does not count yet',
    remedy: 'Tell it on its value date.',
  },
  PAYMENT_NOT_FOUND: { status: 404, title: 'There is no such payment' },
  PAYMENT_REVERSED: { status: 409, title: 'The payment was taken back before' },
  REFUND_TOO_LARGE: {
    status: 409,
    title: 'The customer has not so much to get back',
    remedy: 'Give back what the account’s credit is.',
  },
  ERASURE_PENDING: {
    status: 409,
    title: 'The customer cannot be forgotten yet',
    remedy: 'Repeat when the named items are settled; the CINs are blocked meanwhile.',
  },
  PAYOUT_NOT_FOUND: { status: 404, title: 'There is no such payout' },
  PROVIDER_NOT_FOUND: { status: 404, title: 'There is no such infrastructure provider' },
  RATE_STATED: {
    status: 409,
    title: 'A rate was stated for this time before',
    remedy: 'State the new rate from a later time on: what was fixed stays as it was signed.',
  },
  RULE_VERSION_NOT_FOUND: { status: 404, title: 'There is no such version of the charging rules' },
  RULE_STATE: { status: 409, title: 'The version is not in the state for this step' },
  RULE_REVIEW_OWN: { status: 403, title: 'A version is reviewed by somebody other than its author' },
  RULE_NONE_ACTIVE: { status: 404, title: 'No charging rule is in force' },
  RECORD_UNKNOWN: {
    status: 404,
    title: 'No charge record of this session was read',
    remedy: 'Repeat when it is on the ledger.',
  },
  DISPUTE_RAISED: { status: 409, title: 'The record is disputed already' },
  DISPUTE_NOT_YET: {
    status: 409,
    title: 'The record is being reviewed with its invoice',
    remedy: 'Repeat when the invoice is accepted.',
  },
  DISPUTE_REFUSED: { status: 409, title: 'The ledger does not take this step of the dispute' },
  PERIOD_INVALID: { status: 400, title: 'The period is not a UTC month or day' },
  PROFILE_REFUSED: { status: 422, title: 'The profile does not verify or is not for this utility' },
  EXPOSURE_UNKNOWN: { status: 404, title: 'Nothing is reserved under this request' },
});

export type AaaCode = keyof typeof aaaProblems;

/** An expected failure with one of the node's codes. */
export const aaaError = (
  code: AaaCode,
  detail: string,
  details?: ConstructorParameters<typeof ServiceError>[2],
): ServiceError<AaaCode> => new ServiceError(code, detail, details);
