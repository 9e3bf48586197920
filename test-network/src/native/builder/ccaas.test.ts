import assert from 'node:assert/strict';
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageChaincode } from '../chaincode/package.ts';
import { installBuilder } from './install.ts';

describe('the external builder', () => {
  let root: string;
  const at = (name: string): string => join(root, name);

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'roamgrid-builder-'));
    for (const dir of ['package', 'source', 'metadata', 'out', 'release']) mkdirSync(at(dir));
    await installBuilder(at('builder'));
    // What a peer does with a package before it calls the builder.
    writeFileSync(at('package.tar.gz'), packageChaincode('roaming_1.0', 'ab'.repeat(32)).bytes);
    execFileSync('tar', ['-xzf', at('package.tar.gz'), '-C', at('package')]);
    execFileSync('tar', ['-xzf', join(at('package'), 'code.tar.gz'), '-C', at('source')]);
    writeFileSync(join(at('metadata'), 'metadata.json'), readFileSync(join(at('package'), 'metadata.json')));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const step = (name: string, args: string[], config?: object): SpawnSyncReturns<string> =>
    spawnSync(join(at('builder'), 'bin', name), args, {
      encoding: 'utf8',
      env: config === undefined ? {} : { CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG: JSON.stringify(config) },
    });

  const values = { address: 'localhost:9', root_cert: 'line 1\nline 2\n', client_cert: 'c', client_key: 'k' };

  it('turns the one package of all organisations into the connection of this peer', () => {
    assert.equal(step('detect', [at('source'), at('metadata')]).status, 0);
    assert.equal(step('build', [at('source'), at('metadata'), at('out')], values).status, 0);
    assert.equal(step('release', [at('out'), at('release')]).status, 0);
    const released: unknown = JSON.parse(
      readFileSync(join(at('release'), 'chaincode', 'server', 'connection.json'), 'utf8'),
    );
    assert.deepEqual(released, {
      ...values,
      dial_timeout: '10s',
      tls_required: true,
      client_auth_required: true,
    });
  });

  it('leaves packages of other types to other builders', () => {
    writeFileSync(join(at('metadata'), 'metadata.json'), JSON.stringify({ type: 'golang', label: 'x' }));
    const detected = step('detect', [at('source'), at('metadata')]);
    assert.notEqual(detected.status, 0);
    assert.match(detected.stderr, /type golang/);
  });

  it('refuses to build when the peer does not say where its chaincode is', () => {
    const built = step('build', [at('source'), at('metadata'), at('out')], { root_cert: 'r' });
    assert.notEqual(built.status, 0);
    assert.match(built.stderr, /has no "address"/);
  });
});
