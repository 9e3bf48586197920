import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '../exit-codes.ts';
import { parsed } from '../testing/parsed.ts';
import { askCommand } from './command.ts';

/** What it asks and is answered: `start/again.test.ts`, at a door that runs. */
describe('roamgrid ask', () => {
  it('says whose key is missing, and asks nobody', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ask-'));
    writeFileSync(join(folder, 'keys.json'), '{"keys":{}}');
    const args = ['USDUK', 'GET', 'http://localhost:1/operator/v1/stations', '--state-dir', folder];
    const { exit, said } = await parsed(askCommand(), args);
    rmSync(folder, { recursive: true });
    assert.equal(exit, EXIT_CODES.fault);
    assert.match(said, /^NOT_ASKED: .*keys\.json holds no key USDUK-operator: give one with --key/);
  });
});
