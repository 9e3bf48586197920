import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { scenarioReport } from '@roamgrid/wire';
import { z } from 'zod';
import { takeAndVerify } from '../report/testing/take-and-verify.ts';

const TOOL = join(import.meta.dirname, '..', '..', 'bin', 'roamgrid.js');
const run = promisify(execFile);
const parts = z.record(z.string(), z.looseObject({ pids: z.array(z.int()) }));

interface Started {
  readonly process: ChildProcess;
  readonly overviewUrl: string;
  readonly output: () => string;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a consortium that was stopped', function () {
  this.timeout(300_000);
  let folder: string;
  let stateDir: string;
  let running: Started | undefined;

  const start = async (): Promise<Started> => {
    // The user's own mask would let everybody read and write what the program does not keep private by itself.
    const mask = process.umask(0);
    const child = spawn(process.execPath, [TOOL, 'start', '--state-dir', stateDir, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.umask(mask);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    while (!output.includes('Everything runs until')) {
      assert.equal(child.exitCode, null, output);
      await sleep(50);
    }
    const overviewUrl = /The figures as a page: {2}(\S+)/.exec(output)?.[1] ?? '';
    running = { process: child, overviewUrl, output: () => output };
    return running;
  };
  const ended = async ({ process: child }: Started): Promise<void> => {
    while (child.exitCode === null && child.signalCode === null) await sleep(20);
    running = undefined;
  };
  /** Processes of the parts, and whatever else names the folder on its command line. */
  const processes = async (): Promise<number[]> => {
    const told = parts.parse(JSON.parse(readFileSync(join(stateDir, 'parts.json'), 'utf8')));
    const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
    const named = stdout.split('\n').filter((line) => line.includes(stateDir));
    const pids = [
      ...Object.values(told).flatMap((part) => part.pids),
      ...named.map((line) => Number.parseInt(line, 10)),
    ];
    return [...new Set(pids)].filter(isAlive);
  };
  const noneLeft = async (): Promise<void> => {
    while ((await processes()).length > 0) await sleep(50);
  };
  /** What others than the owner may read, write or list, with its mode. */
  const openToOthers = (folder: string): string[] => {
    const found = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? openToOthers(join(folder, entry.name)) : [join(folder, entry.name)],
    );
    return (
      [folder, ...found]
        // What the database deletes meanwhile is open to nobody.
        .map((path) => ({ path, mode: lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0 }))
        .filter(({ mode }) => (mode & 0o066) !== 0)
        .map(({ path, mode }) => `${path} ${(mode & 0o777).toString(8)}`)
    );
  };
  const reportOf = async ({ overviewUrl }: Started) =>
    scenarioReport.parse(await (await fetch(`${overviewUrl}/overview/v1/report`)).json());

  /** As in a second terminal: who the station is and who charges there, the command finds by itself. */
  const chargeOnTheStreet = async ({ output }: Started): Promise<void> => {
    assert.match(output(), /npx roamgrid station simulate-ocpp --state-dir/);
    const { password } = z
      .looseObject({ password: z.string().length(20) })
      .parse(JSON.parse(readFileSync(join(stateDir, 'street.json'), 'utf8')));
    assert.ok(!output().includes(password), 'the station’s password was printed');
    const quick = ['--energy', '0.05', '--power', '150', '--steps', '1'];
    const { stdout } = await run(process.execPath, [TOOL, 'station', 'simulate-ocpp', ...quick], {
      env: { ...process.env, ROAMGRID_STATE_DIR: stateDir },
    });
    const events = stdout.trim().split('\n');
    assert.match(events.at(-1) ?? '', /"event":"ended"/, stdout);
    const operators = /npx roamgrid ask .* USDUK GET (\S+)\/stations/.exec(output())?.[1] ?? '';
    const asked = [TOOL, 'ask', 'USDUK', 'GET', `${operators}/transactions`, '--state-dir', stateDir];
    const { stdout: told } = await run(process.execPath, asked);
    const [charged] = z.object({ transactions: z.array(z.unknown()) }).parse(JSON.parse(told)).transactions;
    const { sessionId, milliWh, end } = z
      .looseObject({ sessionId: z.string(), milliWh: z.string(), end: z.looseObject({ state: z.string() }) })
      .parse(charged);
    assert.match(sessionId, /^USDUK-USALP-/);
    assert.deepEqual([milliWh, end.state], ['50000', 'taken']);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roamgrid-again-'));
    // Where we are root, PostgreSQL is another user and has to get there.
    await chmod(folder, 0o711);
    stateDir = join(folder, 'state');
  });
  after(async () => {
    running?.process.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps all its files to itself, leaves nothing behind when it is killed, goes on with its own data, and ends in order', async () => {
    const first = await start();
    const report = await reportOf(first);
    assert.ok((await processes()).length >= 6, 'database, peer, contracts and the program itself');
    assert.deepEqual(openToOthers(stateDir), [], 'others than its owner may read or change it');
    first.process.kill('SIGKILL');
    await ended(first);
    await noneLeft();

    const second = await start();
    assert.match(second.output(), /taking up what is in/);
    assert.deepEqual(await reportOf(second), report);
    const ready = await fetch(`${second.overviewUrl}/readyz`);
    const { checks } = z
      .object({ checks: z.array(z.looseObject({ name: z.string(), ok: z.boolean() })) })
      .parse(await ready.json());
    assert.deepEqual(
      checks.filter(({ ok }) => !ok),
      [],
    );
    // The chain waits to be asked; nobody owes anything, so that no bank was started.
    assert.equal(checks.length, 16);
    assert.ok(checks.every(({ name }) => !/^bank$|\/desk$/.test(name)));
    assert.equal(await takeAndVerify(stateDir, folder), report.sessions.length);
    await chargeOnTheStreet(second);
    second.process.kill('SIGTERM');
    await ended(second);
    assert.equal(second.process.exitCode, 0, second.output());
    await noneLeft();
  });
});
