import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../scripts/bundle.ts';
import { readServerOptions } from './server-options.ts';

const ENVIRONMENT = {
  CORE_CHAINCODE_ID_NAME: 'roaming:1',
  CHAINCODE_SERVER_ADDRESS: '127.0.0.1:0',
  CORE_PEER_LOCALMSPID: 'DukeEnergyMSP',
};

interface Run {
  readonly line: string;
  readonly code: number | null;
}

/** Runs the bundled server, with nothing of this repository to resolve from, until its first line. */
const run = (file: string, cwd: string, env: Record<string, string>): Promise<Run> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [file], { cwd, env: { PATH: process.env['PATH'], ...env } });
    let line = '';
    child.stdout.on('data', (chunk: Buffer) => {
      line += chunk.toString('utf8');
      child.kill();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      line += chunk.toString('utf8');
    });
    child.on('exit', (code) => {
      resolve({ line, code });
    });
  });

describe('the bundled chaincode', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roamgrid-bundle-'));
    await bundle(folder);
  });
  after(() => rm(folder, { recursive: true }));

  it('stands alone in one file and starts to listen', async () => {
    const { line } = await run(join(folder, 'server.cjs'), folder, ENVIRONMENT);
    assert.match(line, /^chaincode roaming:1 listens on /); // after 240 ms on an idle machine
  });

  it('says what its environment lacks and ends with code 2', async () => {
    const child = await run(join(folder, 'server.cjs'), folder, { CORE_CHAINCODE_ID_NAME: 'roaming:1' });
    assert.match(child.line, /ENVIRONMENT_INCOMPLETE: set CHAINCODE_SERVER_ADDRESS, CORE_PEER_LOCALMSPID/);
    assert.equal(child.code, 2);
  });

  it('is the same bytes every time, and names no path of the machine', async () => {
    const again = await mkdtemp(join(tmpdir(), 'roamgrid-bundle-'));
    try {
      await bundle(again);
      const [left, right] = await Promise.all(
        [folder, again].map((each) => readFile(join(each, 'server.cjs'), 'utf8')),
      );
      assert.ok(left === right);
      assert.ok(left !== undefined && !left.includes(process.cwd()));
    } finally {
      await rm(again, { recursive: true });
    }
  });
});

describe('the server options', () => {
  it('are the identity, the address and the organisation, without TLS unless files are named', () => {
    assert.deepEqual(readServerOptions(ENVIRONMENT), {
      ok: true,
      value: { ccid: 'roaming:1', address: '127.0.0.1:0', peerTakesBatches: false },
    });
  });

  it('name the switch of a simulation only where there is one', () => {
    const file = '/network/endorsement-clock.json';
    const options = readServerOptions({ ...ENVIRONMENT, CHAINCODE_ENDORSEMENT_CLOCK_FILE: file });
    assert.ok(options.ok);
    assert.equal(options.value.clockSwitchFile, file);
    const none = readServerOptions({ ...ENVIRONMENT, CHAINCODE_ENDORSEMENT_CLOCK_FILE: '' });
    assert.ok(none.ok && !('clockSwitchFile' in none.value));
  });

  it('refuse to listen without TLS where another host could act as the peer, unless that is meant', () => {
    for (const address of [
      '0.0.0.0:9999',
      '10.1.2.3:9999',
      '[::]:9999',
      'contracts.example:9999',
      '127.0.0.1.example:9',
    ]) {
      const options = readServerOptions({ ...ENVIRONMENT, CHAINCODE_SERVER_ADDRESS: address });
      assert.ok(!options.ok, address);
      assert.equal(options.error.code, 'INSECURE');
      const meant = { ...ENVIRONMENT, CHAINCODE_SERVER_ADDRESS: address, CHAINCODE_INSECURE_PLAIN: 'on' };
      assert.ok(readServerOptions(meant).ok, address);
    }
    for (const address of ['localhost:1', '127.0.0.2:1', '[::1]:1'])
      assert.ok(readServerOptions({ ...ENVIRONMENT, CHAINCODE_SERVER_ADDRESS: address }).ok, address);
  });

  it('demand all three TLS files or none', () => {
    const options = readServerOptions({ ...ENVIRONMENT, CHAINCODE_TLS_KEY_FILE: 'key.pem' });
    assert.ok(!options.ok);
    assert.equal(options.error.message, 'set CHAINCODE_TLS_CERT_FILE, CHAINCODE_TLS_CLIENT_CACERT_FILE');
  });
});
