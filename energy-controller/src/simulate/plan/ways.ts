import type { Decision, Hungry } from '../decide.ts';
import type { Site } from '../site.ts';
import { packed } from './packed.ts';
import { rankOf, type Urgency } from './urgency.ts';

/** How a step is divided: who comes first, and whether what that leaves over is packed. */
export interface Way {
  readonly urgency: Urgency;
  /** Otherwise it is the ranked rule's own way, least laxity first and no more. */
  readonly isPacked: boolean;
}

/** Serves in the order of urgency and packs: what a plan comes to where it sees nothing else, without a solver. */
export const inOrder =
  (site: Site, urgency: Urgency) =>
  (hungry: readonly Hungry[], step: number): Decision => ({
    given: packed(
      hungry,
      hungry.map(() => 0),
      rankOf(hungry.map((one) => urgency.of(one, step))),
      site,
    ),
    decidedBy: 'rule',
  });
