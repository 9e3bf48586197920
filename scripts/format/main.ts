/**
 * `npm run format:check [-- --root DIR]`: whether each file has the form that `npm run format` gives it, which is Prettier's.
 * oxfmt comes to the same form in a fiftieth of the time, except that it never puts the members of a long union in one line
 * (and for the order of a manifest's keys). So oxfmt is asked of every file, and Prettier of those that oxfmt would change
 * and of those with a union over several lines. Exit code 1 where a file has another form or cannot be read.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const repository = join(import.meta.dirname, '..', '..');
const { values } = parseArgs({ options: { root: { type: 'string', default: repository } } });
const root = resolve(values.root);
/** Both read their style from the same file. */
const STYLE = join(repository, '.prettierrc.json');

const OXFMT = fileURLToPath(new URL('bin/oxfmt', import.meta.resolve('oxfmt/package.json')));
const PRETTIER = fileURLToPath(new URL('bin/prettier.cjs', import.meta.resolve('prettier/package.json')));

const ask = (program: string, ...args: readonly string[]) => {
  const command = [program, '--config', STYLE, ...args];
  return spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
};

const UNION_OF_LINES = /^\s*\| /m;

/** Sources from the root; what Prettier ignores it passes over when it is named, too. */
const sourcesUnder = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(?:\..*|node_modules)$/.test(entry.name) ? [] : sourcesUnder(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });

const first = ask(OXFMT, '--list-different', '.');
const others = first.stdout.split('\n').filter((line) => line !== '');
if (first.status !== 0 && !(first.status === 1 && others.length > 0)) {
  console.error(`oxfmt ended with ${String(first.status ?? first.signal)}:\n${first.stderr}`);
  process.exit(1);
}
const unions = sourcesUnder('.').filter((path) =>
  UNION_OF_LINES.test(readFileSync(join(root, path), 'utf8')),
);
const asked = [...new Set([...others, ...unions].map((path) => join(path)))];
if (asked.length > 0) {
  const { status, stdout, stderr } = ask(PRETTIER, '--check', '--log-level', 'warn', ...asked);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = status ?? 1;
}
