import assert from 'node:assert/strict';
import { createZone, formatDay } from '../time/zone.ts';
import { dueDays, nextGateMs } from './due.ts';

const zone = createZone('America/New_York');
const NOON = 12 * 60;
const at = (utc: string) => Date.parse(utc);
const due = (utc: string, gateMinutes = NOON) =>
  dueDays(zone, gateMinutes, at(utc)).map(
    ({ day, gateMs }) => `${formatDay(day)} ${new Date(gateMs).toISOString()}`,
  );

describe('the days whose tariff is due', () => {
  it('are today alone before the gate, and tomorrow as well from the gate on', () => {
    assert.deepEqual(due('2026-07-15T15:59:59Z'), ['2026-07-15 2026-07-14T16:00:00.000Z']);
    assert.deepEqual(due('2026-07-15T16:00:00Z'), [
      '2026-07-15 2026-07-14T16:00:00.000Z',
      '2026-07-16 2026-07-15T16:00:00.000Z',
    ]);
  });

  it('have their gate at the local clock’s time on both sides of a change of the clocks', () => {
    assert.deepEqual(due('2026-11-01T17:30:00Z'), [
      '2026-11-01 2026-10-31T16:00:00.000Z',
      '2026-11-02 2026-11-01T17:00:00.000Z',
    ]);
    assert.deepEqual(due('2026-03-08T16:00:00Z'), [
      '2026-03-08 2026-03-07T17:00:00.000Z',
      '2026-03-09 2026-03-08T16:00:00.000Z',
    ]);
  });

  it('are due at their own midnight when the gate is 24:00', () => {
    assert.deepEqual(due('2026-07-16T03:59:59Z', 1440), ['2026-07-15 2026-07-15T04:00:00.000Z']);
    assert.deepEqual(due('2026-07-16T04:00:00Z', 1440), ['2026-07-16 2026-07-16T04:00:00.000Z']);
  });

  it('come next at the next local gate, 23 or 25 hours away where the clocks change', () => {
    const next = (utc: string, gateMinutes = NOON) =>
      new Date(nextGateMs(zone, gateMinutes, at(utc))).toISOString();
    assert.equal(next('2026-07-15T15:59:59Z'), '2026-07-15T16:00:00.000Z');
    assert.equal(next('2026-07-15T16:00:00Z'), '2026-07-16T16:00:00.000Z');
    assert.equal(next('2026-10-31T16:00:00Z'), '2026-11-01T17:00:00.000Z');
    assert.equal(next('2026-03-07T17:00:00Z'), '2026-03-08T16:00:00.000Z');
    assert.equal(next('2026-07-15T04:00:00Z', 1440), '2026-07-16T04:00:00.000Z');
  });
});
