/** Writes `docs/iec.md`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { iecDocument } from './document.ts';

writeFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'iec.md'), iecDocument());
