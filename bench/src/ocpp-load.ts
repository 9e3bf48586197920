/**
 * Measures the door for stations of OCPP: a thousand stations that are connected at once, a third of each version, and swipes of
 * theirs at an even pace, in turns with as many of the own station agent against the same gateway. The door with its database, the stations
 * and the agent are processes of their own. The gateway is a stub that offers at once, so that what is measured is the door.
 * Run: `npx tsx bench/src/ocpp-load.ts [--stations 1000] [--per-second 50] [--seconds 60]`.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hashPassword } from '@roamgrid/ocpp';
import { removeDatabase } from '@roamgrid/service-kit';
import { offerBody, peerGateway } from '@roamgrid/station-kit/testing';
import type { DoorReady, Memory, RunOrder, RunResult } from './ocpp-load/order.ts';

const { values } = parseArgs({
  options: {
    stations: { type: 'string', default: '1000' },
    'per-second': { type: 'string', default: '50' },
    seconds: { type: 'string', default: '60' },
  },
});
const [stations, perSecond, seconds] = [values.stations, values['per-second'], values.seconds].map(
  Number,
) as [number, number, number];
const PROCESSES = 2;
const PASSWORD = 'a-password-of-20-bytes';
/** Stations before the first look at memory: what is made once for all of them is not theirs. */
const WARM = 12;
const TURN_SECONDS = 10;

const childOf = (name: string): ChildProcess =>
  fork(fileURLToPath(new URL(`ocpp-load/${name}-child.ts`, import.meta.url)), [], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  });
const ask = <T>(child: ChildProcess, name: string, order: object = {}): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once('message', (message: { readonly result?: T; readonly fault?: string }) => {
      if (message.fault === undefined) resolve(message.result as T);
      else reject(new Error(message.fault));
    });
    child.send({ name, order });
  });

const share = (sorted: readonly number[], part: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) * 10) / 10;
const figures = (results: readonly RunResult[]): object => {
  const tookMs = results.flatMap((result) => result.tookMs).sort((a, b) => a - b);
  const failures = results.reduce((sum, result) => sum + result.failures, 0);
  return { answered: tookMs.length, failures, p50Ms: share(tookMs, 0.5), p99Ms: share(tookMs, 0.99) };
};

const stateDir = await mkdtemp(join(tmpdir(), 'ocpp-load-'));
let numbered = 0;
const gateway = await peerGateway(({ body }) => {
  numbered += 1;
  const evseId = typeof body['evseId'] === 'string' ? body['evseId'] : '';
  const sessionId = `USDUK-USALP-g0-${numbered}`;
  const validUntilMs = Date.now() + 300_000;
  const quote = { ...offerBody.quote, sessionId, evseId, issuedAtMs: Date.now(), validUntilMs };
  return { status: 200, body: { ...offerBody, quote } };
});
const idsOf = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_unused, at) => `LOAD-${from + at}`);

const door = childOf('door');
const groups = Array.from({ length: PROCESSES }, () => childOf('stations'));
const warming = childOf('stations');
const agent = childOf('swipes');
try {
  const { stationsUrl: url } = await ask<DoorReady>(door, 'start', {
    ...{ stateDir, gatewayUrl: gateway.url },
    stations: await Promise.all(
      idsOf(0, stations + WARM).map(async (stationId) => ({
        stationId,
        passwordHash: await hashPassword(PASSWORD),
      })),
    ),
  });
  await ask(warming, 'connect', { url, password: PASSWORD, stationIds: idsOf(stations, WARM) });
  await ask(warming, 'authorize', { perSecond: 20, seconds: 5 });
  const before = await ask<Memory>(door, 'memory');
  const connectingMs = performance.now();
  const each = stations / PROCESSES;
  await Promise.all(
    groups.map((group, at) =>
      ask(group, 'connect', { url, password: PASSWORD, stationIds: idsOf(at * each, each) }),
    ),
  );
  const connectedMs = performance.now() - connectingMs;
  const after = await ask<Memory>(door, 'memory');
  const load = loadavg()[0];
  // In turns, so that what else the machine does falls on both alike.
  await ask(agent, 'connect', { gatewayUrl: gateway.url });
  const [authorized, swiped]: [RunResult[], RunResult[]] = [[], []];
  for (let passed = 0; passed < seconds; passed += TURN_SECONDS) {
    const turn = Math.min(TURN_SECONDS, seconds - passed);
    const share: RunOrder = { perSecond: perSecond / PROCESSES, seconds: turn };
    authorized.push(...(await Promise.all(groups.map((group) => ask<RunResult>(group, 'authorize', share)))));
    swiped.push(await ask<RunResult>(agent, 'swipe', { perSecond, seconds: turn }));
  }
  const late = await ask<Memory>(door, 'memory');
  const aStation = (later: Memory) => ({
    resident: Math.round((later.residentBytes - before.residentBytes) / stations),
    used: Math.round((later.usedBytes - before.usedBytes) / stations),
  });
  process.stdout.write(
    `${JSON.stringify(
      {
        gateway: 'stub that offers at once',
        ...{ stations, perSecond, seconds, load },
        connectedWithinMs: Math.round(connectedMs),
        bytesAStation: { connected: aStation(after), afterwards: aStation(late) },
        authorize: figures(authorized),
        ownAgentSwipes: figures(swiped),
      },
      null,
      2,
    )}\n`,
  );
} finally {
  for (const child of [door, warming, agent, ...groups]) child.disconnect();
  gateway.close();
  await new Promise((resolve) => door.once('exit', resolve));
  await removeDatabase(stateDir);
  await rm(stateDir, { recursive: true, force: true });
}
