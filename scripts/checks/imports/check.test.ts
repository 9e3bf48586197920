import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspacesOf } from '../workspaces.ts';
import { checkImports } from './check.ts';

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'imports');

/** A copy of the fixture with its packages linked as npm links workspaces, and a Fabric client to import. */
const install = (): string => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'roamgrid-imports-')));
  cpSync(FIXTURE, root, { recursive: true });
  const scope = join(root, 'node_modules', '@roamgrid');
  mkdirSync(scope, { recursive: true });
  for (const workspace of workspacesOf(root)) symlinkSync(join(root, workspace), join(scope, workspace));
  const client = join(root, 'node_modules', '@hyperledger', 'fabric-gateway');
  mkdirSync(client, { recursive: true });
  writeFileSync(
    join(client, 'package.json'),
    '{ "name": "@hyperledger/fabric-gateway", "main": "index.js" }',
  );
  writeFileSync(join(client, 'index.js'), 'exports.connect = () => {};');
  return root;
};

describe('the import check', function () {
  this.timeout(60_000);

  it('finds each kind of forbidden import in a tree that has one of each, and nothing else there', async () => {
    const root = install();
    try {
      const { problems } = await checkImports(root);
      assert.deepEqual(problems.map(({ rule, file }) => `${rule} ${file}`).sort(), [
        'direction auditor/src/asks-domain.ts',
        'direction chaincode/src/client.ts',
        'direction domain/src/upwards.ts',
        'direction gateway/src/other-service.ts',
        'direction unplaced/src/uses-domain.ts',
        'fabric-clients station/src/ledger.ts',
        'no-cycle domain/src/circle-a.ts',
        'no-tests-in-production wire/src/loads-test.ts',
        'pure-domain domain/src/reads-file.ts',
        'pure-domain domain/src/upwards.ts',
        'resolvable wire/src/past-the-exports.ts',
        'through-the-package wire/src/by-path.ts',
        'through-the-package wire/src/loads-test.ts',
        'web-types-only web/src/runtime.ts',
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('says what the part may import instead', async () => {
    const root = install();
    try {
      const { problems } = await checkImports(root);
      const upwards = problems.find(
        ({ rule, file }) => rule === 'direction' && file === 'gateway/src/other-service.ts',
      );
      assert.equal(
        upwards?.message,
        '→ station/src/index.ts (gateway may import only domain, wire, service-kit, offline)',
      );
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
