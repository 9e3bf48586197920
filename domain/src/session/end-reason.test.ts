import assert from 'node:assert/strict';
import { energyWh } from '../energy/index.ts';
import { unwrap } from '../result/index.ts';
import { END_REASONS, endReason, FAULT_REASONS, OCPP_REASONS, type SessionSignals } from './end-reason.ts';

const wh = (value: bigint) => unwrap(energyWh(value));
const charging: SessionSignals = {
  isCableOut: false,
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
    ...FAULT_REASONS.map((fault) => [fault, { fault }, fault] as const),
    ['a cable that is out', { isCableOut: true }, 'cable-out'],
    ['the driver', { driverStopped: true }, 'driver'],
    ['a full battery', { batteryFull: true }, 'full'],
    ['the energy limit', { energyWh: wh(30_000n) }, 'limit'],
    ['one watt-hour under the limit', { energyWh: wh(29_999n) }, undefined],
    ['the end of the booked time', { atMs: 2_000 }, 'limit'],
    ['an interval that still fits under the cap', { costMicros: 11_900_000n }, undefined],
    ['an interval that would pass the cap', { costMicros: 11_900_001n }, 'limit'],
    [
      'all at once',
      { fault: 'ground-fault', isCableOut: true, driverStopped: true, batteryFull: true, atMs: 2_000 },
      'ground-fault',
    ],
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

  it('has one standard word for each reason, and tells all apart for which the standard has words', () => {
    assert.deepEqual(Object.keys(OCPP_REASONS).sort(), [...END_REASONS].sort());
    const words = Object.values(OCPP_REASONS).filter((word) => word !== 'Other');
    assert.deepEqual(words, [...new Set(words)]);
  });
});
