import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { suitesOf, testFiles } from './suites.ts';

const root = join(import.meta.dirname, '..', '..');
const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  workspaces: string[];
};
const folders = [...workspaces, 'scripts'];

describe('the suites of a run', () => {
  it('hold each test file of every workspace once', () => {
    const held = suitesOf(root, folders).flatMap(({ files }) => files);
    const there = folders.flatMap((folder) => testFiles(join(root, folder)));
    assert.deepEqual(held.sort(), there.sort());
    assert.equal(new Set(held).size, held.length);
    assert.ok(held.length > 500);
  });

  it('begin with what takes longest', () => {
    const [first] = suitesOf(root, folders);
    assert.equal(first?.folder, 'stories');
  });

  it('are all of a workspace that is named, or the one of a folder in it', () => {
    const suites = suitesOf(root, ['stories']);
    assert.ok(suites.length > 1);
    assert.deepEqual(suites.flatMap(({ files }) => files).sort(), testFiles(join(root, 'stories')));
    const [only, ...others] = suitesOf(root, ['stories/src/start']);
    assert.deepEqual(others, []);
    assert.deepEqual(only?.files, testFiles(join(root, 'stories/src/start')));
    assert.ok(only.files.every((file) => file.includes(join('stories', 'src', 'start') + sep)));
  });
});
