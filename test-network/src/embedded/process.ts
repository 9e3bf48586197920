/** Runs the embedded peer as a process of its own, so that it can be killed or measured alone. */
import { spawn } from 'node:child_process';
import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmbeddedConfig } from './config.ts';
import type { PeerEndpoint } from './start.ts';
import { PEER_NODE_OPTIONS } from '../node-options.ts';
import { programArguments } from '@roamgrid/service-kit/program';
import { readFile } from 'node:fs/promises';

const START_TIMEOUT_MS = 60_000;

interface ReadyLine {
  readonly startedInMs: number;
  readonly sinceProcessStartMs: number;
  readonly channel: string;
  readonly height: number;
  readonly organizations: readonly { mspId: string; address: string; tlsRootCertPath: string }[];
}

/** A running embedded peer process. */
export interface EmbeddedProcess extends Omit<ReadyLine, 'organizations'> {
  readonly pid: number;
  /** From spawning the process to its ready line. */
  readonly readyAfterMs: number;
  readonly organizations: readonly PeerEndpoint[];
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
  /** Sends the signal and resolves when the process is gone. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/**
 * Spawns the process and resolves at its ready line; throws with its error output when there is none. `onSpawn` learns
 * the process id at once.
 */
export async function startEmbeddedProcess(
  config: Omit<EmbeddedConfig, 'log'>,
  onSpawn?: (pid: number) => void,
): Promise<EmbeddedProcess> {
  await mkdir(config.stateDir, { recursive: true });
  const file = join(config.stateDir, 'network.json');
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const spawnedMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...PEER_NODE_OPTIONS,
      ...programArguments(join(import.meta.dirname, 'main.ts')),
      '--config',
      file,
      '--end-with-input',
    ],
    // Nothing is written to its input: it closes when this process ends, however that ends.
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const exited = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => {
      resolve(`exit ${signal ?? code ?? ''}`);
    }),
  );
  if (child.pid !== undefined) onSpawn?.(child.pid);
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-4000);
  });
  const line = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
    }, START_TIMEOUT_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const end = output.indexOf('\n');
      if (end < 0) return;
      clearTimeout(timer);
      resolve(output.slice(0, end));
    });
    void exited.then(() => {
      clearTimeout(timer);
      reject(new Error(`the embedded peer did not start: ${errors}`));
    });
  });
  const ready = JSON.parse(line) as ReadyLine;
  const organizations = await Promise.all(
    ready.organizations.map(async (each) => ({
      ...each,
      tlsRootCertPem: await readFile(each.tlsRootCertPath, 'utf8'),
    })),
  );
  return {
    ...ready,
    pid: child.pid ?? 0,
    readyAfterMs: Math.round(performance.now() - spawnedMs),
    organizations,
    ended: exited.then((reason) => `${reason} ${errors.trim()}`.trim()),
    kill: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}
