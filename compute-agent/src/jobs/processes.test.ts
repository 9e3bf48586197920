import assert from 'node:assert/strict';
import { groupOf, groupsOf, type ProcessFacts } from './processes.ts';

describe('the group of a job', () => {
  const facts = (pid: number, more: Partial<ProcessFacts>): ProcessFacts => ({
    ...{ pid, state: 'S', group: 100, cpuMs: 10, startTicks: 5_000 },
    ...more,
  });
  const job = { leader: 100, startTicks: 5_000 };

  it('is what of it lives, also when its leader has ended, and the time of all', () => {
    const group = groupOf(groupsOf([facts(100, { state: 'Z' }), facts(101, { startTicks: 6_000 })]), job);
    assert.deepEqual([group?.isAlive, group?.cpuMs], [true, 20]);
    const alone = groupOf(groupsOf([facts(101, { startTicks: 6_000 })]), job);
    assert.equal(alone?.isAlive, true);
    assert.equal(groupOf(groupsOf([facts(100, { state: 'Z' })]), job)?.isAlive, false);
  });

  it('is none when its number is another’s by now', () => {
    assert.equal(groupOf(groupsOf([facts(100, { startTicks: 9_000 })]), job), undefined);
    assert.equal(groupOf(groupsOf([facts(7, { group: 7 })]), job), undefined);
  });
});
