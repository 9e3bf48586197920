import { COMPUTE_PARTS, type CabinetState, type ComputeClaim, type ComputeGrant } from '@roamgrid/wire';
import type { AgentConfig, ProgramConfig } from '../config.ts';
import type { JobBook } from '../jobs/book.ts';
import { groupsOf, readProcesses, type GroupFacts } from '../jobs/processes.ts';
import { isOurs, type JobRecord } from '../jobs/record.ts';
import type { Runner } from '../jobs/runner.ts';
import { Grants, type GrantedNow } from './grants.ts';
import type { Rapl } from './rapl.ts';
import { jobsMilliW, partOf, shareOut, stateOf, WHOLE, type Sharer } from './share.ts';

/** Milliwatts of a watt. */
const MILLI = 1_000n;
/** So long at full speed tells what a job takes, ms: processor time comes in steps of 10 ms. */
const TELLING_MS = 1_000;
/** By so much a job has to be above what its program says to be thought of anew. */
const TOLERANCE_PERCENT = 110n;

/** What a job took at full speed since it was judged last. */
interface Stretch {
  readonly microJ: bigint;
  readonly forMs: number;
}

const ceilW = (milliW: bigint): bigint => (milliW + MILLI - 1n) / MILLI; // up: what is asked for is enough

export interface PowerDeskOptions {
  readonly config: AgentConfig;
  readonly book: JobBook;
  readonly runner: Runner;
  readonly rapl: Rapl | undefined;
  /** Milliseconds that only grow. */
  readonly ticksMs: () => number;
  readonly nowMs: () => number;
  /** Takes the energy of each stretch of time, microjoules. */
  readonly onEnergy: (microJ: bigint) => void;
}

/** Measures what the cabinet takes, and keeps it within what it was granted. */
export class PowerDesk {
  readonly grants: Grants;
  readonly #options: PowerDeskOptions;
  readonly #programs: ReadonlyMap<string, ProgramConfig>;
  /** What jobs were seen to take at full speed beyond what their program says, mW. */
  readonly #seenMilliW = new Map<string, bigint>();
  readonly #stretches = new Map<string, Stretch>();
  readonly #owedMilliW = new Map<string, bigint>();
  #lastTicks: number;
  #jobMilliW: ReadonlyMap<string, bigint> = new Map();
  #measuredMilliW: bigint;
  #state: CabinetState = 'standby';

  constructor(options: PowerDeskOptions) {
    this.#options = options;
    this.grants = new Grants(options.ticksMs);
    this.#programs = new Map(options.config.programs.map((program) => [program.name, program]));
    this.#lastTicks = options.ticksMs();
    this.#measuredMilliW = options.config.power.standbyW * MILLI;
  }

  get state(): CabinetState {
    return this.#state;
  }

