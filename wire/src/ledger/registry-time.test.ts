import assert from 'node:assert/strict';
import { activeAt, inForceAt, outletAt, stationActiveAt } from './registry-time.ts';

describe('what the registry says of an instant', () => {
  const outlet = { evseId: 'US*DUK*E0001*1', meterId: 'M1', meterKeys: [], maxPowerW: 1n };

  it('knows an outlet that was removed later', () => {
    const station = { evses: [{ ...outlet, removedAtMs: 200 }] };
    assert.equal(outletAt(station, outlet.evseId, 199)?.meterId, 'M1');
    assert.equal(outletAt(station, outlet.evseId, 200), undefined);
    assert.equal(outletAt(station, 'US*DUK*E0002*1', 199), undefined);
    assert.equal(outletAt({ evses: [outlet] }, outlet.evseId, 10_000)?.meterId, 'M1');
  });

  it('counts a station as active until it was suspended', () => {
    const suspended = { status: 'suspended', statusFromMs: 200 } as const;
    assert.deepEqual(
      [199, 200].map((atMs) => stationActiveAt(suspended, atMs)),
      [true, false],
    );
    assert.equal(stationActiveAt({ status: 'active', statusFromMs: 200 }, 199), true);
  });

  it('counts a utility as taking part until it was suspended, and in its time', () => {
    const suspended = { status: 'suspended', statusFromMs: 200, validUntilMs: 300 } as const;
    assert.deepEqual(
      [199, 200].map((atMs) => activeAt(suspended, atMs)),
      [true, false],
    );
    const active = { ...suspended, status: 'active' } as const;
    assert.deepEqual(
      [199, 299, 300].map((atMs) => activeAt(active, atMs)),
      [true, true, false],
    );
  });

  it('holds an agreement in force from its start to its end or the end of its notice, what comes first', () => {
    const agreement = { state: 'active', validFromMs: 100, validUntilMs: 300 } as const;
    const at = (of: Parameters<typeof inForceAt>[0]) =>
      [99, 100, 199, 200, 299, 300].map((atMs) => inForceAt(of, atMs));
    assert.deepEqual(at(agreement), [false, true, true, true, true, false]);
    assert.deepEqual(at({ ...agreement, endsAtMs: 200 }), [false, true, true, false, false, false]);
    assert.deepEqual(at({ ...agreement, endsAtMs: 400 }), at(agreement));
    for (const state of ['proposed', 'withdrawn'] as const) {
      assert.ok(at({ ...agreement, state }).every((inForce) => !inForce));
    }
  });
});
