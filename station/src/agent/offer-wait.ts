import { setTimeout as sleep } from 'node:timers/promises';
import type { DriverConsentState, KioskState, SwipeOffer } from '@roamgrid/wire';
import { ASK_EVERY_MS, deviceConsents } from './device-consent.ts';
import { offerRanOut, troubleState } from './texts.ts';

/** How long the outlet waits for people, wall ms: they act in no other time. */
export interface DriverWaits {
  /** How often it asks whether the driver's own device has consented. */
  readonly askDeviceEveryMs: number;
  /** When an offer that is not answered is put to the driver again. */
  readonly askAgainAfterMs: number;
  /** How long after the consent a cable may be plugged in. */
  readonly plugInMs: number;
}

export const DEFAULT_WAITS: DriverWaits = {
  askDeviceEveryMs: ASK_EVERY_MS,
  askAgainAfterMs: 60_000,
  plugInMs: 120_000,
};

type OfferState = Extract<KioskState, { screen: 'offer' }>;

export interface OfferWait {
  readonly offer: SwipeOffer;
  readonly waits: DriverWaits;
  /** Aborted when the driver has left the offer. */
  readonly signal: AbortSignal;
  /** Asks the gateway for the own device's consent. */
  readonly ask: () => Promise<DriverConsentState>;
  readonly update: (change: Partial<OfferState>) => void;
  readonly leave: (state: KioskState) => void;
}

/** Resolves with true in time, or with false when the signal aborts; holds no process back. */
export const pass = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal, ref: false }).catch(() => false);

/** Spec: ROAM-36, the acknowledgement is asked for again and times out. */
async function remind({ offer, waits, signal, update, leave }: OfferWait): Promise<void> {
  const { issuedAtMs, validUntilMs } = offer.quote;
  const validMs = validUntilMs - issuedAtMs;
  const askAgainMs = Math.min(waits.askAgainAfterMs, validMs);
  if (!(await pass(askAgainMs, signal))) return;
  update({ askedAgain: true });
  if (await pass(validMs - askAgainMs, signal)) leave(offerRanOut());
}

/** Shows the offer anew once the driver's own device has consented to it. */
async function awaitDevice({ waits, signal, ask, update, leave }: OfferWait): Promise<void> {
  try {
    const consented = await deviceConsents(ask, waits.askDeviceEveryMs, signal);
    if (consented && !signal.aborted) update({ driverConsented: true });
  } catch (error) {
    if (!signal.aborted) leave(troubleState(error));
  }
}

/** While an offer is shown: hears of the own device's consent, asks the driver again, and lets the offer run out. */
export function awaitAnswer(wait: OfferWait): void {
  if (wait.offer.driverConsent !== undefined) void awaitDevice(wait);
  void remind(wait);
}
