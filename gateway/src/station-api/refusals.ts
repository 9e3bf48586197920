import type { CallFailure } from '@roamgrid/service-kit';
import type { RefusalCode, SwipeRefusal } from '@roamgrid/wire';

/** What the driver reads when there is nothing better to say. */
const TEXTS: Readonly<Record<RefusalCode, readonly [message: string, remedy: string]>> = {
  CIN_INVALID: ['This customer number is not right.', 'Compare it with your card and enter it again.'],
  ISSUER_UNKNOWN: [
    'No utility of this network issued your card.',
    'Use a card of a utility that takes part.',
  ],
  ISSUER_EXPIRED: [
    'Your utility does not take part at the moment.',
    'Ask your utility, or use another card.',
  ],
  NO_AGREEMENT: [
    'Your utility has no roaming agreement for this station.',
    'Look for a station of another operator.',
  ],
  HOME_UNREACHABLE: ['Your utility cannot be reached.', 'Try again in a few minutes.'],
  HOME_TIMEOUT: ['Your utility did not answer in time.', 'Try again in a minute.'],
  HOME_PROTOCOL_ERROR: ['Your utility’s answer could not be used.', 'Try again later, or ask your utility.'],
  CUSTOMER_UNKNOWN: ['Your utility does not know this number.', 'Ask your utility.'],
  TOKEN_UNKNOWN: [
    'No utility that can be asked knows this card or contract.',
    'Enter your customer number, or use another card.',
  ],
  TOKEN_AMBIGUOUS: [
    'Two utilities say that this card is theirs.',
    'Enter your customer number, and tell your utility.',
  ],
  CUSTOMER_BLOCKED: ['This card is blocked.', 'Ask your utility.'],
  SERVICE_NOT_IN_PORTFOLIO: ['Your contract does not include charging here.', 'Ask your utility to add it.'],
  LIMIT_EXCEEDED: ['Your limit does not cover this charge.', 'Ask for less energy, or top up.'],
  NEGOTIATION_FAILED: ['No price was found inside the roaming agreement.', 'Try again later.'],
  STATION_UNAVAILABLE: ['This outlet cannot be used now.', 'Use another outlet.'],
  OUTLET_RESERVED: [
    'Somebody else has booked this outlet for then.',
    'Use another outlet, or stay less long.',
  ],
  CONSENT_EXPIRED: ['The offer has run out.', 'Swipe again for a new one.'],
  LEDGER_UNAVAILABLE: ['The station cannot record sessions now.', 'Try again in a few minutes.'],
};

export const refusal = (code: RefusalCode, message?: string, remedy?: string): SwipeRefusal => {
  const [usual, usualRemedy] = TEXTS[code];
  return { outcome: 'refused', code, message: message ?? usual, remedy: remedy ?? usualRemedy };
};

/** The own router stands for the home utility: what the driver meets is that home cannot be asked. */
export const refusalOfFailure = (failure: CallFailure): SwipeRefusal => {
  switch (failure.kind) {
    case 'unreachable':
      return refusal('HOME_UNREACHABLE');
    case 'timeout':
      return refusal('HOME_TIMEOUT');
    case 'protocol':
      return refusal('HOME_PROTOCOL_ERROR');
    case 'problem':
      return refusal(failure.problem.status >= 500 ? 'HOME_UNREACHABLE' : 'HOME_PROTOCOL_ERROR');
  }
};
