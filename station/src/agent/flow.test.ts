import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { END_REASONS } from '@roamgrid/domain';
import { kioskState } from '@roamgrid/wire';
import { FLOW } from './flow.ts';

const chart = readFileSync(join(import.meta.dirname, '../../../docs/flow-chart.md'), 'utf8');
const screenOf = (node: string): string => node.replaceAll('_', '-');

describe('the flow chart', () => {
  it('has every screen that the page can show, and no other', () => {
    const screens = kioskState.options.map(({ shape }) => shape.screen.value);
    assert.deepEqual(Object.keys(FLOW).sort(), [...screens].sort());
  });

  it('in the documents has the arrows of the code, each with what leads along it', () => {
    const arrows = [...chart.matchAll(/^ {4}(\w+) --> (\w+): .+$/gm)].map(
      ([, from = '', to = '']) => `${screenOf(from)} ${screenOf(to)}`,
    );
    const coded = Object.entries(FLOW).flatMap(([from, ways]) => ways.map((to) => `${from} ${to}`));
    assert.deepEqual(arrows.sort(), coded.sort());
  });

  it('leads from every screen back to welcome', () => {
    const reached = new Set<string>(['welcome']);
    for (let grown = true; grown;) {
      const more = Object.entries(FLOW).filter(
        ([from, ways]) => !reached.has(from) && ways.some((to) => reached.has(to)),
      );
      for (const [from] of more) reached.add(from);
      grown = more.length > 0;
    }
    assert.deepEqual([...reached].sort(), Object.keys(FLOW).sort());
  });

  it('in the documents tells every reason for which charging ends', () => {
    const told = new Set([...chart.matchAll(/`([a-z-]+)`/g)].map(([, word]) => word));
    assert.deepEqual(
      END_REASONS.filter((reason) => !told.has(reason)),
      [],
    );
  });
});
