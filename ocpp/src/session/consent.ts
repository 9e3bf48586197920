import type { SwipeOffer } from '@roamgrid/wire';
import type { KeptOffer } from '../store/offers.ts';

/** How a driver agreed to an offer, if so. Times are the gateway's. */
export type Consent =
  | {
      readonly kind: 'given';
      readonly method: 'display' | 'app';
      readonly atMs: number;
      /** Before the transaction began: what flowed since then is the session's. */
      readonly isFromBegin: boolean;
    }
  /** The driver's own device may still agree. */
  | { readonly kind: 'awaited' }
  | { readonly kind: 'none' };

export interface ConsentSigns {
  /** The offer that is to be started on. */
  readonly kept: KeptOffer;
  /** What the same token was offered at this station before. */
  readonly before: readonly KeptOffer[];
  readonly hasScreen: boolean;
  /** Whether the gateway holds the own device's consent to this offer. */
  readonly isDeviceGiven: boolean;
  /** When the driver started. */
  readonly startedAtMs: number;
  /** Nobody can agree to it any more. */
  readonly isOver: boolean;
  /** The driver started just now, so that a consent that is there came before. */
  readonly isFirstLook: boolean;
  readonly nowMs: number;
}

/** Who agreed to the one agreed to the other: the same price, and no higher cap. */
const covers = ({ quote: seen }: SwipeOffer, { quote }: SwipeOffer): boolean =>
  seen.tariffId === quote.tariffId &&
  seen.tariffVersion === quote.tariffVersion &&
  seen.adjustmentPpm === quote.adjustmentPpm &&
  seen.currency === quote.currency &&
  seen.capMicros >= quote.capMicros;

/** Starting is consenting where the station had shown the price before, and while that offer was open. */
const isSeen = (
  { offer, shownAtMs, agreedAtMs }: KeptOffer,
  { hasScreen, startedAtMs }: ConsentSigns,
): boolean => {
  const sawAtMs = agreedAtMs ?? (hasScreen ? shownAtMs : undefined);
  return sawAtMs !== undefined && sawAtMs <= startedAtMs && startedAtMs <= offer.quote.validUntilMs;
};

export const consentOf = (signs: ConsentSigns): Consent => {
  const { kept, before, isDeviceGiven, startedAtMs, isOver, isFirstLook, nowMs } = signs;
  const { offer } = kept;
  const awaited: Consent = isOver ? { kind: 'none' } : { kind: 'awaited' };
  if (offer.driverConsent === 'required' && !isDeviceGiven) return awaited;
  const seen = [kept, ...before].find((other) => isSeen(other, signs) && covers(other.offer, offer));
  if (seen === undefined && !isDeviceGiven)
    return offer.driverConsent === undefined ? { kind: 'none' } : awaited;
  // Nobody agrees to an offer before it is made.
  const isFromBegin = (seen !== undefined || isFirstLook) && startedAtMs >= offer.quote.issuedAtMs;
  return {
    kind: 'given',
    method: seen === undefined || isDeviceGiven || seen.agreedAtMs !== undefined ? 'app' : 'display',
    atMs: isFromBegin ? startedAtMs : nowMs,
    isFromBegin,
  };
};
