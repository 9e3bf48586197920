import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programArguments } from '@roamgrid/service-kit';
import { siteReady, siteView, type SiteSetup, type SiteView, type SiteWord } from './control.ts';
import type { SitePorts } from './site-servers.ts';

/** A simulated site that runs as a process of its own. */
export interface StartedSite {
  readonly ports: SitePorts;
  /** Lets time pass there, changes what its loads take, switches its feed off or on; what stands there then. */
  say(word: SiteWord): Promise<SiteView>;
  close(): Promise<void>;
}

/** Starts the devices of a site: a meter at its connection, an inverter and a battery, each by Modbus TCP on this machine. */
export const startSite = async (setup: SiteSetup): Promise<StartedSite> => {
  const program = programArguments(join(import.meta.dirname, 'main.ts'));
  const child = spawn(process.execPath, [...program, JSON.stringify(setup)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]() as AsyncIterator<
    string,
    unknown
  >;
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the simulated site ended');
    return JSON.parse(line.value);
  };
  const ports = siteReady.parse(await next());
  return {
    ports,
    async say(word) {
      child.stdin.write(`${JSON.stringify(word)}\n`);
      return siteView.parse(await next());
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
};
