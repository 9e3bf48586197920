import assert from 'node:assert/strict';
import { LastUsed } from './last-used.ts';

describe('what was used last', () => {
  it('is kept up to its limit, and what was not used for longest is forgotten', () => {
    const kept = new LastUsed<string, number>(2);
    kept.set('a', 1);
    kept.set('b', 2);
    assert.equal(kept.get('a'), 1);
    kept.set('c', 3);
    assert.deepEqual([kept.get('a'), kept.get('b'), kept.get('c')], [1, undefined, 3]);
  });

  it('is one entry, however often it is set, until it is taken out', () => {
    const kept = new LastUsed<string, number>(2);
    kept.set('a', 1);
    kept.set('b', 2);
    kept.set('b', 3);
    assert.deepEqual([kept.get('a'), kept.get('b')], [1, 3]);
    kept.delete('a');
    assert.equal(kept.get('a'), undefined);
  });
});
