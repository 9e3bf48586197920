import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { removals } from './removals.ts';
import { guardTests } from './tests.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const textOf = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const sorted = (values: Iterable<string>): readonly string[] => [...new Set(values)].sort();

describe('the list of guards', () => {
  it('names for each guard a text that stands once in its file', () => {
    for (const { guard, file, find, replace } of removals) {
      assert.equal(textOf(file).split(find).length - 1, 1, `${guard}: ${find} in ${file}`);
      assert.ok(!replace.startsWith(find) || replace.length > find.length, guard);
    }
  });

  it('has a test for each guard, with a title of its own, and a removal for each test', () => {
    assert.deepEqual(sorted(removals.map(({ guard }) => guard)), sorted(guardTests.map(({ id }) => id)));
    for (const of of ['id', 'title'] as const)
      assert.equal(new Set(guardTests.map((test) => test[of])).size, guardTests.length, of);
  });

  it('stands in the threat model, each guard with its test’s title', () => {
    const model = textOf('docs/security/threat-model.md');
    for (const { id, title } of guardTests) {
      assert.ok(model.includes(`\`${id}\``), `the threat model has no row ${id}`);
      assert.ok(model.includes(title), `row ${id} does not say: ${title}`);
    }
  });
});
