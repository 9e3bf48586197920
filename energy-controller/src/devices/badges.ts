import type { KeyObject } from 'node:crypto';
import type { DeviceProof } from '@roamgrid/wire';
import { hashOfId, isProved, newChallenge } from './proof.ts';

export type BadgeRole = 'driver' | 'technician';

export interface Badge {
  readonly id: string;
  readonly role: BadgeRole;
  readonly publicKey: KeyObject;
}

export type BadgeEvent =
  | { readonly type: 'badge'; readonly role: BadgeRole; readonly who: string }
  | { readonly type: 'badge-refused'; readonly who: string };

/** After so many refusals without a good one between, somebody is trying. */
export const REFUSALS_TO_TAMPER = 10;

/** A badge reader: asks something new after each badge, so that what was heard once opens nothing. */
export class BadgeReader {
  readonly #badges: ReadonlyMap<string, Badge>;
  #challenge = newChallenge();

  constructor(badges: readonly Badge[]) {
    this.#badges = new Map(badges.map((badge) => [badge.id, badge]));
  }

  get challenge(): string {
    return this.#challenge;
  }

  /** What a shown badge comes to; nothing when none is shown, or it was heard already. */
  hear(shown: DeviceProof | null): BadgeEvent | undefined {
    if (shown === null || shown.challenge !== this.#challenge) return undefined;
    this.#challenge = newChallenge();
    const badge = this.#badges.get(shown.id);
    const who = hashOfId(shown.id);
    return badge !== undefined && isProved(badge.publicKey, 'badge', shown)
      ? { type: 'badge', role: badge.role, who }
      : { type: 'badge-refused', who };
  }
}
