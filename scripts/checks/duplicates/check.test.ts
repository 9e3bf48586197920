import assert from 'node:assert/strict';
import { join } from 'node:path';
import { checkDuplicates } from './check.ts';

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'duplicates');

describe('the check for shared blocks', () => {
  it('finds ten lines that the auditor shares with what it judges, whatever their layout, and not nine', () => {
    const { problems, covered } = checkDuplicates(FIXTURE);
    assert.deepEqual(
      problems.map(({ file, line, rule }) => [rule, file, line]),
      [['shared-block', 'auditor/src/copied.ts', 4]],
    );
    assert.equal(covered, '2 files of auditor');
  });
});
