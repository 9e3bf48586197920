import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programArguments } from '@roamgrid/service-kit';
import type { PeerClient } from '@roamgrid/service-kit/peers';
import {
  cabinetReading,
  computeGrant,
  type jobOrder,
  jobStatus,
  moveAnswer,
  type JobStatus,
} from '@roamgrid/wire';
import { z } from 'zod';
import { readProcesses, RUN_VARIABLE } from '../jobs/processes.ts';
import { CONTROLLER, makeNeighbours, type AgentSettings, type Neighbours } from '../samples/index.ts';
import { startAgent, type RunningAgent, type StartOptions } from '../start.ts';

const CHILD = join(import.meta.dirname, 'agent-child.ts');
const LIMIT_MS = 20_000;

/** Waits until something holds. @throws when it does not within 20 s */
export const until = async <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => {
  const untilMs = Date.now() + LIMIT_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > untilMs) throw new Error(`this did not come: ${what}`);
    await sleep(20);
  }
};

/** A value out of an answer. */
const valueOf = <T>(result: { ok: true; value: T } | { ok: false; failure: unknown }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
};

/** As `as const` gives it. */
type Order = Omit<z.input<typeof jobOrder>, 'arguments'> & { readonly arguments?: readonly string[] };

interface GrantMore {
  readonly highW?: bigint;
  readonly allow?: 'all' | 'critical';
}

/** What the controller does with one cabinet. */
export class Desk {
  readonly client: PeerClient;

  constructor(client: PeerClient) {
    this.client = client;
  }

  async submit(order: Order): Promise<JobStatus> {
    return valueOf(
      await this.client.ask({
        method: 'POST',
        path: '/v1/jobs',
        body: order,
        answer: jobStatus,
        timeoutMs: 5_000,
      }),
    );
  }

  async job(jobId: string): Promise<JobStatus> {
    return valueOf(
      await this.client.ask({
        method: 'GET',
        path: `/v1/jobs/${jobId}`,
        answer: jobStatus,
        timeoutMs: 5_000,
      }),
    );
  }

  /** Like `job`, for cabinets that may be away. */
  async maybeJob(jobId: string): Promise<JobStatus | undefined> {
    const asked = await this.client.ask({
      method: 'GET',
      path: `/v1/jobs/${jobId}`,
      answer: jobStatus,
      timeoutMs: 5_000,
    });
    return asked.ok ? asked.value : undefined;
  }

  async reading(): Promise<z.output<typeof cabinetReading>> {
    return valueOf(
      await this.client.ask({ method: 'GET', path: '/v1/cabinet', answer: cabinetReading, timeoutMs: 5_000 }),
    );
  }

  /** Grants watts to the ordinary part and, where it is said, to that of time-sensitive jobs. */
  async grant(grantedW: bigint, lastsMs = 60_000, { highW, allow = 'all' }: GrantMore = {}): Promise<void> {
    const parts = [
      { part: 'ordinary' as const, grantedW, lastsMs },
      ...(highW === undefined ? [] : [{ part: 'high' as const, grantedW: highW, lastsMs }]),
    ];
    const body = z.encode(computeGrant, { parts, allow });
    valueOf(
      await this.client.ask({
        method: 'PUT',
        path: '/v1/grant',
        body,
        answer: cabinetReading,
        timeoutMs: 5_000,
      }),
    );
  }

  async move(jobId: string, to: string, mayRestart = false): Promise<z.output<typeof moveAnswer>> {
    return valueOf(await this.tryMove(jobId, to, mayRestart));
  }

  tryMove(jobId: string, to: string, mayRestart = false) {
    return this.client.ask({
      ...{ method: 'POST' as const, path: `/v1/jobs/${jobId}/move`, timeoutMs: 20_000 },
      body: { to, mayRestart },
      answer: moveAnswer,
    });
  }

  isAt(jobId: string, state: JobStatus['state']): Promise<JobStatus> {
    return until(`${jobId} is ${state}`, async () => {
      const job = await this.maybeJob(jobId);
      return job?.state === state && job;
    });
  }
}

/** A note that a job of samples made. */
export interface Beat {
  readonly what: 'begin' | 'beat' | 'end';
  readonly pid: number;
  readonly ns: bigint;
  readonly next: number;
}

