import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { programArguments } from '@roamgrid/service-kit';

/** A real AAA node in a process of its own, started as an operator would: services meet on the wire only. */
export interface AaaProcess {
  readonly url: string;
  /** OpenID issuer. */
  readonly issuer: string;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Freezes it: it accepts connections and never answers. */
  freeze(): void;
  thaw(): void;
}

const MAIN = fileURLToPath(new URL('../../../aaa-node/src/main.ts', import.meta.url));

export const startAaaProcess = async (
  folder: string,
  config: Record<string, unknown>,
): Promise<AaaProcess> => {
  const file = path.join(folder, `aaa-${String(config['utilityId'])}.json`);
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const child = spawn(process.execPath, [...programArguments(MAIN), '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]: unknown[]) => String(text)),
    exited.then(() => {
      throw new Error('the AAA node ended before it listened');
    }),
  ]);
  return {
    url: line,
    issuer: `${line}/oidc`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
};
