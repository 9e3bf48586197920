import assert from 'node:assert/strict';
import { filesAgain, type FileStats } from './stats.ts';

const of = (...failures: readonly number[]) => ({
  ...{ failures: 0, pending: 0, timings: [] },
  files: failures.map((count, at): FileStats => ({ file: `f${at}`, passes: 1, failures: count })),
});

describe('files that are run again', () => {
  it('are those that failed, and none when so many failed that no busy machine explains it', () => {
    assert.deepEqual(filesAgain(of(0, 2, 0, 1)), ['f1', 'f3']);
    assert.deepEqual(filesAgain(of(0, 0)), []);
    assert.deepEqual(filesAgain(of(1, 1, 1, 1)), []);
  });
});
