/**
 * Kept profiles whose sessions are being settled, by the queue that does. A profile's sum is one key on the ledger: two
 * settles that move it at once would conflict, so the later one leaves its sessions for the next batch.
 */
export class InFlight {
  readonly #held = new Map<string, ReadonlySet<string>>();

  /** Profiles that other queues hold. */
  elsewhere(queue: string): readonly string[] {
    return [...this.#held].flatMap(([holder, profileIds]) => (holder === queue ? [] : [...profileIds]));
  }

  hold(queue: string, profileIds: readonly string[]): void {
    this.#held.set(queue, new Set(profileIds));
  }

  /** @returns whether others may go on now. */
  release(queue: string): boolean {
    const held = this.#held.get(queue);
    this.#held.delete(queue);
    return held !== undefined && held.size > 0;
  }
}
