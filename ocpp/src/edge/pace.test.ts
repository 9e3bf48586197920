import assert from 'node:assert/strict';
import { createPace } from './pace.ts';

describe('the pace of a station', () => {
  it('lets so many through at once, and the others one after the other', () => {
    let now = 0;
    const pace = createPace(10, 3, () => now);
    assert.deepEqual([pace(), pace(), pace(), pace(), pace()], [0, 0, 0, 100, 200]);
    now = 200;
    assert.equal(pace(), 100, 'after the two that waited');
    now = 10_000;
    assert.deepEqual([pace(), pace(), pace(), pace()], [0, 0, 0, 100], 'no more at once after a pause');
  });

  it('is not fooled by a clock that runs back', () => {
    let now = 1_000;
    const pace = createPace(10, 1, () => now);
    assert.equal(pace(), 0);
    now = 0;
    assert.equal(pace(), 100);
  });
});
