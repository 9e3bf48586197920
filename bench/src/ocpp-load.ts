/**
 * Measures the door for stations of OCPP: a thousand stations that are connected at once, a third of each version, and swipes of
 * theirs at an even pace, in turns with as many of the own station agent against the same gateway. The door with its database, the stations
 * and the agent are processes of their own. The gateway is a stub that offers at once, so that what is measured is the door. The door
 * of another checkout, with stations of its own, takes its turns in the same run: how the two compare says more than either on a
 * machine that does other things.
 * Run: `npx tsx bench/src/ocpp-load.ts [--stations 1000] [--per-second 50] [--seconds 60] [--beside CHECKOUT]`.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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
    beside: { type: 'string' },
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

const ROOT = join(import.meta.dirname, '..', '..');
const childOf = (name: string, root = ROOT): ChildProcess =>
  fork(join(root, `bench/src/ocpp-load/${name}-child.ts`), [], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    cwd: root,
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

/** A door of a checkout, and the stations that are connected to it. */
const openStreet = async (root: string) => {
  const stateDir = await mkdtemp(join(tmpdir(), 'ocpp-load-'));
  const door = childOf('door', root);
  const groups = Array.from({ length: PROCESSES }, () => childOf('stations'));
  const warming = childOf('stations');
  const connect = (group: ChildProcess, url: string, stationIds: readonly string[]) =>
    ask(group, 'connect', { url, password: PASSWORD, stationIds });
  return {
    memory: () => ask<Memory>(door, 'memory'),
    /** @returns what it holds before its stations come, and how long they take, ms */
    async fill() {
      const { stationsUrl: url } = await ask<DoorReady>(door, 'start', {
        ...{ stateDir, gatewayUrl: gateway.url },
        stations: await Promise.all(
          idsOf(0, stations + WARM).map(async (stationId) => ({
            stationId,
            passwordHash: await hashPassword(PASSWORD),
          })),
        ),
      });
      await connect(warming, url, idsOf(stations, WARM));
      await ask(warming, 'authorize', { perSecond: 20, seconds: 5 });
      const before = await ask<Memory>(door, 'memory');
      const connectingMs = performance.now();
      const each = stations / PROCESSES;
      await Promise.all(groups.map((group, at) => connect(group, url, idsOf(at * each, each))));
      return { before, connectedMs: performance.now() - connectingMs };
    },
    authorize: (turn: number) => {
      const order: RunOrder = { perSecond: perSecond / PROCESSES, seconds: turn };
      return Promise.all(groups.map((group) => ask<RunResult>(group, 'authorize', order)));
    },
    async close() {
      for (const child of [door, warming, ...groups]) child.disconnect();
      await new Promise((closed) => door.once('exit', closed));
      await removeDatabase(stateDir);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
};

const street = await openStreet(ROOT);
const beside = values.beside === undefined ? undefined : await openStreet(resolve(values.beside));
const agent = childOf('swipes');
try {
  const { before, connectedMs } = await street.fill();
  const after = await street.memory();
  await beside?.fill();
  const load = loadavg()[0];
  // In turns, so that what else the machine does falls on all alike.
  await ask(agent, 'connect', { gatewayUrl: gateway.url });
  const [authorized, besides, swiped]: [RunResult[], RunResult[], RunResult[]] = [[], [], []];
  for (let passed = 0; passed < seconds; passed += TURN_SECONDS) {
    const turn = Math.min(TURN_SECONDS, seconds - passed);
    authorized.push(...(await street.authorize(turn)));
    besides.push(...((await beside?.authorize(turn)) ?? []));
    swiped.push(await ask<RunResult>(agent, 'swipe', { perSecond, seconds: turn }));
  }
  const late = await street.memory();
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
        ...(beside && { authorizeBeside: figures(besides) }),
        ownAgentSwipes: figures(swiped),
      },
      null,
      2,
    )}\n`,
  );
} finally {
  agent.disconnect();
  await Promise.all([street.close(), beside?.close()]);
  gateway.close();
}
