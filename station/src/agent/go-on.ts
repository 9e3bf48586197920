import type { KioskState, SwipeOffer, SwipeRequest } from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import type { Clock, GatewayClient } from '@roamgrid/station-kit';
import { deviceConsents } from './device-consent.ts';
import { WHILE_DRIVER_WAITS, withRetry } from './retry.ts';

/** Why a driver ends a session who goes on in another. */
export const GOES_ON = 'goes on';

type Next = NonNullable<Extract<KioskState, { screen: 'charging' }>['next']>;

/** A price that the driver accepted while the session before still charged. */
export interface AcceptedOffer {
  readonly offer: SwipeOffer;
  readonly swipeId: string;
  readonly driverConsented: boolean;
}

export interface GoOnInputs {
  readonly gateway: Pick<GatewayClient, 'swipe' | 'driverConsent'>;
  readonly clock: Clock;
  /** The swipe by which the driver came. */
  readonly served: Omit<SwipeRequest, 'swipeId' | 'continues' | 'token'>;
  readonly askDeviceEveryMs: number;
  /** What is shown has changed. */
  readonly changed: () => void;
}

/**
 * Whether the driver goes on when the agreed limit is near (ROAM-9): asked once a session, in time, under a price and a
 * cap of its own. Without an answer charging stops at the limit that was agreed.
 */
export class GoOn {
  readonly #inputs: GoOnInputs;
  readonly #over = new AbortController();
  readonly #swipeId = uuidv7();
  #isAsked = false;
  #next: Next | undefined;
  #accepted: AcceptedOffer | undefined;

  constructor(inputs: GoOnInputs) {
    this.#inputs = inputs;
  }

  /** What the page shows beside the running session. */
  get next(): Next | undefined {
    return this.#next;
  }

  get accepted(): AcceptedOffer | undefined {
    return this.#accepted;
  }

  /** The limit of this session is near. A price that cannot be had now is no reason to stop before the limit. */
  limitNear(sessionId: string): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    void this.#ask(sessionId).catch(() => undefined);
  }

  async #ask(sessionId: string): Promise<void> {
    const { gateway, clock, served, askDeviceEveryMs } = this.#inputs;
    const ask = { ...served, swipeId: this.#swipeId, continues: sessionId };
    const offer = await withRetry(clock, WHILE_DRIVER_WAITS, () => gateway.swipe(ask));
    if (offer.outcome !== 'offer' || this.#over.signal.aborted) return;
    this.#show({ offer, driverConsented: false });
    if (offer.driverConsent === undefined) return;
    const consented = () => gateway.driverConsent(this.#swipeId);
    if (await deviceConsents(consented, askDeviceEveryMs, this.#over.signal))
      this.#show({ offer, driverConsented: true });
  }

  #show(next: Next): void {
    this.#next = next;
    this.#inputs.changed();
  }

  /** The driver goes on. False when the price shown is another one, or the own device has not agreed where it must. */
  accept(quoteHash: string): boolean {
    const next = this.#next;
    if (next?.offer.quoteHash !== quoteHash) return false;
    if (next.offer.driverConsent === 'required' && !next.driverConsented) return false;
    this.#accepted = { ...next, swipeId: this.#swipeId };
    return true;
  }

  /** The session is over. */
  close(): void {
    this.#over.abort();
    this.#next = undefined;
  }
}
