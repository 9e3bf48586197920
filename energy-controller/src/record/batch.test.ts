import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocatedSlot, allocationHeader, unpackBodies } from '@roamgrid/wire';
import { batchOf } from './batch.ts';
import { recordConfig } from './config.ts';
import { registerAt } from './metered.ts';
import type { DecidedSlot } from './slot.ts';

const FROM_MS = 1_800_000_000_000;
const SLOT_MS = 900_000;
const spec = { nodes: [{ nodeId: 'site', kind: 'connection' as const }], volts: 230n, lanes: 1 as const };
const config = recordConfig.parse({
  ...{ agreementId: 'a', hun: 'USALP', stationId: 'hub', tariffId: 't', tariffVersion: 1, currency: 'USD' },
  ...{ microsPerKWh: '400000', slotMs: SLOT_MS, meters: [] },
});

const slotOf = (at: number, watts: bigint): DecidedSlot => ({
  slotMs: FROM_MS + at * SLOT_MS,
  sources: [],
  claims: [{ claimId: 'servers', kind: 'compute', nodeId: 'site', maxW: watts }],
  grants: [{ claimId: 'servers', nodeId: 'site', grantedW: watts, laneW: [watts] }],
  sourceShares: [],
  salt: at.toString(16).padStart(64, '0'),
});

describe('a batch of slots', () => {
  it('charges what meters signed by its end, and never more in a slot than was granted', () => {
    const watts = fc.bigInt({ min: 0n, max: 5_000n });
    const interval = fc.record({
      ms: fc.integer({ min: 1, max: 4_000_000 }),
      milliWh: fc.bigInt(0n, 9_000_000n),
    });
    const given = fc.record({
      grantsW: fc.array(watts, { minLength: 1, maxLength: 6 }),
      intervals: fc.array(interval, { minLength: 1, maxLength: 8 }),
      carryMilliWh: fc.bigInt(0n, 5_000_000n),
    });
    fc.assert(
      fc.property(given, ({ grantsW, intervals, carryMilliWh }) => {
        let [atMs, register] = [FROM_MS - 100_000, 7n];
        const metered = intervals.map(({ ms, milliWh }) => {
          const from = { fromMs: atMs, fromRegisterMilliWh: register };
          [atMs, register] = [atMs + ms, register + milliWh];
          return { ...from, toMs: atMs, toRegisterMilliWh: register, ocmf: '' };
        });
        const slots = grantsW.map((grantedW, at) => slotOf(at, grantedW));
        const parts = { utilityId: 'USDUK', config, spec, slots, meters: [metered], meteredFromMs: FROM_MS };
        const batch = batchOf({ ...parts, carryMilliWh });
        assert.deepEqual(batchOf({ ...parts, carryMilliWh }), batch);
        const signed = registerAt(metered, batch.untilMs) - registerAt(metered, FROM_MS);
        assert.equal(batch.serversWh * 1_000n + batch.carryMilliWh, signed + carryMilliWh);
        const { header, slots: packed } = batch.body.transient as { header: unknown; slots: unknown };
        const texts = unpackBodies(JSON.stringify(packed));
        assert.ok(texts.ok);
        for (const [at, text] of texts.value.entries()) {
          const { serversWh } = allocatedSlot.parse(JSON.parse(text));
          assert.ok(serversWh * 3_600_000n <= (grantsW[at] ?? 0n) * BigInt(SLOT_MS));
        }
        assert.equal(allocationHeader.parse(header).serversWh, batch.serversWh);
      }),
    );
  });
});
