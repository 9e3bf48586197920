#!/usr/bin/env node
/**
 * The door to the two commands of the README: `npm start` and `npm test`.
 * Plain Node, no dependency: it installs what is missing, then hands over.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const marker = join(root, 'node_modules', '.roamgrid-installed');

/** Install the locked dependencies unless the same lock file was installed before. */
function ensureInstalled() {
  const lockHash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lockHash) return;
  console.error('roamgrid: installing dependencies (once, about half a minute) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    console.error('roamgrid: npm ci failed; the lines above say why');
    process.exit(1);
  }
  writeFileSync(marker, lockHash);
}

function run(script, args) {
  const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx', join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exit(signal ? 1 : (status ?? 1));
}

const [, , task, ...args] = process.argv;
const tasks = {
  start: () => run('cli/src/main.ts', ['start', ...args]),
  test: () => run('scripts/test/main.ts', args),
  check: () => run('scripts/test/main.ts', ['--checks-only', ...args]),
};
if (!(task in tasks)) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(tasks).join('|')}`);
  process.exit(2);
}
ensureInstalled();
tasks[task]();
