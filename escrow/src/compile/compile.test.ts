import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARTIFACTS, compileContracts } from './compile.ts';

describe('artefacts of the contracts', () => {
  it('are what the compiler makes of the sources, byte for byte', () => {
    const made = compileContracts();
    assert.deepEqual(readdirSync(ARTIFACTS).sort(), [...made.keys()].sort());
    for (const [name, text] of made)
      assert.ok(
        readFileSync(join(ARTIFACTS, name), 'utf8') === text,
        `${name} is not what its sources compile to: run npm run contracts -w escrow`,
      );
  });
});
