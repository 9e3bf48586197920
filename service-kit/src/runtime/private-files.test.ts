import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepFilesPrivate, privateFolder } from './private-files.ts';

describe('files of a service', () => {
  let folder: string;
  let mask: number;
  const mode = (name: string) => statSync(join(folder, name)).mode & 0o777;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'private-'));
    mask = process.umask(0);
  });
  after(() => {
    process.umask(mask);
    rmSync(folder, { recursive: true });
  });

  it('lie in a folder in which nobody else reads or makes any, whatever the mask, new or there before', () => {
    privateFolder(join(folder, 'new', 'inside'));
    privateFolder(join(folder, 'new'));
    assert.equal(mode('new') & 0o066, 0);
    assert.equal(mode('new/inside') & 0o066, 0);
    chmodSync(join(folder, 'new'), 0o777);
    privateFolder(join(folder, 'new'));
    assert.equal(mode('new') & 0o766, 0o700);
    chmodSync(join(folder, 'new'), 0o700);
    privateFolder(join(folder, 'new'));
    assert.equal(mode('new'), 0o700, 'a folder that is closed stays so');
  });

  it('are written for the owner alone once that was said, also by who asks for more', () => {
    keepFilesPrivate();
    writeFileSync(join(folder, 'file'), 'x', { mode: 0o666 });
    assert.equal(mode('file'), 0o600);
  });

  it('lie in folders that a database of another user, where we are root, can pass through all the same', () => {
    keepFilesPrivate();
    privateFolder(join(folder, 'state', 'postgres'));
    const passable = process.getuid?.() === 0 ? 0o711 : 0o700;
    assert.deepEqual([mode('state'), mode('state/postgres')], [passable, passable]);
    writeFileSync(join(folder, 'later'), 'x', { mode: 0o666 });
    assert.equal(mode('later'), 0o600, 'and files are as private as before');
  });
});
