import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageChaincode } from './package.ts';
import { readSource } from './source.ts';
import { tarGz } from './tar.ts';

describe('a chaincode package', () => {
  const code = 'cd'.repeat(32);

  it('has the same id wherever and whenever it is made', () => {
    assert.deepEqual(packageChaincode('roaming_1.0', code), packageChaincode('roaming_1.0', code));
  });

  it('has another id for other code, so that an approval of the id approves the code', () => {
    assert.notEqual(
      packageChaincode('roaming_1.0', code).id,
      packageChaincode('roaming_1.0', 'ef'.repeat(32)).id,
    );
  });

  it('is an archive that tar reads back, whatever the sizes of its files', () => {
    const dir = mkdtempSync(join(tmpdir(), 'roamgrid-tar-'));
    try {
      for (const size of [0, 1, 511, 512, 513, 70_000]) {
        writeFileSync(join(dir, 'a.tar.gz'), tarGz({ first: 'x'.repeat(size), second: 'tail' }));
        const read = (name: string): string =>
          execFileSync('tar', ['-xzOf', join(dir, 'a.tar.gz'), name], { encoding: 'utf8' });
        assert.equal(read('first'), 'x'.repeat(size));
        assert.equal(read('second'), 'tail');
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('a chaincode source', () => {
  it('may be a TypeScript program, which is bundled with all that it imports of this repository', async () => {
    const path = fileURLToPath(new URL('../conformance/serve.ts', import.meta.url));
    const source = await readSource(path);
    assert.ok(source.kind === 'program');
    assert.equal(source.file, 'program.mjs');
    assert.match(Buffer.from(source.content).toString(), /ConformanceChaincode = class/);
    assert.deepEqual(await readSource(path), source);
  });

  it('of another kind is refused', async () => {
    await assert.rejects(
      readSource(fileURLToPath(new URL('../../../README.md', import.meta.url))),
      /no chaincode program/,
    );
  });

  it('is measured over every file of a folder, by name and content', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'roamgrid-source-'));
    try {
      await assert.rejects(readSource(dir), /has no package.json/);
      writeFileSync(join(dir, 'package.json'), '{}');
      writeFileSync(join(dir, 'a.cjs'), '1');
      const first = await readSource(dir);
      writeFileSync(join(dir, 'a.cjs'), '2');
      const changed = await readSource(dir);
      assert.equal(first.kind, 'folder');
      assert.notEqual(changed.sha256, first.sha256);
      await assert.rejects(readSource(join(dir, 'absent')), /there is no chaincode/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
