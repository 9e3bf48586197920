/** Writes the charts of all tables into `docs/site-devices.md`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withCharts } from './document.ts';

const path = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'site-devices.md');
writeFileSync(path, withCharts(readFileSync(path, 'utf8')));
