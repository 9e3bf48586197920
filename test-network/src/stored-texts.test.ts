import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { storedTexts } from './stored-texts.ts';

describe('what lies in a peer’s files', () => {
  it('is found in values that the database compressed, in keys and in other files, and nothing else is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stored-'));
    try {
      const db = join(folder, 'state');
      const level = new ClassicLevel(db);
      for (let at = 0; at < 500; at += 1)
        await level.put(`row-${at}`, `{"amount":"1${at}1","more":"aaaaaaaa"}`);
      await level.compactRange('', '~');
      // Whoever has it open keeps it.
      assert.deepEqual([...(await storedTexts(folder, ['"13331"', 'row-77', '"absent"']))].sort(), [
        '"13331"',
        'row-77',
      ]);
      await level.close();
      mkdirSync(join(folder, 'other'));
      writeFileSync(join(folder, 'other', 'blocks'), 'before "absent" after');
      assert.deepEqual([...(await storedTexts(folder, ['"absent"']))], ['"absent"']);
      assert.equal((await storedTexts(folder, ['"absent"'], [join(folder, 'other')])).size, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
