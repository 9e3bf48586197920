import type { RefusalCode } from '@roamgrid/wire';

/** A no that the driver sees: one sentence, and what to do. */
export interface Refusal {
  readonly outcome: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
  readonly remedy: string;
}

/** What a home utility may refuse, and what the driver can do then. */
const REMEDIES = {
  CUSTOMER_BLOCKED: 'Contact your utility: the number is on the back of the card.',
  SERVICE_NOT_IN_PORTFOLIO: 'Ask your utility to add roaming charging to the contract.',
  NO_AGREEMENT: 'Charge at a station of your own utility or of one of its partners.',
  LIMIT_EXCEEDED: 'Ask for less energy, pay what is open, or top up the account.',
  NEGOTIATION_FAILED: 'Try another station: the two utilities agreed on no price for this one.',
  CONSENT_EXPIRED: 'Swipe again for a new quote.',
  HOME_UNREACHABLE: 'Swipe again in a minute.',
} as const satisfies Partial<Record<RefusalCode, string>>;

export const refuse = (code: keyof typeof REMEDIES, message: string): Refusal => ({
  outcome: 'refused',
  code,
  message,
  remedy: REMEDIES[code],
});
