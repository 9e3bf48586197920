import {
  endorsementClockRefusal,
  LEDGER_LIMITS,
  type EndorsementClockAnswer,
  type EndorsementClockState,
} from '@roamgrid/wire';
import { ensure } from './ledger-error.ts';

const SKEW_MS = LEDGER_LIMITS.endorsementSkewMs;

/**
 * The one look at a clock in the contracts. "Now" is the proposal's timestamp, which its client writes and no peer
 * compares with anything, so an endorser signs none that is dated too far from its own host's clock. It decides only
 * whether to sign and never what is written: endorsers whose clocks differ cost a retry, no disagreement.
 */
export class EndorsementClock {
  readonly #hostMs: () => number;
  #switch: () => EndorsementClockState = () => 'on';

  // check-allow clock: decides whether this endorser signs, never what a transaction writes
  constructor(hostMs: () => number = () => Date.now()) {
    this.#hostMs = hostMs;
  }

  /** Obeys a switch from now on, until the switch is once found on; without one the clock is on. */
  obey(read: () => EndorsementClockState): void {
    this.#switch = read;
  }

  get state(): EndorsementClockState {
    const state = this.#switch();
    // Found on it stays on, whatever somebody writes into the switch later.
    if (state === 'on') this.#switch = () => 'on';
    return state;
  }

  get answer(): EndorsementClockAnswer {
    return { state: this.state, skewMs: SKEW_MS };
  }

  /** Refuses to go on with a proposal whose time is not that of this host. */
  requireNear(proposedMs: number): void {
    if (this.state === 'simulated') return;
    const hostMs = this.#hostMs();
    ensure(
      Math.abs(proposedMs - hostMs) <= SKEW_MS,
      'CLOCK_SKEW',
      endorsementClockRefusal(proposedMs, hostMs, SKEW_MS),
    );
  }
}

/** The clock of this process's contracts. */
export const endorsementClock = new EndorsementClock();
