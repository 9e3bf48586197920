import assert from 'node:assert/strict';
import { lastFullDayAt } from './start-time.ts';

describe('the start of a story', () => {
  it('is yesterday in the station’s zone, whatever the day is elsewhere', () => {
    const at = (now: string) =>
      new Date(lastFullDayAt(Date.parse(now), 'America/New_York', 15, 35)).toISOString();
    assert.equal(at('2026-11-22T02:00:00Z'), '2026-11-20T20:35:00.000Z'); // still the 21st in New York
    assert.equal(at('2026-11-22T12:00:00Z'), '2026-11-21T20:35:00.000Z');
    assert.equal(at('2026-07-10T12:00:00Z'), '2026-07-09T19:35:00.000Z');
    assert.equal(at('2026-11-02T12:00:00Z'), '2026-11-01T20:35:00.000Z'); // the day that summer time ended
  });
});
