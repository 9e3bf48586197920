import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from '@roamgrid/service-kit';
import { privateFolder } from '@roamgrid/service-kit/runtime';
import type { ProgramConfig } from '../config.ts';
import type { Quota } from '../power/quota.ts';
import { WHOLE, type Share } from '../power/share.ts';
import type { JobBook } from './book.ts';
import { CHECKPOINT_FILE, isFileOfJob, readFileOfJob, RESULT_FILE } from './checkpoint.ts';
import { allowedProgram, launch } from './launch.ts';
import { outcomeOf } from './outcome.ts';
import {
  type GroupFacts,
  type GroupName,
  groupOf,
  groupsOf,
  killGroup,
  readProcesses,
  signalGroup,
  startTicksOf,
  stopGroup,
  survivorsOf,
} from './processes.ts';
import { isOurs, type JobRecord } from './record.ts';

/** A process group that is a job's. */
interface Live extends GroupName {
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

const RESULT_CHARACTERS = 4_096;
/** Bytes of a character in UTF-8, at most. */
const UTF8_BYTES = 4;

/** The processes of jobs: begins them, finds them again, and says what became of them. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #live = new Map<string, Live>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** After a start: survivors are taken over, whoever runs without a record that says so is ended. */
  async recover(): Promise<void> {
    const { book, quota, tokenPrefix, log } = this.#options;
    const survivors = new Map(survivorsOf(tokenPrefix));
    for (const record of book.all()) {
      const { run } = record;
      const groups = run && survivors.get(run.token);
      // Killed before the record said which group it is: then it is the one that began first.
      const leader = groups?.find((group) => group === run?.pid) ?? groups?.[0];
      if (run === undefined || leader === undefined || !isOurs(record)) continue;
      survivors.delete(run.token);
      const startTicks = run.startTicks ?? startTicksOf(leader);
      // What it took until now is in the register already, or was taken while nobody measured.
      this.#live.set(record.order.jobId, {
        leader,
        startTicks,
        cpuMs: groupsOf(readProcesses()).get(leader)?.cpuMs ?? 0,
        share: 0,
        isOwn: false,
        isFrozen: false,
        exitCode: undefined,
      });
      quota.take(record.order.jobId, leader);
      book.keep({ ...record, run: { ...run, pid: leader, ...(startTicks !== undefined && { startTicks }) } });
      log.info({ jobId: record.order.jobId }, 'a job went on while the agent was away');
    }
    for (const group of [...survivors.values()].flat()) await killGroup(group);
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
    const isGoingOn = program.checkpoint !== undefined && isFileOfJob(join(work, CHECKPOINT_FILE));
    const begun: JobRecord = {
      ...record,
      runs: record.runs + 1,
      began: isGoingOn ? 'from-checkpoint' : 'anew',
      run: { token, begunMs: nowMs() },
    };
    book.keep(begun);
    const child = launch(program, order, work, token);
    const pid = child?.pid;
    if (child === undefined || pid === undefined) {
      child?.once('error', () => undefined); // it says by `pid` already that there is none
      this.#ended(begun, null, 'it could not be begun');
      return;
    }
    const startTicks = startTicksOf(pid);
    const live: Live = {
      leader: pid,
      startTicks,
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

  /** The processor time that each had since the last look, ms. */
  look(groups: ReadonlyMap<number, GroupFacts>): ReadonlyMap<string, number> {
    const used = new Map<string, number>();
    for (const [jobId, live] of this.#live) {
      const cpuMs = Math.max(live.cpuMs, groupOf(groups, live)?.cpuMs ?? 0);
      used.set(jobId, cpuMs - live.cpuMs);
      live.cpuMs = cpuMs;
    }
    return used;
  }

  /** Keeps what became of those whose processes have ended, and ends those whose time is over. */
  settle(groups: ReadonlyMap<number, GroupFacts>): void {
    const { book, programs, nowMs } = this.#options;
    for (const [jobId, live] of [...this.#live]) {
      const record = book.of(jobId);
      if (record === undefined || !isOurs(record)) continue;
      if (groupOf(groups, live)?.isAlive !== true) {
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
  }

  #stopLater(jobId: string, why: string): void {
    this.stop(jobId, 'failed', why).catch((thrown: unknown) => {
      this.#options.log.error({ err: thrown, jobId }, 'a job could not be ended');
    });
  }

  /** Whether a job left all that says it is done, whatever its processes still do. */
  hasResult(jobId: string): boolean {
    return isFileOfJob(join(this.#options.book.workFolder(jobId), RESULT_FILE));
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
    this.#endStrays(jobId, live.leader);
    if (!(await killGroup(live.leader))) throw new Error(`the processes of ${jobId} do not end`);
    // Whoever waited for the same has kept it meanwhile.
    if (this.#live.get(jobId) !== live) return;
    this.#live.delete(jobId);
    quota.drop(jobId);
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
    for (const [jobId, { leader }] of this.#live) {
      this.#endStrays(jobId, leader);
      await killGroup(leader);
    }
  }

  /** Those that left a job's group are known by its token: none of them outlives the run. */
  #endStrays(jobId: string, leader: number): void {
    const token = this.#options.book.of(jobId)?.run?.token;
    if (token === undefined) return;
    for (const group of survivorsOf(token).get(token) ?? [])
      if (group !== leader) signalGroup(group, 'SIGKILL');
  }

  /** A run is over. `exitCode` is undefined when nobody saw how, null when a signal ended it. */
  #ended(record: JobRecord, exitCode: number | null | undefined, fault?: string): void {
    const { book, programs, quota, nowMs, log } = this.#options;
    const { jobId, program: name } = record.order;
    const live = this.#live.get(jobId);
    if (live !== undefined) this.#endStrays(jobId, live.leader);
    const program = programs.find((one) => one.name === name);
    const end = { exitCode, cpuMs: live?.cpuMs ?? 0, fault, result: this.#resultOf(jobId), endedMs: nowMs() };
    const outcome = outcomeOf(record, program, end);
    book.keep(outcome);
    // Forgotten when its end is kept: one that a full disk did not take is kept in the next round.
    this.#live.delete(jobId);
    quota.drop(jobId);
    const level = outcome.standing === 'failed' ? 'warn' : 'info';
    log[level]({ jobId, standing: outcome.standing, exitCode }, 'a run is over');
  }

  #resultOf(jobId: string): string | undefined {
    const file = join(this.#options.book.workFolder(jobId), RESULT_FILE);
    const bytes = readFileOfJob(file, RESULT_CHARACTERS * UTF8_BYTES);
    return bytes?.toString('utf8').slice(0, RESULT_CHARACTERS);
  }
}
