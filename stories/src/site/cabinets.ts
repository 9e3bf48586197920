import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent, type RunningAgent, type StartOptions } from '@roamgrid/compute-agent';
import {
  CONTROLLER,
  makeNeighbours,
  type AgentSettings,
  type Neighbours,
} from '@roamgrid/compute-agent/samples';
import type { PeerClient, PeerRequest } from '@roamgrid/service-kit/peers';
import {
  cabinetReading,
  computeGrant,
  jobList,
  jobStatus,
  moveAnswer,
  type CabinetReading,
  type JobKind,
  type JobStatus,
  type MoveAnswer,
} from '@roamgrid/wire';
import { z } from 'zod';

const CALL_MS = 10_000;
const LIMIT_MS = 20_000;
const LOOK_AGAIN_MS = 25;

/** Stations' cabinets of servers with real jobs, and the controller that grants them power. */
export interface Cabinets {
  readonly neighbours: Neighbours;
  start(cabinetId: string, options?: StartOptions): Promise<RunningAgent>;
  /** Ends one; its jobs stay stopped, for when it is started again. */
  stop(cabinetId: string): Promise<void>;
  /** Begins the counting of primes below a number, which pauses a moment after each five hundred. */
  submit(cabinetId: string, jobId: string, kind: JobKind, below: number): Promise<JobStatus>;
  /** All that it knows of. */
  jobs(cabinetId: string): Promise<readonly JobStatus[]>;
  job(cabinetId: string, jobId: string): Promise<JobStatus | undefined>;
  /** Waits until a job is in a state there. @throws when it does not come to it within 20 s */
  comesTo(cabinetId: string, jobId: string, state: JobStatus['state']): Promise<JobStatus>;
  grant(cabinetId: string, watts: bigint, lastsMs?: number): Promise<CabinetReading>;
  reading(cabinetId: string): Promise<CabinetReading>;
  move(jobId: string, from: string, to: string, mayRestart?: boolean): Promise<MoveAnswer>;
  /** Ends all, jobs too. */
  close(): Promise<void>;
}

/** Cabinets that know each other, none of them started yet. */
export const makeCabinets = async (
  folder: string,
  cabinetIds: readonly string[],
  changes: Partial<AgentSettings> = {},
): Promise<Cabinets> => {
  const neighbours = await makeNeighbours({ folder, cabinetIds, changes });
  const agents = new Map<string, RunningAgent>();
  const clients = new Map<string, PeerClient>();
  for (const cabinetId of cabinetIds) clients.set(cabinetId, await neighbours.ask(CONTROLLER, cabinetId));

  const ask = async <T extends z.ZodType>(
    cabinetId: string,
    request: PeerRequest<T>,
  ): Promise<z.output<T>> => {
    const client = clients.get(cabinetId);
    if (client === undefined) throw new RangeError(`no cabinet is called ${cabinetId}`);
    const asked = await client.ask<T>(request);
    if (asked.ok) return asked.value;
    throw new Error(`${cabinetId} refused: ${JSON.stringify(asked.failure)}`);
  };
  const timeoutMs = CALL_MS;
  const job: Cabinets['job'] = (cabinetId, jobId) =>
    ask(cabinetId, { method: 'GET', path: `/v1/jobs/${jobId}`, answer: jobStatus, timeoutMs }).catch(
      () => undefined,
    );

  return {
    neighbours,
    async start(cabinetId, options) {
      const agent = await startAgent(neighbours.settingsOf(cabinetId), options);
      agents.set(cabinetId, agent);
      return agent;
    },
    async stop(cabinetId) {
      await agents.get(cabinetId)?.close();
      agents.delete(cabinetId);
    },
    submit: (cabinetId, jobId, kind, below) =>
      ask(cabinetId, {
        ...{ method: 'POST', path: '/v1/jobs', answer: jobStatus, timeoutMs },
        body: { jobId, program: 'primes', arguments: [below.toString(), '5'], kind },
      }),
    jobs: async (cabinetId) =>
      (await ask(cabinetId, { method: 'GET', path: '/v1/jobs', answer: jobList, timeoutMs })).jobs,
    job,
    async comesTo(cabinetId, jobId, state) {
      const untilMs = Date.now() + LIMIT_MS;
      for (;;) {
        const seen = await job(cabinetId, jobId);
        if (seen?.state === state) return seen;
        if (Date.now() > untilMs)
          throw new Error(`${jobId} at ${cabinetId} is ${seen?.state ?? 'not known'}, not ${state}`);
        await sleep(LOOK_AGAIN_MS);
      }
    },
    grant: (cabinetId, watts, lastsMs = 60_000) =>
      ask(cabinetId, {
        ...{ method: 'PUT', path: '/v1/grant', answer: cabinetReading, timeoutMs },
        body: z.encode(computeGrant, {
          parts: (['urgent', 'high', 'ordinary'] as const).map((part) => ({
            part,
            grantedW: watts,
            lastsMs,
          })),
          allow: 'all',
        }),
      }),
    reading: (cabinetId) =>
      ask(cabinetId, { method: 'GET', path: '/v1/cabinet', answer: cabinetReading, timeoutMs }),
    move: (jobId, from, to, mayRestart = false) =>
      ask(from, {
        ...{ method: 'POST', path: `/v1/jobs/${jobId}/move`, answer: moveAnswer, timeoutMs: LIMIT_MS },
        body: { to, mayRestart },
      }),
    async close() {
      for (const client of clients.values()) await client.close();
      for (const agent of agents.values()) await agent.closeWith('end');
    },
  };
};
