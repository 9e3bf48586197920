import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@roamgrid/service-kit';
import { privateFolder } from '@roamgrid/service-kit/runtime';
import type { ProgramConfig } from '../config.ts';
import type { Quota } from '../power/quota.ts';
import { WHOLE, type Share } from '../power/share.ts';
import type { JobBook } from './book.ts';
import { CHECKPOINT_FILE, RESULT_FILE } from './checkpoint.ts';
import { allowedProgram, launch } from './launch.ts';
import {
  type GroupFacts,
  groupsOf,
  killGroup,
  readProcesses,
  startTicksOf,
  stopGroup,
  survivorsOf,
} from './processes.ts';
import { isOurs, type JobRecord } from './record.ts';

/** A process group that is a job's. */
interface Live {
  readonly leader: number;
  cpuMs: number;
  share: Share;
  /** Begun by this agent, which hears how it ends. */
  readonly isOwn: boolean;
  /** Stopped until it is thawed, whatever its share. */
  isFrozen: boolean;
  exitCode: number | null | undefined;
}

export interface RunnerOptions {
  readonly book: JobBook;
  readonly programs: readonly ProgramConfig[];
  readonly quota: Quota;
  /** Begins the tokens of this agent's runs, and of nobody else's. */
  readonly tokenPrefix: string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** A run that ends without a result is begun again, but not for ever. */
const MOST_RUNS = 5;
const RESULT_CHARACTERS = 4_096;

/** The processes of jobs: begins them, finds them again, and says what became of them. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #live = new Map<string, Live>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** After a start: survivors are taken over, whoever runs without a record that says so is ended. */
  async recover(): Promise<void> {
    const { book, tokenPrefix, log } = this.#options;
    const survivors = new Map(survivorsOf(tokenPrefix));
    for (const record of book.all()) {
      const { run } = record;
      const found = run && survivors.get(run.token);
      if (run === undefined || found === undefined) continue;
      if (!isOurs(record)) continue;
      survivors.delete(run.token);
      const { group: leader } = found;
      // What it took until now is in the register already, or was taken while nobody measured.
      this.#live.set(record.order.jobId, {
        leader,
        cpuMs: groupsOf(readProcesses()).get(leader)?.cpuMs ?? 0,
        share: 0,
        isOwn: false,
        isFrozen: false,
        exitCode: undefined,
      });
      const startTicks = startTicksOf(leader);
      book.keep({ ...record, run: { ...run, pid: leader, ...(startTicks !== undefined && { startTicks }) } });
      log.info({ jobId: record.order.jobId }, 'a job went on while the agent was away');
    }
    for (const { group } of survivors.values()) await killGroup(group);
    for (const record of book.all()) {
      if (record.run !== undefined && !this.#live.has(record.order.jobId)) this.#ended(record, undefined);
    }
  }

  has(jobId: string): boolean {
    return this.#live.has(jobId);
  }

  leaderOf(jobId: string): number | undefined {
    return this.#live.get(jobId)?.leader;
  }

  shareOf(jobId: string): Share {
    return this.#live.get(jobId)?.share ?? 0;
  }

  /** Processor time of a job here, ms, those of ended runs included. */
  cpuMsOf(record: JobRecord): number {
    return record.cpuMs + (this.#live.get(record.order.jobId)?.cpuMs ?? 0);
  }

  begin(record: JobRecord): void {
    const { book, programs, quota, tokenPrefix, nowMs } = this.#options;
    const { order } = record;
    const program = allowedProgram(programs, order);
    if (typeof program === 'string') {
      book.keep({ ...record, standing: 'failed', why: program, endedMs: nowMs() });
      return;
    }
    const work = book.workFolder(order.jobId);
    privateFolder(work);
    const token = `${tokenPrefix}${order.jobId}:${randomUUID()}`;
    const isGoingOn = program.checkpoint !== undefined && existsSync(join(work, CHECKPOINT_FILE));
    const begun: JobRecord = {
      ...record,
      runs: record.runs + 1,
      began: isGoingOn ? 'from-checkpoint' : 'anew',
      run: { token, begunMs: nowMs() },
    };
    book.keep(begun);
    const child = launch(program, order, work, token);
    const { pid } = child;
    if (pid === undefined) {
      child.once('error', () => undefined); // it says by `pid` already that there is none
      this.#ended(begun, null, 'it could not be begun');
      return;
    }
    const live: Live = {
      leader: pid,
      cpuMs: 0,
      share: WHOLE,
      isOwn: true,
      isFrozen: false,
      exitCode: undefined,
    };
    child.once('exit', (code) => {
      live.exitCode = code;
    });
    child.unref();
    this.#live.set(order.jobId, live);
    quota.take(order.jobId, pid);
    const startTicks = startTicksOf(pid);
    book.keep({
      ...begun,
      run: { token, begunMs: nowMs(), pid, ...(startTicks !== undefined && { startTicks }) },
    });
  }

  setShare(jobId: string, share: Share): void {
    const live = this.#live.get(jobId);
    if (live === undefined || live.isFrozen) return;
    live.share = share;
    this.#options.quota.set(jobId, live.leader, share);
  }

  /** Looks what became of each: gives the processor time that each had since the last look, ms. */
  look(groups: ReadonlyMap<number, GroupFacts>): ReadonlyMap<string, number> {
    const used = new Map<string, number>();
    const { book, programs, nowMs } = this.#options;
    for (const [jobId, live] of [...this.#live]) {
      const record = book.of(jobId);
      const group = groups.get(live.leader);
      const cpuMs = Math.max(live.cpuMs, group?.cpuMs ?? 0);
      used.set(jobId, cpuMs - live.cpuMs);
      live.cpuMs = cpuMs;
      if (record === undefined || !isOurs(record)) continue;
      if (group?.isAlive !== true) {
        // How an own one ended is told in a moment.
        if (!live.isOwn || live.exitCode !== undefined) this.#ended(record, live.exitCode);
      } else {
        const program = programs.find(({ name }) => name === record.order.program);
        const begunMs = record.run?.begunMs ?? nowMs();
        if (program !== undefined && nowMs() - begunMs > program.limits.runMs) {
          this.#stopLater(jobId, `it ran longer than ${program.limits.runMs} ms`);
        }
      }
    }
    return used;
  }

  #stopLater(jobId: string, why: string): void {
    this.stop(jobId, 'failed', why).catch((thrown: unknown) => {
      this.#options.log.error({ err: thrown, jobId }, 'a job could not be ended');
    });
  }

  /** Whether a job left all that says it is done, whatever its processes still do. */
  hasResult(jobId: string): boolean {
    return existsSync(join(this.#options.book.workFolder(jobId), RESULT_FILE));
  }

  /** Stops a job until it is thawed; resolves when none of its processes runs. False when all of them have ended. */
  async freeze(jobId: string): Promise<boolean> {
    const live = this.#live.get(jobId);
    if (live === undefined) return false;
    this.setShare(jobId, 0);
    live.isFrozen = true;
    return stopGroup(live.leader);
  }

  thaw(jobId: string): void {
    const live = this.#live.get(jobId);
    if (live !== undefined) live.isFrozen = false;
  }

  /** Ends a job's processes for good, and keeps why, when it is this cabinet's to say. */
  async stop(jobId: string, standing: 'failed' | 'cancelled', why: string): Promise<void> {
    const { book, nowMs } = this.#options;
    const record = book.of(jobId);
    if (record === undefined) return;
    // Kept first: an agent that dies now ends what it finds of it when it begins again.
    book.keep({ ...record, standing, why, endedMs: nowMs() });
    await this.end(jobId);
  }

  /** Ends a job's processes; resolves when none lives. */
  async end(jobId: string): Promise<void> {
    const { book, quota } = this.#options;
    const live = this.#live.get(jobId);
    if (live === undefined) return;
    quota.drop(jobId);
    if (!(await killGroup(live.leader))) throw new Error(`the processes of ${jobId} do not end`);
    this.#live.delete(jobId);
    const record = book.of(jobId);
    if (record === undefined) return;
    const { run: _run, ...rest } = record;
    book.keep({ ...rest, cpuMs: record.cpuMs + live.cpuMs });
  }

  /** Leaves all jobs stopped where they are, for the next agent to take over. */
  freezeAll(): void {
    for (const jobId of this.#live.keys()) this.setShare(jobId, 0);
    this.#options.quota.close();
  }

  async endAll(): Promise<void> {
    this.#options.quota.close();
    for (const { leader } of this.#live.values()) await killGroup(leader);
  }

  /** A run is over. `exitCode` is undefined when nobody saw how, null when a signal ended it. */
  #ended(record: JobRecord, exitCode: number | null | undefined, fault?: string): void {
    const { book, programs, quota, nowMs, log } = this.#options;
    const { jobId } = record.order;
    const live = this.#live.get(jobId);
    this.#live.delete(jobId);
    quota.drop(jobId);
    const { run: _run, ...rest } = record;
    const over = {
      ...rest,
      cpuMs: record.cpuMs + (live?.cpuMs ?? 0),
      ...(exitCode !== undefined && { exitCode }),
    };
    // A run of a job that is another's by now, or cancelled: nothing comes of it.
    if (!isOurs(record)) {
      book.keep(over);
      return;
    }
    const program = programs.find(({ name }) => name === record.order.program);
    const isByFile = program?.completion === 'result-file';
    const hasResult = this.hasResult(jobId);
    const endedMs = nowMs();
    if (isByFile ? hasResult : exitCode === 0) {
      const result = hasResult ? this.#resultOf(jobId) : undefined;
      book.keep({ ...over, standing: 'done', endedMs, ...(result !== undefined && { result }) });
      log.info({ jobId }, 'a job is done');
    } else if (
      isByFile &&
      (exitCode === undefined || exitCode === null) &&
      record.runs < MOST_RUNS &&
      fault === undefined
    ) {
      // What ended it is not its own doing: it begins again, where its checkpoint is if it has one.
      book.keep({ ...over, standing: 'here', why: 'its run was ended from outside' });
    } else {
      const seen =
        exitCode === undefined
          ? 'it ended while the agent was away, and how is not known'
          : `it ended with ${exitCode ?? 'a signal'}`;
      book.keep({ ...over, standing: 'failed', endedMs, why: fault ?? seen });
      log.warn({ jobId, exitCode }, 'a job failed');
    }
    book.prune();
  }

  #resultOf(jobId: string): string {
    const file = join(this.#options.book.workFolder(jobId), RESULT_FILE);
    return readFileSync(file, 'utf8').slice(0, RESULT_CHARACTERS);
  }
}
