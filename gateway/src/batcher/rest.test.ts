import assert from 'node:assert/strict';
import { restMs } from './rest.ts';

const DAY_MS = 86_400_000;

describe('the rest of a queue', () => {
  it('ends when something is due, and is never nothing', () => {
    assert.equal(restMs(5_000, 2_000), 3_000);
    assert.equal(restMs(2_000, 5_000), 10);
  });

  it('is no timer that Node would end at once, however far away what is due', () => {
    const rest = restMs(183 * DAY_MS, 0);
    assert.ok(rest >= 60_000 && rest < 2 ** 31, `${rest} ms`);
  });
});
