import assert from 'node:assert/strict';
import { energyWh } from '../energy/index.ts';
import { unwrap } from '../result/index.ts';
import { endReason, type SessionSignals } from './end-reason.ts';

const wh = (value: bigint) => unwrap(energyWh(value));
const charging: SessionSignals = {
  fault: false,
  driverStopped: false,
  batteryFull: false,
  costMicros: 5_000_000n,
  nextIntervalCostMicros: 100_000n,
  capMicros: 12_000_000n,
  energyWh: wh(20_000n),
  energyLimitWh: wh(30_000n),
  atMs: 1_000,
  endsAtMs: 2_000,
};

describe('the end of charging', () => {
  const rows: readonly (readonly [
    what: string,
    change: Partial<SessionSignals>,
    reason: string | undefined,
  ])[] = [
    ['nothing ends it', {}, undefined],
    ['a fault', { fault: true }, 'fault'],
    ['the driver', { driverStopped: true }, 'driver'],
    ['a full battery', { batteryFull: true }, 'full'],
    ['the energy limit', { energyWh: wh(30_000n) }, 'limit'],
    ['one watt-hour under the limit', { energyWh: wh(29_999n) }, undefined],
    ['the end of the booked time', { atMs: 2_000 }, 'limit'],
    ['an interval that still fits under the cap', { costMicros: 11_900_000n }, undefined],
    ['an interval that would pass the cap', { costMicros: 11_900_001n }, 'limit'],
    ['all at once', { fault: true, driverStopped: true, batteryFull: true, atMs: 2_000 }, 'fault'],
    ['the driver and a full battery', { driverStopped: true, batteryFull: true }, 'driver'],
    ['a full battery at the limit', { batteryFull: true, energyWh: wh(30_000n) }, 'full'],
  ];
  for (const [what, change, reason] of rows) {
    it(`by ${what}: ${reason ?? 'none'}`, () => {
      assert.equal(endReason({ ...charging, ...change }), reason);
    });
  }

  it('needs no limit of energy or time to be agreed', () => {
    const { energyLimitWh, endsAtMs, ...open } = charging;
    assert.ok(energyLimitWh !== undefined && endsAtMs !== undefined);
    assert.equal(endReason({ ...open, energyWh: wh(10n ** 9n), atMs: 10 ** 12 }), undefined);
  });
});
