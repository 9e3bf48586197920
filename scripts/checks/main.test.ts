import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const FIXTURE = join(import.meta.dirname, 'fixtures', 'numbers');

const run = (
  ...args: readonly string[]
): { readonly status: number | null; readonly lines: readonly string[] } => {
  const main = join(import.meta.dirname, 'main.ts');
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], {
    encoding: 'utf8',
  });
  return { status, lines: stdout.trimEnd().split('\n') };
};

describe('the entry of the checks', function () {
  this.timeout(60_000);

  it('prints one line for a check that holds and exits with 0', () => {
    assert.deepEqual(run('--root', FIXTURE, 'imports'), { status: 0, lines: ['imports: ok (4 modules)'] });
  });

  it('prints the problems of a check that does not hold under its line and exits with 1', () => {
    const { status, lines } = run('--root', FIXTURE, 'imports', 'numbers');
    assert.equal(status, 1);
    assert.match(lines[1] ?? '', /^numbers: FAILED, \d+ problems \(3 files\)$/);
    assert.match(lines[2] ?? '', /^ {2}station\/src\/wrong\.ts:1 {2}number-money: totalMicros is /);
  });

  it('exits with 2 for a check that does not exist', () => {
    assert.equal(run('nonsense').status, 2);
  });
});
