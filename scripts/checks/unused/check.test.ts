import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkUnused } from './check.ts';

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'unused');

/** A copy outside the repository, whose ignore files would hide the fixture, with its parts linked. */
const install = (): string => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'roamgrid-unused-')));
  cpSync(FIXTURE, root, { recursive: true });
  mkdirSync(join(root, 'node_modules', '@fixture'), { recursive: true });
  for (const part of ['part', 'other'])
    symlinkSync(join(root, part), join(root, 'node_modules', '@fixture', part));
  return root;
};

describe('the check for what nothing uses', function () {
  this.timeout(60_000);

  it('finds the file, the exports and the dependencies that nothing uses, and the one that is not listed', async () => {
    const root = install();
    try {
      const { problems } = await checkUnused(root);
      assert.deepEqual(
        problems.map(({ rule, file, message }) => `${rule} ${file} ${message.split(' ')[0] ?? ''}`).sort(),
        [
          'unused-dependencies part/package.json left-over',
          'unused-exports part/src/used.ts forgotten',
          'unused-files part/src/orphan.ts no',
          'unused-types part/src/used.ts Forgotten',
          'unused-unlisted part/src/index.ts not-in-the-manifest',
        ],
      );
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('fails loudly where knip cannot work', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'roamgrid-unused-'));
    try {
      await assert.rejects(checkUnused(empty), /knip did not answer with a report/);
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});
