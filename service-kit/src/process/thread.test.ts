import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtName } from './program.ts';
import { startThread } from './thread.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SAY = `import { parentPort, workerData } from 'node:worker_threads'; parentPort`;

describe('a thread that runs a program', () => {
  const before = process.env['ROAMGRID_PROGRAMS'];
  const folder = mkdtempSync(join(tmpdir(), 'roamgrid-threads-'));
  const source = join(folder, 'say.mts');
  writeFileSync(source, `${SAY}?.postMessage(['the source', workerData as number] satisfies unknown[]);`);
  afterEach(() => {
    if (before === undefined) delete process.env['ROAMGRID_PROGRAMS'];
    else process.env['ROAMGRID_PROGRAMS'] = before;
  });
  after(() => rmSync(folder, { recursive: true }));

  const said = async (file = source): Promise<unknown> => {
    const [message] = (await once(startThread(file, 7), 'message')) as unknown[];
    return message;
  };

  it('is its source, where nothing was built of it', async () => {
    delete process.env['ROAMGRID_PROGRAMS'];
    assert.deepEqual(await said(), ['the source', 7]);
    process.env['ROAMGRID_PROGRAMS'] = join(folder, 'programs');
    assert.deepEqual(await said(), ['the source', 7]);
  });

  it('is what was built of it, where it was, and needs no source', async () => {
    const program = join(ROOT, 'nowhere', 'say.ts');
    writeFileSync(
      join(folder, builtName(ROOT, program)),
      `${SAY}.postMessage(['what was built', workerData]);`,
    );
    process.env['ROAMGRID_PROGRAMS'] = folder;
    assert.deepEqual(await said(program), ['what was built', 7]);
  });
});
