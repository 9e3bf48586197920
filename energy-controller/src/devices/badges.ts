import type { KeyObject } from 'node:crypto';
import type { DeviceProof } from '@roamgrid/wire';
import { amongWays, waysOf, type MachineEvent, type Way } from './machine/table.ts';
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
const REFUSALS_TO_TAMPER = 10;

/** How a device counts badges that it refuses, in whatever state it is, and tells of too many in a row. */
export const refusedBadgeWays = <
  State extends string,
  Event extends MachineEvent,
  Memory extends { readonly refusals: number },
>(
  device: string,
): readonly Way<State, Event | BadgeEvent, Memory>[] => {
  const way = waysOf<State, BadgeEvent, Memory>();
  return amongWays<State, Event | BadgeEvent, Memory, BadgeEvent>([
    way('any', 'badge-refused', 'same', {
      when: 'refused ten times',
      holds: ({ refusals }) => refusals + 1 >= REFUSALS_TO_TAMPER,
      then: (memory) => ({ ...memory, refusals: 0 }),
      tells: () => [
        {
          kind: 'TAMPER',
          code: 'BADGES_REFUSED',
          says: `${REFUSALS_TO_TAMPER} badges in a row were refused at the ${device}`,
          facts: {},
        },
      ],
    }),
    way('any', 'badge-refused', 'same', {
      then: (memory) => ({ ...memory, refusals: memory.refusals + 1 }),
    }),
  ]);
};

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
