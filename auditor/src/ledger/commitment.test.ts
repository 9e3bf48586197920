import assert from 'node:assert/strict';
import { Unreadable } from '../failure.ts';
import { opensSum } from './commitment.ts';

describe('a commitment', () => {
  it('that is the encoding of no element is told as such, whatever the group’s arithmetic says', () => {
    const none = 'ff'.repeat(32);
    for (const [plus, minus] of [
      [[none], []],
      [[], [none]],
      [['00'], []],
    ] as const)
      assert.throws(
        () => opensSum(plus, minus, 0n, '00'.repeat(32)),
        (thrown) => thrown instanceof Unreadable && /no element of the group/.test(thrown.message),
      );
    assert.equal(opensSum(['00'.repeat(32)], [], 0n, '00'.repeat(32)), true);
  });
});
