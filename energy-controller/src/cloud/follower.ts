import { call, createAssertionSigner } from '@roamgrid/service-kit';
import type { PrivateJwk } from '@roamgrid/service-kit/runtime';
import { poolLease, poolReport, type PoolReport } from '@roamgrid/wire';
import type { ConnectionLimit } from '../site/site.ts';
import type { Lease } from './leases.ts';

/** Where a site reports to, and what it takes without it. */
export interface CloudLine {
  readonly url: string;
  readonly poolId: string;
  readonly siteId: string;
  readonly utilityId: string;
  readonly key: PrivateJwk;
  readonly staticW: bigint;
  readonly timeoutMs: number;
}

/** A lease with what devices may still take from before it, W; the same as its limit when they follow. */
export interface KeptLease extends Lease {
  readonly mayTakeW: bigint;
}

export interface FollowerParts {
  readonly line: CloudLine;
  readonly nowMs: () => number;
  /** Kept before the site goes by it. */
  readonly keep: (kept: KeptLease) => Promise<void>;
  readonly kept: KeptLease | undefined;
  readonly report: () => Pick<PoolReport, 'wantedW' | 'measuredW' | 'reservations'>;
  /** Whether the site's devices take no more than this by what they were told. */
  readonly isWithin: (limitW: bigint) => boolean;
}

/**
 * A site's end of the line to the cloud. It goes by the last lease that it was given until that lapses, and by its static part without one; a
 * lower lease holds at once, and the cloud hears of it when the devices follow.
 */
export class CloudFollower {
  readonly #parts: FollowerParts;
  readonly #sign: (audience: string) => Promise<string>;
  #lease: KeptLease | undefined;
  #sentAtMs = 0;

  constructor(parts: FollowerParts) {
    const { key, siteId, utilityId } = parts.line;
    this.#parts = parts;
    this.#lease = parts.kept;
    this.#sign = createAssertionSigner({ key, iss: siteId, utility: utilityId, role: 'station' });
  }

  get limit(): ConnectionLimit {
    const { line, nowMs } = this.#parts;
    const lease = this.#lease;
    if (lease === undefined || lease.lapsesAtMs <= nowMs()) return { limitW: line.staticW, by: 'local-rule' };
    return { limitW: lease.limitW, lapsesAtMs: lease.lapsesAtMs, by: 'cloud' };
  }

  /** Tells the cloud what the site wants and holds, and goes by its answer. Without an answer nothing changes but the time. */
  async look(): Promise<void> {
    const { line, nowMs: clock, report, isWithin, keep } = this.#parts;
    const nowMs = clock();
    const held = this.#held(nowMs, isWithin);
    this.#sentAtMs = Math.max(nowMs, this.#sentAtMs + 1);
    const body = poolReport.encode({
      ...report(),
      sentAtMs: this.#sentAtMs,
      ...(held !== undefined && { held }),
    });
    const origin = new URL(line.url).origin;
    const answer = await call({
      method: 'PUT',
      url: `${line.url}/cloud/v1/pools/${line.poolId}/sites/${line.siteId}`,
      headers: { authorization: `Bearer ${await this.#sign(origin)}` },
      body,
      answer: poolLease,
      timeoutMs: line.timeoutMs,
    });
    if (!answer.ok || answer.value.lapsesAtMs <= clock()) return;
    const before = this.#lease?.mayTakeW ?? 0n;
    const { limitW } = this.limit;
    const mostW = before > limitW ? before : limitW;
    const next: KeptLease = {
      ...answer.value,
      mayTakeW: answer.value.limitW < mostW ? mostW : answer.value.limitW,
    };
    await keep(next);
    this.#lease = next;
  }

  /** The lease that holds: a lower one once the devices follow, until then what they may still take. */
  #held(nowMs: number, isWithin: FollowerParts['isWithin']): Lease | undefined {
    const lease = this.#lease;
    if (lease === undefined || lease.lapsesAtMs <= nowMs) {
      this.#lease = undefined;
      return undefined;
    }
    const { limitW, lapsesAtMs } = lease;
    if (lease.mayTakeW > limitW && isWithin(limitW)) this.#lease = { ...lease, mayTakeW: limitW };
    return { limitW: this.#lease?.mayTakeW ?? limitW, lapsesAtMs };
  }
}
