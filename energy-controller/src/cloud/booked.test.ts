import assert from 'node:assert/strict';
import { MOST_RESERVATIONS, poolReport } from '@roamgrid/wire';
import { claimOf, NOW } from '../stage/stage.ts';
import { bookedOf } from './booked.ts';

describe('what is booked at a site that shares a feed', () => {
  it('is told to the cloud, the soonest where there is more than a report takes', () => {
    const booked = (at: number) => ({
      loadId: 'a',
      claim: claimOf(`c${at}`, 'a', BigInt(at), { fromMs: NOW - at, untilMs: NOW + 1 }),
    });
    const kept = Array.from({ length: MOST_RESERVATIONS + 50 }, (_, at) => booked(at));
    const reservations = bookedOf([{ loadId: 'a', claim: claimOf('now', 'a', 1n) }, ...kept]);
    assert.deepEqual([reservations.length, reservations[0]?.watts], [MOST_RESERVATIONS, 249n]);
    const report = { sentAtMs: NOW, wantedW: 0n, measuredW: 0n, reservations };
    assert.equal(poolReport.encode(report).reservations.at(-1)?.watts, '50');
  });
});
