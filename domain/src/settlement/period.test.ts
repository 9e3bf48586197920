import assert from 'node:assert/strict';
import { periodSpan } from './period.ts';

describe('a settlement period', () => {
  it('is a month or a day in UTC, from its first instant until the next one’s', () => {
    assert.deepEqual(periodSpan('2026-12'), { fromMs: Date.UTC(2026, 11, 1), untilMs: Date.UTC(2027, 0, 1) });
    assert.deepEqual(periodSpan('2028-02-29'), {
      fromMs: Date.UTC(2028, 1, 29),
      untilMs: Date.UTC(2028, 2, 1),
    });
  });

  it('is nothing else, nor a day that no calendar has', () => {
    for (const text of ['2026-02-29', '2026-04-31', '2026-13', '2026', '', '2026-07-00', 'foo'])
      assert.equal(periodSpan(text), undefined, text);
  });
});
