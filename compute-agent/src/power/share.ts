import {
  COMPUTE_PARTS,
  JOB_KINDS,
  type CabinetState,
  type ComputePart,
  type JobKind,
  type JobOrder,
} from '@roamgrid/wire';

/** Who runs within what the cabinet may take: pure, so that the order of shedding can be read and tried. */

export interface Sharer {
  readonly order: JobOrder;
  readonly arrivedMs: number;
  readonly isCritical: boolean;
  /** Being told to leave a checkpoint: served first, as what it then gives back is power. */
  readonly isLeaving: boolean;
  /** What it takes at full speed, mW. */
  readonly fullMilliW: bigint;
  /** What it took above its part in the last round, mW: taken off its part in the next. */
  readonly owedMilliW: bigint;
}

/** Thousandths of full speed. */
export type Share = number;
export const WHOLE: Share = 1_000;
/** Below a tenth of its speed a job is stopped: waking it costs about as much as it gets done. */
const LEAST_SHARE = 100n;

const PART_OF: Readonly<Record<JobKind, ComputePart>> = {
  urgent: 'urgent',
  'time-sensitive': 'high',
  ordinary: 'ordinary',
  peripheral: 'ordinary',
};
export const partOf = ({ kind }: JobOrder): ComputePart => PART_OF[kind];

/** The order in which jobs are served; they are shed from its end: critical, kind, priority, deadline, arrival, id. */
export const byRank = (a: Sharer, b: Sharer): number =>
  Number(b.isLeaving) - Number(a.isLeaving) ||
  Number(b.isCritical) - Number(a.isCritical) ||
  JOB_KINDS.indexOf(a.order.kind) - JOB_KINDS.indexOf(b.order.kind) ||
  a.order.priority - b.order.priority ||
  (a.order.deadlineMs ?? Infinity) - (b.order.deadlineMs ?? Infinity) || // NaN for two without one: the next decides
  a.arrivedMs - b.arrivedMs ||
  (a.order.jobId < b.order.jobId ? -1 : 1);

/**
 * What each job gets of `milliW`, by id. Served whole as long as there is room; the first that has no room runs for a part of the time, and
 * smaller ones after it whole where they fit. Rounded down: together they never take more.
 */
export const shareOut = (
  jobs: readonly Sharer[],
  milliW: bigint,
  allow: 'all' | 'critical',
): ReadonlyMap<string, Share> => {
  const shares = new Map<string, Share>();
  let left = milliW > 0n ? milliW : 0n;
  for (const { order, fullMilliW, isCritical, owedMilliW } of jobs.toSorted(byRank)) {
    if (allow === 'critical' && !isCritical) shares.set(order.jobId, 0);
    else if (fullMilliW <= left) {
      shares.set(order.jobId, WHOLE);
      left -= fullMilliW;
    } else {
      const part = ((left - owedMilliW) * BigInt(WHOLE)) / fullMilliW; // down: within the grant
      const given = part >= LEAST_SHARE ? part : 0n;
      shares.set(order.jobId, Number(given));
      if (given > 0n) left = 0n;
    }
  }
  return shares;
};

/**
 * What is left for the jobs of each part, mW, when the cabinet's own power is taken off what was granted: off the ordinary part, and where that
 * is not enough off the time-sensitive and then off the urgent one.
 */
export const jobsMilliW = (
  partW: ReadonlyMap<ComputePart, bigint>,
  standbyW: bigint,
): ReadonlyMap<ComputePart, bigint> => {
  let owedW = standbyW;
  return new Map(
    COMPUTE_PARTS.toReversed().map((part) => {
      const grantedW = partW.get(part) ?? 0n;
      const leftW = grantedW > owedW ? grantedW - owedW : 0n;
      owedW -= grantedW - leftW;
      return [part, leftW * 1_000n];
    }),
  );
};

/** What the cabinet is doing, by what its jobs got. */
export const stateOf = (
  jobs: readonly Sharer[],
  shares: ReadonlyMap<string, Share>,
  isGranted: boolean,
): CabinetState => {
  const got = (job: Sharer): Share => shares.get(job.order.jobId) ?? 0;
  if (!isGranted || jobs.length === 0) return 'standby';
  if (jobs.every((job) => got(job) === 0)) return 'suspended';
  if (jobs.every((job) => got(job) === WHOLE)) return 'running';
  return jobs.every((job) => got(job) === 0 || job.isCritical) ? 'critical-only' : 'throttled';
};
