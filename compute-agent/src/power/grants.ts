import type { ComputeGrant, ComputePart } from '@roamgrid/wire';

export interface GrantedNow {
  readonly partW: ReadonlyMap<ComputePart, bigint>;
  /** All parts together. */
  readonly grantedW: bigint;
  readonly allow: ComputeGrant['allow'];
}

interface Standing {
  readonly grantedW: bigint;
  readonly untilTicks: number;
}

/**
 * What the site granted, by part of the cabinet, until it lapses. Nothing of it outlives the process: an agent that begins again waits in
 * standby until it is told. `ticksMs` only grows, whatever is done to the clock.
 */
export class Grants {
  readonly #ticksMs: () => number;
  readonly #standing = new Map<ComputePart, Standing>();
  #allow: ComputeGrant['allow'] = 'all';

  constructor(ticksMs: () => number) {
    this.#ticksMs = ticksMs;
  }

  take({ parts, allow }: ComputeGrant): void {
    for (const { part, grantedW, lastsMs } of parts) {
      this.#standing.set(part, { grantedW, untilTicks: this.#ticksMs() + lastsMs });
    }
    this.#allow = allow;
  }

  drop(): void {
    this.#standing.clear();
    this.#allow = 'all';
  }

  /**
   * What may be taken now, W; undefined when no grant stands. A part's grant counts as far as the part wants it: when its
   * jobs are over, the site gives their power to others at once, and does not wait until the grant lapses.
   */
  now(wanted: ReadonlyMap<ComputePart, bigint>): GrantedNow | undefined {
    const now = this.#ticksMs();
    const partW = new Map<ComputePart, bigint>();
    for (const [part, { grantedW, untilTicks }] of this.#standing) {
      if (untilTicks <= now) continue;
      const wantedW = wanted.get(part) ?? 0n;
      partW.set(part, grantedW < wantedW ? grantedW : wantedW);
    }
    if (partW.size === 0) return undefined;
    const grantedW = [...partW.values()].reduce((sum, each) => sum + each, 0n);
    return { partW, grantedW, allow: this.#allow };
  }
}
