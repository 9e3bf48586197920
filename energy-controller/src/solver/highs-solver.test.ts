import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LinearModel } from '@roamgrid/domain/power';
import { faultOf } from './check-answer.ts';
import { HighsSolver } from './highs-solver.ts';
import { modelData } from './model-data.ts';

const column = (cost: bigint, upper?: bigint) => ({ lower: 0n, cost, ...(upper !== undefined && { upper }) });
const term = (at: number, factor = 1n) => ({ column: at, factor });

/** Two cars of 7 and 4 that share 8, the second worth more. */
const SHARED: LinearModel = {
  columns: [column(-2n, 7n), column(-3n, 4n)],
  rows: [{ terms: [term(0), term(1)], upper: 8n }],
};

const IMPOSSIBLE: LinearModel = {
  columns: [column(1n, 3n)],
  rows: [{ terms: [term(0)], lower: 5n }],
};

describe('the solver on its thread', () => {
  const solver = new HighsSolver();
  after(() => solver.close());

  const valuesOf = async (model: LinearModel): Promise<readonly number[]> => {
    const answer = await solver.solve(model);
    assert.ok(answer.status === 'solved', JSON.stringify(answer));
    return answer.values;
  };

  it('minimises, one model after the other and several at once', async () => {
    assert.deepEqual(await valuesOf(SHARED), [4, 4]);
    const many = await Promise.all(Array.from({ length: 20 }, () => valuesOf(SHARED)));
    assert.deepEqual(
      many,
      Array.from({ length: 20 }, () => [4, 4]),
    );
  });

  it('says that a model has no solution, and solves the next', async () => {
    assert.deepEqual(await solver.solve(IMPOSSIBLE), {
      status: 'failed',
      detail: 'HiGHS ended with status 8',
    });
    assert.deepEqual(await valuesOf(SHARED), [4, 4]);
  });

  it('goes on with a new instance after a model that HiGHS refuses', async () => {
    const broken: LinearModel = { columns: [column(1n)], rows: [{ terms: [term(7)], upper: 1n }] };
    for (let at = 0; at < 3; at += 1) assert.equal((await solver.solve(broken)).status, 'failed');
    assert.deepEqual(await valuesOf(SHARED), [4, 4]);
  });

  it('refuses a number that a double does not hold, instead of solving another model', async () => {
    const large: LinearModel = { ...SHARED, columns: [column(-(2n ** 53n) - 1n, 7n), column(-3n, 4n)] };
    const answer = await solver.solve(large);
    assert.ok(answer.status === 'failed' && /more than 2\^53/u.test(answer.detail));
  });

  it('fails what is under way when it is closed, and starts again with the next model', async () => {
    const open = solver.solve(SHARED);
    await solver.close();
    assert.equal((await open).status, 'failed');
    assert.deepEqual(await valuesOf(SHARED), [4, 4]);
  });

  it('gives up after its time, with no values', async () => {
    const hurried = new HighsSolver({ timeLimitMs: 0 });
    // Dense enough that it is not over before the clock is read.
    const rows = Array.from({ length: 60 }, (_, row) => ({
      terms: Array.from({ length: 60 }, (__, at) => term(at, BigInt(((row * 37 + at * 91) % 23) + 1))),
      upper: 1_000n,
    }));
    const columns = Array.from({ length: 60 }, (_, at) => column(-BigInt((at % 7) + 1)));
    try {
      assert.deepEqual(await hurried.solve({ columns, rows }), {
        status: 'failed',
        detail: 'HiGHS ended with status 13',
      });
    } finally {
      await hurried.close();
    }
  });

  it('finds values that keep every row by our own arithmetic, and none that is worse than a guess', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ cost: fc.integer({ min: -50, max: 5 }), upper: fc.integer({ min: 0, max: 40 }) }),
          {
            minLength: 1,
            maxLength: 8,
          },
        ),
        fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 }), { maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 8, maxLength: 8 }),
        async (columns, factors, guess) => {
          const model: LinearModel = {
            columns: columns.map(({ cost, upper }) => column(BigInt(cost), BigInt(upper))),
            rows: factors.map((row) => ({
              terms: columns.map((_, at) => term(at, BigInt(row[at] ?? 0))),
              upper: 60n,
            })),
          };
          const values = await valuesOf(model);
          const costOf = (at: readonly number[]): number =>
            columns.reduce((sum, { cost }, column) => sum + cost * (at[column] ?? 0), 0);
          assert.equal(faultOf(modelData(model), values), undefined);
          const own = guess.slice(0, columns.length);
          if (faultOf(modelData(model), own) === undefined) assert.ok(costOf(values) <= costOf(own) + 1e-6);
        },
      ),
      { numRuns: 60 },
    ));
});

describe('the check of an answer', () => {
  const fault = (values: readonly number[]) => faultOf(modelData(SHARED), values);

  it('tells values outside their bounds, rows that are broken, and what is no number', () => {
    assert.equal(fault([4, 4]), undefined);
    assert.equal(fault([4.000_000_1, 4]), undefined);
    assert.match(fault([7.1, 0]) ?? '', /column 0 is 7.1/u);
    assert.match(fault([-1, 0]) ?? '', /column 0 is -1/u);
    assert.match(fault([5, 4]) ?? '', /row 0 comes to 9/u);
    assert.match(fault([NaN, 4]) ?? '', /column 0/u);
    assert.match(fault([4]) ?? '', /1 values/u);
  });
});
