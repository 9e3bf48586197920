import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { programArguments } from '@roamgrid/service-kit';
import type { Part, PartRun } from '../supervisor/part.ts';
import type { ServiceOrder } from './order.ts';
import { startService, type RunningService, type ServiceClocks } from './start-service.ts';

const CHILD = join(import.meta.dirname, 'service-child.ts');
/** A service that says nothing for so long after its start hangs. */
const START_LIMIT_MS = 120_000;
const ALIVE_LIMIT_MS = 10_000;

const answersHealth = (url: string) => async (): Promise<boolean> => {
  const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ALIVE_LIMIT_MS) });
  await response.arrayBuffer();
  return true;
};

const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(`exit ${signal ?? code ?? ''}`);
    });
  });

const messageOf = (child: ChildProcess): Promise<undefined> =>
  new Promise((resolve) => {
    child.once('message', () => {
      resolve(undefined);
    });
  });

export interface ProcessOptions {
  /** The program. It waits for the order, answers with one message when it serves, and ends on SIGTERM or when its channel closes. */
  readonly file: string;
  /** Goes to it by a pipe that nobody else sees: it may hold keys and passwords. */
  readonly order: object;
  readonly isAlive?: () => Promise<boolean>;
}

/** A program of our own as a part. */
export const processPart = (name: string, { file, order, isAlive }: ProcessOptions): Part => ({
  name,
  ...(isAlive === undefined ? {} : { isAlive }),
  start: async (): Promise<PartRun> => {
    const child = spawn(process.execPath, programArguments(file), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // A child that died at once cannot be written to; its exit tells the rest.
    child.on('error', () => undefined);
    const ended = exitOf(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS);
    child.send(order, () => undefined);
    const died = await Promise.race([messageOf(child), ended]);
    clearTimeout(timer);
    if (died !== undefined) throw new Error(`${name} ended before it listened: ${died}`);
    return {
      pids: child.pid === undefined ? [] : [child.pid],
      ended,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  },
});

/** A service as a process of its own. */
export const serviceProcessPart = (name: string, order: ServiceOrder, url: string): Part =>
  processPart(name, { file: CHILD, order, isAlive: answersHealth(url) });

/** A service inside the supervisor's own process, which ends only with that one. */
export const inProcessPart = (name: string, start: () => Promise<RunningService>): Part => ({
  name,
  start: async () => {
    const service = await start();
    let tell: (reason: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => {
      tell = resolve;
    });
    return {
      pids: [],
      ended,
      stop: async () => {
        await service.close();
        tell('closed');
      },
    };
  },
});

/** A service of a utility, in this process or one of its own. */
export const servicePart = (
  name: string,
  order: ServiceOrder,
  {
    isProcess,
    url,
    clocks,
  }: { readonly isProcess: boolean; readonly url: string; readonly clocks: ServiceClocks },
): Part =>
  isProcess ? serviceProcessPart(name, order, url) : inProcessPart(name, () => startService(order, clocks));
