import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findGaps } from './gaps.ts';

const range = (fromSequence: number, toSequence: number, laneId = 'USDUK-USALP-g0') => ({
  laneId,
  fromSequence,
  toSequence,
});

describe('missing CDRs', () => {
  it('show as ranges, from the first number on, for each lane by itself', () => {
    const other = 'USDUK-USALP-g1';
    const { gaps, lanes } = findGaps([range(10, 12), range(3, 4), range(5, 5), range(1, 2, other)]);
    assert.deepEqual(gaps, [range(1, 2), range(6, 9)]);
    assert.deepEqual(lanes, [
      { laneId: other, lastSequence: 2 },
      { laneId: 'USDUK-USALP-g0', lastSequence: 12 },
    ]);
  });

  it('are exactly the numbers that nothing carries, whatever the ranges and their order', () => {
    const ranges = fc.array(
      fc
        .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 5 }))
        .map(([from, more]) => range(from, from + more)),
    );
    fc.assert(
      fc.property(ranges, (carried) => {
        const { gaps, lanes } = findGaps(carried);
        const last = lanes[0]?.lastSequence ?? 0;
        for (let number = 1; number <= last; number += 1) {
          const within = (list: typeof carried) =>
            list.filter(({ fromSequence, toSequence }) => fromSequence <= number && number <= toSequence)
              .length;
          assert.equal(within([...gaps]) === 1, within(carried) === 0);
        }
      }),
    );
  });
});
