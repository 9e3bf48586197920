import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { programArguments } from '@roamgrid/service-kit';
import type { GatewayConfig } from '../config.ts';
import { testLagMs } from './clock.ts';
import { beforeStop } from './ledger-rig.ts';

export interface ChildGateway {
  /** Undefined when it died before it listened. */
  readonly url: string | undefined;
  readonly gone: Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

const CHILD = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@roamgrid/gateway')),
  'testing',
  'crash-child.ts',
);

/** Runs a gateway as a process that can be killed, or that kills itself at the n-th reaching of a step. */
export const startChildGateway = async (
  config: GatewayConfig,
  crash?: { readonly step: string; readonly count: number },
): Promise<ChildGateway> => {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...programArguments(CHILD),
      JSON.stringify(config),
      testLagMs().toString(),
      ...(crash === undefined ? [] : [crash.step, crash.count.toString()]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  // A test that fails half-way leaves its child behind, and the run would never end.
  beforeStop(() => {
    child.kill('SIGKILL');
    return Promise.resolve();
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  const listening = new Promise<string>((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => {
      resolve(chunk.toString('utf8').trim());
    });
  });
  return {
    url: await Promise.race([listening, gone.then(() => undefined)]),
    gone,
    kill: async (signal) => {
      child.kill(signal);
      await gone;
    },
  };
};
