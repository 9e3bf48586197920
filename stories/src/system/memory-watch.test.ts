import assert from 'node:assert/strict';
import { memoryPlot } from '../replay/memory-plot.ts';
import { judgeMemory, type MemorySample } from './memory-watch.ts';

const watched = (parts: Readonly<Record<string, (at: number) => number>>): MemorySample[] =>
  Array.from({ length: 40 }, (_, at) => ({
    atSeconds: at,
    partsMiB: Object.fromEntries(Object.entries(parts).map(([name, heldMiB]) => [name, heldMiB(at)])),
  }));

const fromThirdQuarter = (before: number, after: number) => (at: number) => (at < 20 ? before : after);

describe('memory of a part', () => {
  it('is flat when its last quarter is above its second by no more than a tenth or 16 MiB', () => {
    const { parts, isFlat } = judgeMemory(
      watched({
        'small/enough': fromThirdQuarter(60, 76),
        'small/more': fromThirdQuarter(60, 77),
        'large/enough': fromThirdQuarter(500, 550),
        'large/more': fromThirdQuarter(500, 551),
        shrinks: fromThirdQuarter(500, 300),
      }),
    );
    const flat = Object.entries(parts).filter(([, part]) => part.isFlat);
    assert.deepEqual(
      flat.map(([name]) => name),
      ['small/enough', 'large/enough', 'shrinks'],
    );
    assert.equal(isFlat, false);
  });

  it('may grow while it warms up, and peak now and then', () => {
    const warms = (at: number) => (at < 10 ? 50 + 30 * at : 350);
    const peaks = (at: number) => (at % 8 === 0 ? 900 : 300);
    const { isFlat, parts } = judgeMemory(watched({ warms, peaks }));
    assert.equal(isFlat, true);
    assert.equal(parts['peaks']?.mostMiB, 900);
  });

  it('is judged in the text of its plot, with the rule', () => {
    const plot = (lastMiB: number) => memoryPlot(watched({ peer: fromThirdQuarter(100, lastMiB) }), 5_000);
    assert.match(
      plot(105),
      /5000 sessions are lived: flat[^]*at most 10 % or 16 MiB[^]*105 in the last, flat/,
    );
    assert.match(plot(140), /5000 sessions are lived: not flat[^]*140 in the last, not flat/);
  });
});
