import assert from 'node:assert/strict';
import { slowestLines } from './slowest.ts';

describe('the slowest tests of a run', () => {
  it('are the ten that took longest, the longest first, each with its folder', () => {
    const timings = Array.from({ length: 12 }, (_, at) => ({
      folder: at % 2 === 0 ? 'cli' : 'wire',
      title: `number ${at}`,
      tookMs: at * 1000,
    }));
    const lines = slowestLines(timings);
    assert.equal(lines.length, 11);
    assert.equal(lines[0], 'slowest 10:');
    assert.equal(lines[1]?.trim(), '11.0 s  wire: number 11');
    assert.equal(lines[10]?.trim(), '2.0 s  cli: number 2');
  });

  it('are none where nothing ran', () => {
    assert.deepEqual(slowestLines([]), []);
  });
});
