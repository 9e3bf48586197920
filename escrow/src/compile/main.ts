/** `npm run contracts -w escrow`: compiles the contracts again and writes their artefacts. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARTIFACTS, compileContracts } from './compile.ts';

rmSync(ARTIFACTS, { recursive: true, force: true });
mkdirSync(ARTIFACTS);
for (const [name, text] of compileContracts()) {
  writeFileSync(join(ARTIFACTS, name), text);
  console.log(name);
}
