import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtName, programArguments } from './program.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SOURCE = join(ROOT, 'utility', 'src', 'services', 'service-child.ts');

describe('the arguments of a program', () => {
  const before = process.env['ROAMGRID_PROGRAMS'];
  afterEach(() => {
    if (before === undefined) delete process.env['ROAMGRID_PROGRAMS'];
    else process.env['ROAMGRID_PROGRAMS'] = before;
  });

  it('are its source, and the loader of sources, where nothing is built', () => {
    delete process.env['ROAMGRID_PROGRAMS'];
    assert.equal(programArguments(SOURCE)[0], '--import');
    assert.equal(programArguments(SOURCE).at(-1), SOURCE);
    // A folder that has others only.
    process.env['ROAMGRID_PROGRAMS'] = import.meta.dirname;
    assert.equal(programArguments(SOURCE).at(-1), SOURCE);
  });

  it('are what was built of it, where it was', () => {
    const folder = mkdtempSync(join(tmpdir(), 'roamgrid-programs-'));
    const built = join(folder, builtName(ROOT, SOURCE));
    writeFileSync(built, '');
    process.env['ROAMGRID_PROGRAMS'] = folder;
    assert.deepEqual(programArguments(SOURCE), [built]);
    rmSync(folder, { recursive: true });
  });
});