/** Agents on real sockets with real jobs; whatever a test does, none of their processes is left after it. */
export class Stand {
  readonly folder: string;
  readonly neighbours: Neighbours;
  readonly #agents = new Map<string, RunningAgent>();
  readonly #children = new Map<string, ChildProcess>();
  readonly #clients: PeerClient[] = [];

  private constructor(folder: string, neighbours: Neighbours) {
    this.folder = folder;
    this.neighbours = neighbours;
  }

  static async make(cabinetIds: readonly string[], changes: Partial<AgentSettings> = {}): Promise<Stand> {
    const folder = mkdtempSync(join(tmpdir(), 'compute-agent-'));
    return new Stand(folder, await makeNeighbours({ folder, cabinetIds, changes }));
  }

  async start(cabinetId: string, options: StartOptions = {}): Promise<RunningAgent> {
    const agent = await startAgent(this.neighbours.settingsOf(cabinetId), options);
    this.#agents.set(cabinetId, agent);
    return agent;
  }

  /** In a process of its own, which ends itself at a write of a job's record where it is told to. */
  async fork(cabinetId: string, dieAt?: string): Promise<ChildProcess> {
    const file = join(this.folder, `${cabinetId}.json`);
    writeFileSync(file, JSON.stringify(this.neighbours.settingsOf(cabinetId)));
    const args = [...programArguments(CHILD), file, ...(dieAt === undefined ? [] : [dieAt])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.set(cabinetId, child);
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => {
        resolve();
      });
      child.once('exit', () => {
        reject(new Error(`the agent of ${cabinetId} ended before it listened`));
      });
    });
    return child;
  }

  async desk(cabinetId: string): Promise<Desk> {
    const client = await this.neighbours.ask(CONTROLLER, cabinetId);
    this.#clients.push(client);
    return new Desk(client);
  }

  /** As a killed one is: nothing is closed. */
  async kill(cabinetId: string): Promise<void> {
    const child = this.#children.get(cabinetId);
    assert.ok(child);
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    this.#children.delete(cabinetId);
  }

  /** Waits until a forked one has ended itself. */
  async isDead(cabinetId: string): Promise<void> {
    const child = this.#children.get(cabinetId);
    assert.ok(child);
    await until(`the agent of ${cabinetId} is dead`, () => Promise.resolve(child.signalCode !== null));
    assert.equal(child.signalCode, 'SIGKILL');
    this.#children.delete(cabinetId);
  }

  async stop(cabinetId: string, jobs: 'suspend' | 'end'): Promise<void> {
    await this.#agents.get(cabinetId)?.closeWith(jobs);
    this.#agents.delete(cabinetId);
  }

  /** Keeps a job of samples from coming further than a little way; gives what lets it go on. */
  hold(name: string): () => void {
    const file = `${this.notesOf(name)}.hold`;
    writeFileSync(file, '');
    return () => {
      rmSync(file);
    };
  }

  notesOf(name: string): string {
    return join(this.folder, `${name}.notes`);
  }

  beats(name: string): readonly Beat[] {
    let text: string;
    try {
      text = readFileSync(this.notesOf(name), 'utf8');
    } catch {
      return [];
    }
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const beat = JSON.parse(line) as Omit<Beat, 'ns'> & { readonly ns: string };
        return { ...beat, ns: BigInt(beat.ns) };
      });
  }

  /** Processes of jobs of this stand that live now. */
  livingJobs(): readonly number[] {
    return readProcesses().flatMap(({ pid, state }) => {
      if (state === 'Z') return [];
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return environment.includes(`${RUN_VARIABLE}=`) && environment.includes(`HOME=${this.folder}/`)
          ? [pid]
          : [];
      } catch {
        return [];
      }
    });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    for (const cabinetId of [...this.#children.keys()]) await this.kill(cabinetId);
    for (const agent of this.#agents.values()) await agent.closeWith('end').catch(() => undefined);
    for (const pid of this.livingJobs()) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asserts that of all processes of a job only one ran at a time, each from where the one before it could have been. */
export const assertOneAtATime = (beats: readonly Beat[]): void => {
  const order = beats.toSorted((a, b) => (a.ns < b.ns ? -1 : 1)).map(({ pid }) => pid);
  const stretches = order.filter((pid, index) => pid !== order[index - 1]);
  assert.deepEqual(stretches, [...new Set(order)], 'two processes of one job ran at the same time');
};
