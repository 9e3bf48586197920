/**
 * A simulated site as a process: three Modbus TCP devices, and a clock, loads and an outage that are told on its input.
 * It ends when its input does, so that it outlives nobody.
 */
import { createInterface } from 'node:readline';
import { siteSetup, siteWord, type SiteView } from './control.ts';
import { SitePhysics } from './site-physics.ts';
import { serveSite } from './site-servers.ts';

const { startMs, ...options } = siteSetup.parse(JSON.parse(process.argv[2] ?? '{}'));
const site = new SitePhysics(options, startMs);
const servers = await serveSite(site);
const tell = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

const viewOf = (): SiteView => ({
  atMs: site.atMs,
  gridW: String(site.gridW),
  sunW: String(site.sunW),
  batteryW: String(site.batteryW),
  storedWh: String(site.storedWh),
});

tell(servers.ports);
for await (const line of createInterface({ input: process.stdin })) {
  const { atMs, loadW, isFeedOut } = siteWord.parse(JSON.parse(line));
  // Until then it was as before.
  if (atMs !== undefined) site.passTo(atMs);
  if (loadW !== undefined) site.loadW = loadW;
  if (isFeedOut !== undefined) site.isFeedOut = isFeedOut;
  tell(viewOf());
}
await servers.close();
