/**
 * A command on native Fabric that is interrupted leaves nothing running: Fabric's programs are no children of it. Run:
 * `npm run test:native -w bench` with Fabric's programs in FABRIC_BIN or PATH.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { down, NetworkPaths, status } from '@roamgrid/test-network/native';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The shell's code for a process that Ctrl-C ended. */
const INTERRUPTED = 130;

describe('a scenario on native Fabric that is interrupted', function () {
  this.timeout(300_000);
  let stateDir: string;
  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'roamgrid-interrupted-'));
  });
  after(async () => {
    await down({ paths: new NetworkPaths(join(stateDir, 'native')) }).catch(() => undefined);
    await rm(stateDir, { recursive: true, force: true });
  });

  it('ends every node of its network first', async () => {
    const child = spawn(
      process.execPath,
      [
        join(root, 'cli/bin/roamgrid.js'),
        ...['scenario', 'alabama-duke', '--ledger', 'native', '--state-dir', stateDir, '--json'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const ended = once(child, 'close');
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8');
      // A second one would end it at once.
      if (!child.killed && log.includes('starting Duke Energy')) child.kill('SIGINT');
    });
    const [code] = (await ended) as [number | null];
    assert.equal(code, INTERRUPTED, log);
    const { nodes } = await status({ paths: new NetworkPaths(join(stateDir, 'native')) });
    assert.ok(nodes.length > 0);
    assert.deepEqual(
      nodes.filter(({ state }) => state !== 'stopped'),
      [],
    );
  });
});
