#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// As `programArguments` of the service kit, which is itself to be loaded: what was built of the tool, else its source.
const folder = process.env.ROAMGRID_PROGRAMS;
const built = folder === undefined ? undefined : join(folder, 'cli-src-main.mjs');
if (built !== undefined && existsSync(built)) await import(pathToFileURL(built).href);
else {
  const { register } = await import('tsx/esm/api');
  register();
  await import('../src/main.ts');
}
