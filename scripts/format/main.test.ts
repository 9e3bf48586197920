import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('the check of the form', function () {
  this.timeout(60_000);
  const root = mkdtempSync(join(tmpdir(), 'roamgrid-format-'));
  after(() => {
    rmSync(root, { recursive: true });
  });

  const check = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
    const main = join(import.meta.dirname, 'main.ts');
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, '--root', root], {
      encoding: 'utf8',
    });
    const named = Object.keys(files).filter((name) => stderr.includes(name));
    for (const name of Object.keys(files)) rmSync(join(root, name));
    return { status, named };
  };
  const UNION =
    'export type Way = { readonly name: string; readonly of: string } | { readonly by: string; at: string };';

  it('holds where each file is as Prettier writes it, also where oxfmt would write it otherwise', () => {
    const joined = UNION.replace('= ', '=\n  ').replace(
      'at: string }',
      'at: string; readonly long: number }',
    );
    assert.deepEqual(check({ 'a.ts': 'const a = 1;\n', 'b.ts': `${joined}\n`, 'c.md': '# A\n' }), {
      ...{ status: 0, named: [] },
    });
  });

  it('names what has another form: a source, a text, a union that needs no line for each member', () => {
    const split = UNION.replace('= ', '=\n  | ').replace(' | {', '\n  | {');
    const files = {
      'a.ts': 'const  a = 1\n',
      'b.ts': 'const b = 1;\n',
      'c.md': '* a\n',
      'd.ts': `${split}\n`,
    };
    assert.deepEqual(check(files), { status: 1, named: ['a.ts', 'c.md', 'd.ts'] });
  });

  it('fails on what cannot be read', () => {
    assert.deepEqual(check({ 'a.ts': 'const a = (\n' }), { status: 1, named: ['a.ts'] });
  });
});
