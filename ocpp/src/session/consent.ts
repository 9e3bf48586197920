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
      /** The offer that was agreed to: it consents to no other session. */
      readonly swipeId: string;
    }
  /** The driver's own device may still agree. */
  | { readonly kind: 'awaited' }
  | { readonly kind: 'none' };

export interface ConsentSigns {
  /** The offer that is to be started on. */
  readonly kept: KeptOffer;
  /** What the same token was offered at this station before, and has not begun on. */
  readonly before: readonly KeptOffer[];
  readonly hasScreen: boolean;
  /** The app's start that the transaction answers to; `untold` of 1.6, which cannot tell. */
  readonly remoteStart: number | 'untold' | undefined;
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

type Seen = { readonly kept: KeptOffer; readonly method: 'display' | 'app' };

/** An app's yes is to a start at one outlet, and to that start alone. */
const isItsStart = ({ evseId, remoteStart }: KeptOffer, signs: ConsentSigns): boolean =>
  evseId === signs.kept.evseId &&
  (signs.remoteStart === 'untold' || (remoteStart !== undefined && remoteStart === signs.remoteStart));

/** Starting is consenting where the station had shown the price before, or an app had, and while that offer was open. */
const seenOf = (other: KeptOffer, signs: ConsentSigns): Seen | undefined => {
  const { hasScreen, startedAtMs } = signs;
  const { offer, shownAtMs, agreedAtMs, isUsed } = other;
  if (isUsed || startedAtMs > offer.quote.validUntilMs || !covers(offer, signs.kept.offer)) return undefined;
  const isBefore = (atMs: number | undefined) => atMs !== undefined && atMs <= startedAtMs;
  if (isBefore(agreedAtMs) && isItsStart(other, signs)) return { kept: other, method: 'app' };
  return hasScreen && isBefore(shownAtMs) ? { kept: other, method: 'display' } : undefined;
};

export const consentOf = (signs: ConsentSigns): Consent => {
  const { kept, before, isDeviceGiven, startedAtMs, isOver, isFirstLook, nowMs } = signs;
  const { offer } = kept;
  const awaited: Consent = isOver ? { kind: 'none' } : { kind: 'awaited' };
  if (offer.driverConsent === 'required' && !isDeviceGiven) return awaited;
  const seen = [kept, ...before]
    .map((other) => seenOf(other, signs))
    .find((found): found is Seen => found !== undefined);
  if (seen === undefined && !isDeviceGiven)
    return offer.driverConsent === undefined ? { kind: 'none' } : awaited;
  // Nobody agrees to an offer before it is made.
  const isFromBegin = (seen !== undefined || isFirstLook) && startedAtMs >= offer.quote.issuedAtMs;
  return {
    kind: 'given',
    method: seen === undefined || isDeviceGiven ? 'app' : seen.method,
    atMs: isFromBegin ? startedAtMs : nowMs,
    isFromBegin,
    swipeId: seen?.kept.swipeId ?? kept.swipeId,
  };
};
