import assert from 'node:assert/strict';
import { JOB_KINDS } from '@roamgrid/wire';
import fc from 'fast-check';
import { byRank, jobsMilliW, shareOut, WHOLE, type Sharer } from './share.ts';

const sharer = fc
  .record({
    kind: fc.constantFrom(...JOB_KINDS),
    priority: fc.integer({ min: 1, max: 9 }),
    deadlineMs: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
    arrivedMs: fc.integer({ min: 0, max: 3 }),
    isCritical: fc.boolean(),
    isLeaving: fc.boolean(),
    fullMilliW: fc.bigInt({ min: 0n, max: 500n }),
    owedMilliW: fc.bigInt({ min: 0n, max: 50n }),
  })
  .map(
    ({
      kind,
      priority,
      deadlineMs,
      ...rest
    }): Omit<Sharer, 'order'> & { readonly order: Omit<Sharer['order'], 'jobId'> } => ({
      ...rest,
      order: { program: 'p', arguments: [], kind, priority, ...(deadlineMs !== undefined && { deadlineMs }) },
    }),
  );
const sharers = fc
  .array(sharer, { maxLength: 12 })
  .map((all) => all.map((one, index): Sharer => ({ ...one, order: { ...one.order, jobId: `j${index}` } })));
const taken = (jobs: readonly Sharer[], shares: ReadonlyMap<string, number>): bigint =>
  jobs.reduce((sum, { order, fullMilliW }) => sum + fullMilliW * BigInt(shares.get(order.jobId) ?? 0), 0n);

describe('sharing the power of a cabinet', () => {
  it('never gives more than there is, in any mix of jobs', () => {
    fc.assert(
      fc.property(sharers, fc.bigInt({ min: -100n, max: 3_000n }), (jobs, milliW) => {
        const most = milliW > 0n ? milliW : 0n;
        assert.ok(taken(jobs, shareOut(jobs, milliW, 'all')) <= most * BigInt(WHOLE));
      }),
    );
  });

  it('gives nobody anything while one that ranks before it and fits in what is left has nothing', () => {
    fc.assert(
      fc.property(sharers, fc.bigInt({ min: 0n, max: 3_000n }), (jobs, milliW) => {
        const shares = shareOut(jobs, milliW, 'all');
        let left = milliW;
        for (const { order, fullMilliW } of jobs.toSorted(byRank)) {
          const share = shares.get(order.jobId) ?? 0;
          if (fullMilliW <= left) assert.equal(share, WHOLE);
          // Who runs in part has the rest.
          if (share === WHOLE) left -= fullMilliW;
          else if (share > 0) left = 0n;
        }
      }),
    );
  });

  it('has one order whatever order jobs come in, and runs none but critical ones when told', () => {
    fc.assert(
      fc.property(sharers, fc.bigInt({ min: 0n, max: 3_000n }), (jobs, milliW) => {
        assert.deepEqual(
          [...shareOut(jobs.toReversed(), milliW, 'all')].sort(),
          [...shareOut(jobs, milliW, 'all')].sort(),
        );
        const critical = shareOut(jobs, milliW, 'critical');
        for (const { order, isCritical } of jobs) assert.ok(isCritical || critical.get(order.jobId) === 0);
      }),
    );
  });

  it('takes the cabinet’s own power off the ordinary part first, and never gives what is left twice', () => {
    const parts = (ordinary: bigint, high: bigint, urgent: bigint) =>
      Object.fromEntries(
        jobsMilliW(
          new Map([
            ['ordinary', ordinary],
            ['high', high],
            ['urgent', urgent],
          ]),
          20n,
        ),
      );
    assert.deepEqual(parts(50n, 40n, 30n), { ordinary: 30_000n, high: 40_000n, urgent: 30_000n });
    assert.deepEqual(parts(5n, 40n, 30n), { ordinary: 0n, high: 25_000n, urgent: 30_000n });
    assert.deepEqual(parts(0n, 5n, 30n), { ordinary: 0n, high: 0n, urgent: 15_000n });
    assert.deepEqual(parts(0n, 0n, 10n), { ordinary: 0n, high: 0n, urgent: 0n });
  });

  it('serves critical and urgent jobs first, then those in time, the ordinary and the peripheral, each by priority and deadline', () => {
    const job = (jobId: string, more: Partial<Sharer['order']> = {}): Sharer => ({
      order: { jobId, program: 'p', arguments: [], kind: 'ordinary', priority: 5, ...more },
      ...{ arrivedMs: 0, isCritical: false, isLeaving: false, fullMilliW: 1n, owedMilliW: 0n },
    });
    const jobs = [
      job('peripheral', { kind: 'peripheral', priority: 1 }),
      job('late'),
      job('soon', { deadlineMs: 1 }),
      job('first', { priority: 1 }),
      job('in-time', { kind: 'time-sensitive' }),
      job('urgent', { kind: 'urgent', priority: 9 }),
      { ...job('leaving', { kind: 'peripheral' }), isLeaving: true },
      { ...job('critical', { kind: 'peripheral' }), isCritical: true },
    ];
    const order = jobs.toSorted(byRank).map((one) => one.order.jobId);
    assert.deepEqual(order, [
      'leaving',
      'critical',
      'urgent',
      'in-time',
      'first',
      'soon',
      'late',
      'peripheral',
    ]);
  });
});
