import assert from 'node:assert/strict';
import { recordId } from '@roamgrid/wire';
import { requestIdOf } from './authorise.ts';

const EARLIER = '019aaaf2-4c00-7d6f-8c3a-2f6f5f0d9e11';
const LATER = '019aaaf2-4c01-7000-8000-000000000000';

describe('the id of a request', () => {
  it('is the same for the same swipe, and another for another utility or swipe', () => {
    assert.equal(requestIdOf('USDUK', EARLIER), requestIdOf('USDUK', EARLIER));
    assert.notEqual(requestIdOf('USDUK', EARLIER), requestIdOf('USALP', EARLIER));
    assert.notEqual(requestIdOf('USDUK', EARLIER), requestIdOf('USDUK', LATER));
  });

  it('grows with the time of the swipe, when its id has one', () => {
    assert.ok(requestIdOf('USDUK', EARLIER) < requestIdOf('USDUK', LATER));
    assert.ok(requestIdOf('USALP', EARLIER) < requestIdOf('USDUK', LATER));
  });

  it('can name a record, whatever id a station chose', () => {
    const chosen = ['s', 'x'.repeat(64), '8b9f1c1e-4f5e-4c55-9d3f-1d2a3b4c5d6e', EARLIER];
    const ids = chosen.map((swipeId) => requestIdOf('USDUK', swipeId));
    for (const id of ids) assert.ok(recordId.safeParse(id).success, id);
    assert.equal(new Set(ids).size, chosen.length);
  });
});
