import type { TapReason } from '../../wallet/tap-reasons.ts';

/** What a driver does when a charger says no, by its reason. */
export const TAP_REASONS_EN: Readonly<Record<TapReason, string>> = {
  IN_USE: 'Another session runs here. Wait until it is over, or go to another outlet.',
  NOT_PLUGGED: 'Plug the car in first, then tap again.',
  NOT_LOCKED: 'The cable could not be locked. Pull it out, push it in firmly and try again.',
  FAULTY: 'The outlet is out of order. Go to another one.',
  VAULT_FULL:
    'The charger keeps as many sessions as it can. Open the wallet with a network, then tap again: that may make room.',
  GO_ONLINE: 'Too little is left on this phone. Open the wallet with a network and get a token.',
  CREDIT_TOO_LITTLE: 'This token has less money left than that may cost. Get another one.',
  CREDIT_CLOSED: 'Your utility took back what was left of this token. Get another one.',
  NOT_YOURS: 'Another phone started this session. Stop it with that one.',
  NOTHING_RUNS: 'No session runs here any more. Take its record along.',
  CLOCK_LOST: 'The charger does not know the time. Connect the phone to a network and try again.',
  ISSUER_UNKNOWN: 'The charger does not know your utility yet. Go to another outlet.',
  TOKEN_ALTERED: 'This token is damaged. Get another one.',
  TOKEN_REVOKED: 'Your utility took this token back. Get another one.',
  TOKEN_OTHER_CHARGER: 'This token is for another outlet. Go there, or get one for this outlet.',
  TOKEN_NOT_YET: 'This token is not good yet. Tap again when its time has begun.',
  TOKEN_EXPIRED: 'This token is over. Get another one.',
  TOKEN_SPENT: 'This token was used here already. Get another one.',
  TOKEN_OVER_ENERGY: 'The token has less energy left than the phone believes. Get another one.',
  TOKEN_OVER_COST: 'The token has less money left than the phone believes. Get another one.',
  OTHER_CHARGER: 'This is another outlet than that of the token. Hold the phone to that one.',
  CHARGER_OPERATOR_UNKNOWN:
    'Nobody whom this phone knows vouches for this charger. Open the wallet with a network, then tap again.',
  CHARGER_CERTIFICATE_FORGED: 'This charger is not what it says. Do not charge here, and tell its utility.',
  CHARGER_CERTIFICATE_OUT_OF_DATE:
    'Nobody vouches for this charger today. Is this phone’s clock right? If so, go to another outlet.',
  CHALLENGE_FORGED: 'This charger is not what it says. Do not charge here, and tell its utility.',
  WITHDRAWN: 'Nobody may start here for a while. Come back later, or go to another outlet.',
  TOKEN_AT_NEIGHBOUR: 'A charger nearby is starting by this token. Tap again in a moment.',
  OUTSIDE_HOURS: 'The place is closed now. Come back in its hours.',
  OTHER_LOCATION: 'This charger is for those of its own place alone. Go to another one.',
  DRIVER_NOT_KNOWN: 'This charger is private, and does not know you. Go to another one.',
  RESERVED_BY_OTHER: 'Somebody else booked it for now. Come back later, or go to another outlet.',
  NO_RESERVATION: 'This charger has to be booked first. Book it with a network.',
  SESSIONS_A_DAY: 'You have charged here as often today as one may. Come back tomorrow.',
  PRICE_OTHER: 'The price here is another one now. Get another token.',
  OUTSIDE_SLOT: 'Your time here is over, and your session with it. Take its record along.',
  OTHER: 'The phone and the charger do not understand each other. Tap again, or go to another outlet.',
};
