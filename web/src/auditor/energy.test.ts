import assert from 'node:assert/strict';
import { energyOfGain } from '@roamgrid/wire';
import { wholeWh } from './energy.ts';

describe('the energy of a session in the browser', () => {
  it('is rounded as the contracts round it', () => {
    for (let gainedMilliWh = 0n; gainedMilliWh < 4_100n; gainedMilliWh += 1n) {
      assert.equal(wholeWh(gainedMilliWh), energyOfGain(gainedMilliWh));
    }
  });
});
