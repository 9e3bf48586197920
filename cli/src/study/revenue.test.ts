import assert from 'node:assert/strict';
import { memoryIo } from './memory.fixture.ts';
import { studyCommand } from './index.ts';

describe('roamgrid study revenue', () => {
  it('prints incomes, claims and assumptions, and writes the plot with its description', async () => {
    const { io, seen } = memoryIo();
    await studyCommand(io).parseAsync(['revenue', '--json', '--svg', 'r.svg'], { from: 'user' });
    assert.equal(seen.code, 0);
    const printed = JSON.parse(seen.out) as {
      points: { purchasingPower: number; income: { proposed: { total: number } } }[];
      assumptions: object;
      claims: { conventionalFalls: [number, number][] };
      simulationDistance: number;
    };
    assert.equal(printed.points.length, 76);
    assert.equal(printed.points[18]?.purchasingPower, 1.15);
    assert.deepEqual(printed.claims.conventionalFalls, [[1.15, 4]]);
    assert.ok(printed.simulationDistance < 0.005);
    assert.deepEqual(Object.keys(printed.assumptions).length, 11);
    assert.match(seen.files.get('r.svg') ?? '', /<desc id="desc">no roaming: 0.09 at the left end/u);
  });

  it('gives the same bytes twice', async () => {
    const [first, second] = [memoryIo(), memoryIo()];
    for (const { io } of [first, second])
      await studyCommand(io).parseAsync(['revenue', '--json', '--points', '5', '--svg', 'r.svg'], {
        from: 'user',
      });
    assert.equal(first.seen.out, second.seen.out);
    assert.deepEqual(first.seen.files, second.seen.files);
  });

  it('refuses assumptions that mean nothing, in words', async () => {
    const { io, seen } = memoryIo();
    await studyCommand(io).parseAsync(['revenue', '--json', '--hub-fee', '1.5'], { from: 'user' });
    assert.equal(seen.code, 2);
    assert.match(seen.err, /hubFee must lie between 0 and 1/u);
    assert.match(seen.out, /"code": "BAD_OPTION"/u);
  });
});
