import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '../exit-codes.ts';
import { askCommand } from './command.ts';

/** What it asks and is answered: `start/again.test.ts`, at a door that runs. */
describe('roamgrid ask', () => {
  it('says whose key is missing, and asks nobody', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ask-'));
    writeFileSync(join(folder, 'keys.json'), '{"keys":{}}');
    const exitBefore = process.exitCode;
    const { write } = process.stderr;
    let said = '';
    process.stderr.write = (text: string | Uint8Array) => {
      said += String(text);
      return true;
    };
    try {
      const args = ['USDUK', 'GET', 'http://localhost:1/operator/v1/stations', '--state-dir', folder];
      await askCommand().parseAsync(args, { from: 'user' });
      assert.equal(process.exitCode, EXIT_CODES.fault);
    } finally {
      process.stderr.write = write;
      process.exitCode = exitBefore;
      rmSync(folder, { recursive: true });
    }
    assert.match(said, /^NOT_ASKED: .*keys\.json holds no key USDUK-operator: give one with --key/);
  });
});
