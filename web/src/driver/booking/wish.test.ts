import assert from 'node:assert/strict';
import { BOOKING_LIMITS, driverBookingRequest, slotsOf } from '@roamgrid/wire';
import * as fc from 'fast-check';
import { z } from 'zod';
import { askedFor, firstDraft, keyOf, LONGEST_MS, type Draft, type Place } from './wish.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const PLACE: Place = {
  ...{ vun: 'USDUK', stationId: 's1', name: 'Hub', address: '1 Main Street', timeZone: 'America/New_York' },
  outlets: [
    { evseId: 'US*DUK*EHUB1*1', maxPowerW: '50000' },
    { evseId: 'US*DUK*EHUB1*2', maxPowerW: '150000' },
  ],
};
const draftOf = (changes: Partial<Draft> = {}): Draft => ({
  ...firstDraft(NOW),
  ...{ place: keyOf(PLACE), cinRef: 'a'.repeat(64), ...changes },
});
const askedOf = (changes: Partial<Draft> = {}) => {
  const made = askedFor(draftOf(changes), [PLACE], NOW);
  assert.ok('asked' in made, JSON.stringify(made));
  return made.asked;
};
const faultsOf = (changes: Partial<Draft>) => {
  const made = askedFor(draftOf(changes), [PLACE], NOW);
  return 'faults' in made ? made.faults : [];
};

describe('what a driver asks for when he books', () => {
  it('is as much as every outlet gives, unless he names one', () => {
    assert.equal(askedOf({ kW: '120' }).powerW, '50000');
    const named = askedOf({ kW: '120', evseId: 'US*DUK*EHUB1*2', kWh: '60' });
    assert.deepEqual([named.powerW, named.evseId], ['120000', 'US*DUK*EHUB1*2']);
    assert.equal(named.untilMs - named.fromMs, 30 * 60_000);
    assert.equal(askedOf({ kW: '7,4' }).powerW, '7400');
  });

  it('says which field is wrong, and how', () => {
    assert.deepEqual(faultsOf({}), []);
    assert.deepEqual(faultsOf({ place: '', start: '', kWh: '0', kW: 'x' }), [
      'no-place',
      'no-start',
      'no-energy',
      'no-power',
    ]);
    assert.deepEqual(faultsOf({ start: '2026-11-19T12:00' }), ['past']);
    assert.deepEqual(faultsOf({ kWh: '60', kW: '7' }), ['too-long']);
    assert.deepEqual(faultsOf({ kWh: '-1', kW: '1000.001' }), ['no-energy', 'no-power']);
  });

  it('can always be told, and never stays longer than can be booked, slow or not', () => {
    const tenths = (max: number) => fc.integer({ min: 1, max }).map((value) => (value / 10).toString());
    fc.assert(
      fc.property(tenths(2_000), tenths(3_500), fc.integer({ min: 0, max: 59 }), (kWh, kW, minute) => {
        const start = `2026-11-21T08:${minute.toString().padStart(2, '0')}`;
        const made = askedFor(draftOf({ kWh, kW, start }), [PLACE], NOW);
        if ('faults' in made) return;
        const told = { ...made.asked, requestId: 'r1', slow: 'offer' as const };
        const { fromMs, untilMs, leastW, powerW, needWh } = z.decode(driverBookingRequest, told);
        assert.ok(leastW > 0n && leastW <= powerW);
        assert.ok(untilMs - fromMs <= LONGEST_MS);
        const slowestMs = Math.ceil(Number(needWh * 3_600_000n) / Number(leastW));
        for (const endMs of [untilMs, fromMs + slowestMs])
          assert.ok(slotsOf(fromMs, endMs).length <= BOOKING_LIMITS.slots, `${fromMs} to ${endMs}`);
      }),
    );
  });
});
