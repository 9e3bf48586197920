import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeNetworkError } from '../errors.ts';
import { findBinaries, hasFabricBinaries } from './binaries.ts';

describe("Fabric's programs", () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'roamgrid-binaries-'));
  });

  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  const put = (name: string, output = ''): void => {
    writeFileSync(join(dir, name), `#!/bin/sh\necho "${output}"\n`, { mode: 0o755 });
  };
  const fails = (code: string, text: RegExp) => (error: unknown) =>
    error instanceof NativeNetworkError && error.code === code && text.test(error.message);

  it('that are missing are named, with what to install', async () => {
    put('peer', 'Version: v3.1.1');
    assert.equal(await hasFabricBinaries({ FABRIC_BIN: dir }), false);
    await assert.rejects(
      findBinaries({ FABRIC_BIN: dir }),
      fails(
        'BINARIES_MISSING',
        /orderer, osnadmin, configtxgen cannot be found in FABRIC_BIN[^]*install-fabric\.sh binary/,
      ),
    );
    await assert.rejects(
      findBinaries({ PATH: dir }),
      fails('BINARIES_MISSING', /on PATH, and FABRIC_BIN is not set/),
    );
  });

  it('are found in FABRIC_BIN or along PATH, with their version', async () => {
    for (const name of ['orderer', 'osnadmin', 'configtxgen']) put(name);
    put('peer', 'Version: v3.1.1');
    assert.equal(await hasFabricBinaries({ FABRIC_BIN: dir }), true);
    const found = await findBinaries({ PATH: `/nowhere:${dir}:/bin` });
    assert.equal(found.version, '3.1.1');
    assert.equal(found.major, 3);
    assert.equal(found.path.orderer, join(dir, 'orderer'));
  });

  it('older than 2.5 are refused', async () => {
    for (const name of ['orderer', 'osnadmin', 'configtxgen']) put(name);
    put('peer', 'Version: 2.4.9');
    await assert.rejects(findBinaries({ FABRIC_BIN: dir }), fails('FABRIC_TOO_OLD', /2\.4\.9 is too old/));
  });
});