  get measuredW(): bigint {
    return ceilW(this.#measuredMilliW);
  }

  /** What it may take now, W: without a grant its standby power. */
  get grantedW(): bigint {
    return this.#grantedNow()?.grantedW ?? this.#options.config.power.standbyW;
  }

  take(grant: ComputeGrant): void {
    this.grants.take(grant);
    this.#share();
  }

  /** Standby at once. */
  makeSafe(): void {
    this.grants.drop();
    this.#share();
  }

  /** One round: measure, then share anew. What cannot be measured or written down, as on a full disk, keeps nobody running. */
  tick(): void {
    const groups = groupsOf(readProcesses());
    try {
      this.#measure(groups);
      this.#options.runner.settle(groups);
    } finally {
      this.#share();
    }
  }

  /** Begins and stops what the grant of this moment leaves room for, without waiting for the next round. */
  share(): void {
    this.#share();
  }

  claims(): readonly ComputeClaim[] {
    const jobs = this.#sharers();
    const { standbyW } = this.#options.config.power;
    return COMPUTE_PARTS.flatMap((part): readonly ComputeClaim[] => {
      const own = jobs.filter(({ order }) => partOf(order) === part);
      // The cabinet itself is of the ordinary part, which is always there.
      const baseW = part === 'ordinary' ? standbyW : 0n;
      if (own.length === 0 && part !== 'ordinary') return [];
      const fullW = (some: readonly Sharer[]): bigint =>
        baseW + ceilW(some.reduce((sum, { fullMilliW }) => sum + fullMilliW, 0n));
      const measured = own.reduce((sum, { order }) => sum + (this.#jobMilliW.get(order.jobId) ?? 0n), 0n);
      const least = own.reduce<bigint | undefined>(
        (min, { fullMilliW }) => (min === undefined || fullMilliW < min ? fullMilliW : min),
        undefined,
      );
      const deadlines = own.flatMap(({ order }) => order.deadlineMs ?? []);
      return [
        {
          part,
          minW: part === 'ordinary' ? standbyW : ceilW(least ?? 0n),
          maxW: fullW(own),
          runningW: baseW + ceilW(measured),
          standbyW: baseW,
          criticalW: fullW(own.filter(({ isCritical }) => isCritical)),
          arrivedMs: own.reduce((min, { arrivedMs }) => Math.min(min, arrivedMs), this.#options.nowMs()),
          ...(deadlines.length > 0 && { deadlineMs: Math.min(...deadlines) }),
          priority: own.reduce((min, { order }) => Math.min(min, order.priority), 5),
          // What has to be in time here is not taken from it by who comes later.
          preemptible: part !== 'high',
        },
      ];
    });
  }

  #grantedNow(): GrantedNow | undefined {
    return this.grants.now(new Map(this.claims().map(({ part, maxW }) => [part, maxW])));
  }

  #sharer(record: JobRecord): Sharer {
    const { order, arrivedMs, standing } = record;
    const program = this.#programs.get(order.program);
    const configured = (program?.runningW ?? 0n) * MILLI;
    const seen = this.#seenMilliW.get(order.jobId) ?? 0n;
    return {
      order,
      arrivedMs,
      isCritical: program?.isCritical ?? false,
      isLeaving: standing === 'leaving',
      fullMilliW: seen > configured ? seen : configured,
      owedMilliW: this.#owedMilliW.get(order.jobId) ?? 0n,
    };
  }

  #sharers(): readonly Sharer[] {
    return this.#options.book
      .all()
      .filter(isOurs)
      .map((record) => this.#sharer(record));
  }

  #measure(groups: ReadonlyMap<number, GroupFacts>): void {
    const { runner, rapl, ticksMs, config, onEnergy } = this.#options;
    const now = ticksMs();
    const forMs = Math.max(1, Math.round(now - this.#lastTicks));
    this.#lastTicks = now;
    const duration = BigInt(forMs);
    const used = runner.look(groups);
    const jobMilliW = new Map<string, bigint>();
    let jobsMicroJ = 0n;
    for (const [jobId, cpuMs] of used) {
      const record = this.#options.book.of(jobId);
      const coreW = record === undefined ? 0n : (this.#programs.get(record.order.program)?.coreW ?? 0n);
      // A milliwatt for a millisecond is a microjoule.
      const microJ = BigInt(Math.round(cpuMs)) * coreW * MILLI;
      jobsMicroJ += microJ;
      const milliW = microJ / duration; // down; the sum below is of the energies
      jobMilliW.set(jobId, milliW);
      if (record !== undefined) this.#learn(record, microJ, forMs);
    }
    for (const kept of [this.#stretches, this.#seenMilliW, this.#owedMilliW]) {
      for (const jobId of [...kept.keys()]) if (!used.has(jobId)) kept.delete(jobId);
    }
    const restMicroJ = (config.power.rapl?.restW ?? 0n) * MILLI * duration;
    const microJ =
      rapl === undefined
        ? config.power.standbyW * MILLI * duration + jobsMicroJ
        : rapl.sinceLast() + restMicroJ;
    this.#jobMilliW = jobMilliW;
    this.#measuredMilliW = microJ / duration; // down; told in watts rounded up
    onEnergy(microJ);
  }

  /** At full speed a job says what it takes; at a part of it, how well it is kept to that. */
  #learn(record: JobRecord, microJ: bigint, forMs: number): void {
    const { jobId, program } = record.order;
    const share = this.#options.runner.shareOf(jobId);
    this.#owedMilliW.delete(jobId);
    if (share !== WHOLE) {
      if (share === 0) return;
      const { fullMilliW } = this.#sharer(record);
      const over = microJ / BigInt(forMs) - (fullMilliW * BigInt(share)) / BigInt(WHOLE); // down, both
      if (over > 0n) this.#owedMilliW.set(jobId, over);
      return;
    }
    const before = this.#stretches.get(jobId) ?? { microJ: 0n, forMs: 0 };
    const stretch = { microJ: before.microJ + microJ, forMs: before.forMs + forMs };
    if (stretch.forMs < TELLING_MS) {
      this.#stretches.set(jobId, stretch);
      return;
    }
    this.#stretches.delete(jobId);
    const fullMilliW = stretch.microJ / BigInt(stretch.forMs); // down; it is an estimate
    const configured = (this.#programs.get(program)?.runningW ?? 0n) * MILLI;
    if (fullMilliW * 100n > configured * TOLERANCE_PERCENT) this.#seenMilliW.set(jobId, fullMilliW);
    else this.#seenMilliW.delete(jobId);
  }

  #share(): void {
    const { runner, book, config } = this.#options;
    const now = this.#grantedNow();
    const jobs = this.#sharers();
    // Each part within its own grant: what the site gave to some jobs is not taken by others.
    const forJobs = jobsMilliW(now?.partW ?? new Map(), config.power.standbyW);
    const shares = new Map(
      COMPUTE_PARTS.flatMap((part) => {
        const own = jobs.filter(({ order }) => partOf(order) === part);
        return [...shareOut(own, forJobs.get(part) ?? 0n, now?.allow ?? 'all')];
      }),
    );
    this.#state = stateOf(jobs, shares, now !== undefined);
    // What is stopped is stopped before anything is begun: in no moment there is too much.
    const byShare = jobs.toSorted(
      (a, b) => (shares.get(a.order.jobId) ?? 0) - (shares.get(b.order.jobId) ?? 0),
    );
    for (const { order } of byShare) {
      const share = shares.get(order.jobId) ?? 0;
      const record = book.of(order.jobId);
      if (record === undefined) continue;
      if (!runner.has(order.jobId) && share > 0 && record.standing === 'here') runner.begin(record);
      if (runner.has(order.jobId)) runner.setShare(order.jobId, share);
    }
  }
}
