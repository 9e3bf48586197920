/**
 * A replay of recorded sessions on native Fabric while its parts are killed one after another: nothing is lost and
 * nothing is counted twice. Run: `npm run test:native -w bench` with Fabric's programs in FABRIC_BIN or PATH.
 * The replay's supervisor starts again what dies; gateways are processes of their own here. That one is killed at each step
 * of its way to the ledger is in `gateway/src/batcher/crash.test.ts`.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { down, NetworkPaths, status } from '@roamgrid/test-network/native';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SESSIONS = 150;
/** Stretches the replay to three quarters of a minute or more: it has to outlast the killing. */
const SPEED_UP = 5_000;
const BETWEEN_MS = 3_000;
const LOOK_EVERY_MS = 100;

const replayReport = z.object({
  rows: z.object({ clean: z.int() }),
  sessions: z.object({ billed: z.int(), refused: z.record(z.string(), z.int()) }),
  reconciliation: z.object({
    cdrMicros: z.string(),
    invoiceMicros: z.string(),
    billMicros: z.string(),
    exact: z.boolean(),
  }),
  chain: z.string(),
});

interface Replay {
  readonly child: ChildProcess;
  /** Resolves when the sessions begin. */
  readonly begun: Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly log: string }>;
}

function startReplay(stateDir: string, csv: string, orderer: 'raft' | 'bft'): Replay {
  const child = spawn(
    process.execPath,
    [
      join(root, 'cli/bin/roamgrid.js'),
      ...['replay', '--sessions', csv, '--limit', String(SESSIONS), '--customers', '2', '--in-flight', '4'],
      ...['--speed-up', String(SPEED_UP), '--processes', 'gateway'],
      ...['--ledger', 'native', '--orderer', orderer, '--state-dir', stateDir, '--json'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  const ended = new Promise<Awaited<Replay['ended']>>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, out, log });
    });
  });
  const begun = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8');
      if (log.includes('comings and goings')) resolve();
    });
    void ended.then(() => {
      reject(new Error(`the replay ended before it began:\n${log}`));
    });
  });
  return { child, begun, ended };
}

const partsFile = z.record(z.string(), z.object({ state: z.string(), pids: z.array(z.int()) }));

/** Kills a part of the running replay, and waits until its supervisor has started it again. */
async function killPart(stateDir: string, name: string): Promise<void> {
  const partNow = async () =>
    partsFile.parse(JSON.parse(await readFile(join(stateDir, 'parts.json'), 'utf8')))[name];
  const pids = (await partNow())?.pids ?? [];
  assert.ok(pids.length > 0, `${name} does not run`);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  for (;;) {
    const now = await partNow();
    if (now?.state === 'running' && now.pids.every((pid) => !pids.includes(pid))) return;
    await sleep(LOOK_EVERY_MS);
  }
}

describe('a replay on native Fabric whose parts are killed', function () {
  this.timeout(600_000);
  let folder: string;
  let replay: Replay | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roamgrid-chaos-'));
    // PostgreSQL runs as another user when the test runs as root.
    await chmod(folder, 0o755);
  });
  after(async () => {
    if (replay?.child.exitCode === null) {
      replay.child.kill('SIGKILL');
      await replay.ended;
    }
    await down({ paths: new NetworkPaths(join(folder, 'state', 'native')) });
    await rm(folder, { recursive: true, force: true });
  });

  it('finishes, bills every session once, and adds up to the micro-unit', async () => {
    const csv = join(folder, 'sessions.csv');
    await writeFile(csv, await readFile(join(root, 'data/sessions/perth_kinross_2017-10.csv')));
    const orderer = process.env['CHAOS_ORDERER'] === 'bft' ? 'bft' : 'raft';
    const running = startReplay(join(folder, 'state'), csv, orderer);
    replay = running;
    await running.begun;
    const paths = new NetworkPaths(join(folder, 'state', 'native'));
    const { leader } = await status({ paths });
    assert.ok(leader !== undefined);
    const stateDir = join(folder, 'state');
    // The visited utility's code, gateway and peer, the leader of ordering, a home utility's peer and gateway.
    const victims = [
      'gbpkc/chaincode',
      'gbpkc/gateway',
      leader.replace('-', '/'),
      'gbnor/peer',
      'gbnor/gateway',
      'gbpkc/peer',
    ];
    const killedAlive: string[] = [];
    for (const name of victims) {
      if (running.child.exitCode === null) killedAlive.push(name);
      await killPart(stateDir, name);
      await sleep(BETWEEN_MS);
    }
    assert.deepEqual(killedAlive, victims, 'the replay was over before everything was killed');
    const { code, out, log } = await running.ended;
    assert.equal(code, 0, log.slice(-4_000));
    for (const name of victims) assert.match(log, new RegExp(`${name} ended .* and is started again`, 'u'));
    const report = replayReport.parse(JSON.parse(out));
    const { cdrMicros, invoiceMicros, billMicros, exact } = report.reconciliation;
    assert.deepEqual(report.sessions, { billed: SESSIONS, refused: {} });
    assert.equal(report.rows.clean, SESSIONS);
    assert.ok(exact && BigInt(cdrMicros) > 0n);
    assert.deepEqual([invoiceMicros, billMicros], [cdrMicros, cdrMicros]);
    assert.equal(report.chain, 'verified');
  });
});
