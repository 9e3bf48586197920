import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../log/logger.ts';
import { startRounds, type Pace } from './rounds.ts';

describe('rounds', () => {
  /** Rounds of a millisecond for 200 ms, each of which throws at once. */
  const failing = async (pace?: Pace) => {
    const lines: string[] = [];
    const log = createLogger('rounds', { destination: { write: (line) => void lines.push(line) } });
    let count = 0;
    const round = (): Promise<void> => {
      count += 1;
      throw new Error('no room on the disk');
    };
    const rounds = startRounds('try', 1, round, log, pace);
    await sleep(200);
    await rounds.stop();
    const stoppedAt = count;
    await sleep(30);
    assert.equal(count, stoppedAt);
    return { count, lines: lines.length };
  };

  it('that throw at once are logged and come again, ever later', async () => {
    const { count, lines } = await failing();
    // 2, 4, 8 and then 16 ms apart.
    assert.ok(count >= 3 && count <= 20, `${count}`);
    assert.equal(lines, count);
  });

  it('that are steady keep their pace, and say so once', async () => {
    const { count, lines } = await failing('steady');
    assert.ok(count > 25, `${count}`);
    assert.equal(lines, 1);
  });
});
