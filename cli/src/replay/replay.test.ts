import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const TOOL = join(import.meta.dirname, '..', '..', 'bin', 'roamgrid.js');
const run = promisify(execFile);

/** Clean rows at two outlets, one over the end of summer time, and one dirty row of each common kind. */
const CSV = `session_id,station_id,connector,plug_in,plug_out,energy_kwh
A1,50275,1,2017-10-28T08:00:00,2017-10-28T09:30:00,11.25
A2,50275,1,2017-10-28T09:30:00,2017-10-28T10:00:00,3.5
A3,50281,2,2017-10-28T21:00:00,2017-10-29T06:30:00,41.027
A4,50275,2,2017-10-29T00:30:00,2017-10-29T01:45:00,6
B1,50275,1,2017-10-28T11:00:00,2017-10-28T10:00:00,3.5
B2,50275,1,2017-10-28T12:00:00,2017-10-28T12:00:00,0
B3,50275,1,2017-10-28T13:00:00,,
B4,50275,1,2017-10-28T14:00:00,2017-10-28T14:10:00,150
`;

interface Report {
  readonly rows: { readonly clean: number; readonly byFault: Readonly<Record<string, number>> };
  readonly sessions: {
    readonly billed: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly home: number;
    readonly cache: number;
  };
  readonly energyWh: string;
  readonly reconciliation: Readonly<Record<string, string>> & { readonly exact: boolean };
  readonly chain: string;
  readonly memory?: {
    readonly rule: string;
    readonly parts: Readonly<Record<string, { readonly mostMiB: number }>>;
  };
}

describe('a replay of recorded sessions', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'replay-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('bills every clean row, refuses every dirty one, and adds up to the micro-unit', async function () {
    this.timeout(180_000);
    const file = join(folder, 'sessions.csv');
    await writeFile(file, CSV);
    const options = [
      '--time-zone',
      'Europe/London',
      '--customers',
      '1',
      '--state-dir',
      join(folder, 'state'),
      '--memory',
      join(folder, 'memory.svg'),
      '--json',
    ];
    const { stdout } = await run(process.execPath, [TOOL, 'replay', '--sessions', file, ...options], {
      maxBuffer: 10_000_000,
    });
    const report = JSON.parse(stdout) as Report;
    assert.deepEqual(report.rows, {
      clean: 4,
      refused: 4,
      byFault: { END_BEFORE_START: 1, NO_DURATION: 1, MISSING_FIELD: 1, IMPOSSIBLE_POWER: 1 },
    });
    // A kept profile serves the lane it was given for: at a station of another group home is asked again.
    assert.deepEqual(report.sessions, { billed: 4, refused: {}, home: 3, cache: 1 });
    assert.equal(report.energyWh, '61777');
    const { cdrMicros, invoiceMicros, shareMicros, billMicros, netMicros, exact } = report.reconciliation;
    assert.ok(exact && BigInt(cdrMicros ?? '0') > 0n);
    assert.deepEqual(
      [invoiceMicros, shareMicros, billMicros, netMicros],
      [cdrMicros, cdrMicros, cdrMicros, '0'],
    );
    assert.equal(report.chain, 'verified');
    assert.ok((report.memory?.parts['peer']?.mostMiB ?? 0) > 10, 'a peer holds some memory');
    assert.match(report.memory?.rule ?? '', /10 % or 16 MiB/);
    assert.match(
      await readFile(join(folder, 'memory.svg'), 'utf8'),
      /^<svg[^]*peer[^]*chaincode[^]*postgres/,
    );
  });

  it('bills the same when the visited utility’s gateway is killed again and again', async function () {
    this.timeout(180_000);
    const file = join(folder, 'killed.csv');
    await writeFile(file, CSV);
    const stateDir = join(folder, 'killed');
    const replaying = run(
      process.execPath,
      [
        ...[TOOL, 'replay', '--sessions', file, '--customers', '1', '--state-dir', stateDir, '--json'],
        // Stretches the day to a quarter of a minute, which the killing has to fit into.
        ...['--speed-up', '5000', '--processes', 'gateway'],
      ],
      { maxBuffer: 10_000_000 },
    );
    let isBegun = false;
    replaying.child.stderr?.on('data', (chunk: Buffer) => {
      isBegun ||= chunk.toString('utf8').includes('comings and goings');
    });
    while (!isBegun) {
      assert.equal(replaying.child.exitCode, null);
      await sleep(100);
    }
    const partsFile = join(stateDir, 'parts.json');
    const killed = new Set<number>();
    while (killed.size < 3) {
      await sleep(500);
      assert.equal(replaying.child.exitCode, null, 'the replay was over before the gateway was killed');
      const parts = JSON.parse(await readFile(partsFile, 'utf8')) as Record<string, { pids: number[] }>;
      const fresh = (parts['gbpkc/gateway']?.pids ?? []).filter((pid) => !killed.has(pid));
      if (fresh.length === 0) continue;
      await sleep(1_000);
      for (const pid of fresh) {
        process.kill(pid, 'SIGKILL');
        killed.add(pid);
      }
    }
    const report = JSON.parse((await replaying).stdout) as Report;
    assert.equal(report.sessions.billed, 4);
    assert.deepEqual(report.sessions.refused, {});
    assert.equal(report.energyWh, '61777');
    assert.ok(report.reconciliation.exact);
    assert.equal(report.chain, 'verified');
  });

  it('refuses a file without rows, or of another layout, with 3 and the true cause', async () => {
    const empty = join(folder, 'empty.csv');
    await writeFile(empty, CSV.split('\n', 1).join(''));
    const refusal = async (...more: readonly string[]) =>
      run(process.execPath, [TOOL, 'replay', '--sessions', empty, ...more]).then(
        () => assert.fail('taken'),
        (error: unknown) => error as { code: number; stderr: string },
      );
    const [none, other] = [await refusal(), await refusal('--layout', 'elaad')];
    assert.equal(none.code, 3);
    assert.match(none.stderr, /^error: the file has no rows under its header \(EMPTY_FILE\)$/m);
    assert.equal(other.code, 3);
    assert.match(other.stderr, /no column 'ChargePoint'.*has: session_id, station_id/);
  });
});
