import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { GatewayOrder } from './gateway-child.ts';

const CHILD = join(import.meta.dirname, 'gateway-child.ts');
const AGAIN_AFTER_MS = 200;
/** Deaths before it listened, one after the other: then something is wrong that a start does not cure. */
const MAX_STILLBORN = 5;

const ready = z.object({ url: z.string() });

/** A gateway as a process of its own. */
export interface GatewayProcess {
  readonly url: string;
  close(): Promise<void>;
}

/** Resolves with the gateway's address, or undefined when it died before it listened. */
async function listening(child: ChildProcess): Promise<string | undefined> {
  const message = new Promise<string>((resolve) => {
    child.once('message', (said) => {
      resolve(ready.parse(said).url);
    });
  });
  return Promise.race([message, once(child, 'exit').then(() => undefined)]);
}

/**
 * Runs a gateway as a process of its own and starts it again whenever it dies, as the supervisor of a host or cluster
 * does. Its process id is in a file, for who wants to kill it.
 * @throws Error when it does not come up the first time.
 */
export async function superviseGateway(
  order: GatewayOrder,
  pidFile: string,
  progress: (text: string) => void,
): Promise<GatewayProcess> {
  const closing = new AbortController();
  let child: ChildProcess;
  const start = async (): Promise<string | undefined> => {
    child = spawn(process.execPath, ['--import', createRequire(import.meta.url).resolve('tsx'), CHILD], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // A child that died at once cannot be written to; its exit tells the rest.
    child.on('error', () => undefined);
    child.send(order, () => undefined);
    await writeFile(pidFile, `${child.pid ?? ''}`);
    return listening(child);
  };
  const url = await start();
  if (url === undefined) throw new Error(`the gateway of ${order.config.name} ended before it listened`);

  const supervise = async (): Promise<void> => {
    let stillborn = 0;
    for (;;) {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      if (closing.signal.aborted) return;
      progress(`the gateway of ${order.config.name} died and is started again`);
      await sleep(AGAIN_AFTER_MS, undefined, { signal: closing.signal });
      stillborn = (await start()) === undefined ? stillborn + 1 : 0;
      if (stillborn === MAX_STILLBORN)
        throw new Error(`the gateway of ${order.config.name} does not come up again`);
    }
  };
  const supervised = supervise();
  // Told by close(); until then whoever asks the gateway sees that it is away.
  supervised.catch(() => undefined);
  return {
    url,
    close: async () => {
      closing.abort();
      child.kill('SIGTERM');
      await supervised.catch((thrown: unknown) => {
        if (!(thrown instanceof Error && thrown.name === 'AbortError')) throw thrown;
      });
    },
  };
}
