import { formatMicros } from '../money/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { formatUtc, isTimeMs } from '../time/index.ts';

/** What a quote must state of money and time; the rest of it is bound by its hash. */
export interface QuoteTerms {
  readonly currency: string;
  readonly estimateMicros: bigint;
  /** The most that the session can cost without a new consent. */
  readonly capMicros: bigint;
  readonly issuedAtMs: number;
  /** The last instant before which a consent binds. */
  readonly validUntilMs: number;
}

/** What the agreement between the two utilities allows a quote to be. */
export interface QuoteLimits {
  readonly currency: string;
  readonly maxSessionMicros: bigint;
  readonly maxValidityMs: number;
}

export type QuoteError = DomainError<
  | 'QUOTE_CURRENCY'
  | 'QUOTE_CAP_NOT_POSITIVE'
  | 'QUOTE_ESTIMATE_NEGATIVE'
  | 'QUOTE_ESTIMATE_ABOVE_CAP'
  | 'QUOTE_CAP_ABOVE_LIMIT'
  | 'QUOTE_TIME'
>;

/** A quote that a driver can be asked to consent to: a cap that covers the estimate, inside the agreement. */
export const checkQuote = <Q extends QuoteTerms>(quote: Q, limits: QuoteLimits): Result<Q, QuoteError> => {
  const { currency, estimateMicros, capMicros, issuedAtMs, validUntilMs } = quote;
  const show = (micros: bigint): string => `${formatMicros(micros)} ${currency}`;
  if (currency !== limits.currency) {
    const message = `the quote is in ${currency}, the agreement in ${limits.currency}`;
    return err({ code: 'QUOTE_CURRENCY', message });
  }
  if (capMicros <= 0n) {
    return err({
      code: 'QUOTE_CAP_NOT_POSITIVE',
      message: `the cap is ${show(capMicros)}: nothing to consent to`,
    });
  }
  if (estimateMicros < 0n) {
    return err({
      code: 'QUOTE_ESTIMATE_NEGATIVE',
      message: `the estimate is ${show(estimateMicros)}, below zero`,
    });
  }
  if (estimateMicros > capMicros) {
    const message = `the estimate of ${show(estimateMicros)} is above the cap of ${show(capMicros)}`;
    return err({ code: 'QUOTE_ESTIMATE_ABOVE_CAP', message });
  }
  if (capMicros > limits.maxSessionMicros) {
    const message = `the cap of ${show(capMicros)} is above the ${show(limits.maxSessionMicros)} that the agreement allows a session`;
    return err({ code: 'QUOTE_CAP_ABOVE_LIMIT', message });
  }
  const inTime = isTimeMs(issuedAtMs) && isTimeMs(validUntilMs) && issuedAtMs < validUntilMs;
  if (!inTime || validUntilMs - issuedAtMs > limits.maxValidityMs) {
    const message = `the quote is valid from ${issuedAtMs} to ${validUntilMs}: more than 0 and at most ${limits.maxValidityMs} ms`;
    return err({ code: 'QUOTE_TIME', message });
  }
  return ok(quote);
};

/** A driver's yes to one quote, named by its hash: tariff version, adjustment, cap and all. */
export interface Consent {
  readonly quoteHash: string;
  readonly consentedAtMs: number;
}

export type ConsentError = DomainError<'CONSENT_OF_ANOTHER_QUOTE' | 'CONSENT_TOO_EARLY' | 'CONSENT_TOO_LATE'>;

/** A consent binds only what was shown, in its time. `quoteHash` is the hash of `quote`, computed by the caller. */
export const checkConsent = <C extends Consent>(
  quote: QuoteTerms,
  quoteHash: string,
  consent: C,
): Result<C, ConsentError> => {
  if (consent.quoteHash !== quoteHash) {
    const message = `the consent is to quote ${consent.quoteHash}, not to ${quoteHash}`;
    return err({ code: 'CONSENT_OF_ANOTHER_QUOTE', message });
  }
  if (consent.consentedAtMs < quote.issuedAtMs) {
    const message = `the quote was issued at ${formatUtc(quote.issuedAtMs)}, after the consent`;
    return err({ code: 'CONSENT_TOO_EARLY', message });
  }
  if (consent.consentedAtMs >= quote.validUntilMs) {
    const message = `the quote was valid until ${formatUtc(quote.validUntilMs)}: ask for a new one`;
    return err({ code: 'CONSENT_TOO_LATE', message });
  }
  return ok(consent);
};

/** A consent and the cap of the quote that it is to. */
export interface ConsentedCap {
  readonly consentedAtMs: number;
  readonly capMicros: bigint;
}

/** The cap in force: the last consent's, by time and then by place in the list. Without a consent there is none. */
export const capInForce = (consents: readonly ConsentedCap[]): bigint | undefined =>
  consents.reduce<ConsentedCap | undefined>(
    (latest, consent) =>
      latest === undefined || consent.consentedAtMs >= latest.consentedAtMs ? consent : latest,
    undefined,
  )?.capMicros;
