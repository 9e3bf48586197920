import type { Allocation } from '@roamgrid/domain/power';
import type { SourceAdapter } from '../adapters/adapter.ts';
import type { Heard } from './heard.ts';
import type { SiteSpec } from './spec.ts';
import { lowerOf, maxOf, outOf } from './told.ts';
import { within } from './within.ts';

/** What sources that take orders were told: they give more before loads take more, and less once loads take less. */
export class SourceOrders {
  readonly #sources: readonly SourceAdapter[];
  readonly #times: SiteSpec['times'];
  /** What each confirmed last, W. */
  readonly #sourcesW = new Map<string, bigint>();

  constructor(sources: readonly SourceAdapter[], times: SiteSpec['times']) {
    this.#sources = sources;
    this.#times = times;
  }

  /**
   * Tells those that are to give something, and are to give as much as before or more.
   * @returns those that did not confirm it
   */
  async raise(
    { sourceShares }: Allocation,
    heard: Heard,
    nowMs: number,
    held: ReadonlySet<string>,
  ): Promise<ReadonlySet<string>> {
    const unsure = new Set<string>();
    await Promise.all(
      this.#sources.map(async (source) => {
        const outW = outOf(sourceShares, source.sourceId);
        if (source.setW === undefined || outW === 0n || held.has(source.sourceId)) return;
        const highW = maxOf(outW, this.#givesW(source.sourceId, heard));
        if (!(await this.#setW(source, highW, nowMs))) unsure.add(source.sourceId);
      }),
    );
    return unsure;
  }

  /** The loads have less by now: sources follow. */
  async lower({ sourceShares }: Allocation, nowMs: number): Promise<void> {
    await Promise.all(
      this.#sources.map(async (source) => {
        const outW = outOf(sourceShares, source.sourceId);
        if (outW < (this.#sourcesW.get(source.sourceId) ?? 0n)) await this.#setW(source, outW, nowMs);
      }),
    );
  }

  /** What a source was told last; where nobody knows, as after a start, what it puts out now. It gives less only when the loads take less. */
  #givesW(sourceId: string, heard: Heard): bigint {
    const { source, measuredW } = heard.sources.get(sourceId)?.reading ?? {};
    return this.#sourcesW.get(sourceId) ?? lowerOf(measuredW ?? 0n, source?.availableW ?? 0n);
  }

  async #setW(source: SourceAdapter, watts: bigint, nowMs: number): Promise<boolean> {
    const { tellMs, grantMs, slackMs } = this.#times;
    // Longer than the loads have theirs: what is taken is given.
    const order = { watts, lapsesAtMs: nowMs + grantMs + 2 * slackMs };
    const outcome = await within(tellMs, source.sourceId, async (signal) => {
      await source.setW?.(order, signal);
    });
    if (outcome.ok) this.#sourcesW.set(source.sourceId, watts);
    else this.#sourcesW.delete(source.sourceId);
    return outcome.ok;
  }
}
