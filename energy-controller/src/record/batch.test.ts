import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocatedSlot, allocationHeader, energyMicros, unpackBodies } from '@roamgrid/wire';
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
        const parts = {
          utilityId: 'USDUK',
          config,
          spec,
          slots,
          meters: [metered],
          meteredFromMs: FROM_MS,
          cars: [],
        };
        const carried = { carryMilliWh, carCarry: new Map<string, bigint>() };
        const batch = batchOf({ ...parts, ...carried });
        assert.deepEqual(batchOf({ ...parts, ...carried }), batch);
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

  it('has what each car’s meter signed, within its shares, and carries the rest for that car alone', () => {
    const cars = ['one', 'two'].map((sourceId) => ({
      ...{ sourceId, cinRef: 'ab'.repeat(32), meterId: 'm', evseId: 'US*DUK*E1*1' },
      publicKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'm' } as never,
    }));
    const giving = { ...config, cars, givenMicrosPerKWh: 150_000n };
    const share = (sourceId: string, deliveredW: bigint) => ({
      ...{ sourceId, kind: 'ev' as const, deliveredW, laneW: [deliveredW], lossW: 0n },
    });
    const watts = fc.bigInt({ min: 0n, max: 9_000n });
    const slotsOf = fc.array(fc.tuple(watts, watts, watts), { minLength: 1, maxLength: 5 });
    const energies = fc.tuple(fc.bigInt(0n, 9_000_000n), fc.bigInt(0n, 9_000_000n));
    fc.assert(
      fc.property(slotsOf, energies, energies, (shares, signed, carry) => {
        const slots = shares.map(([first, second, further], at): DecidedSlot => {
          const { salt: _salt, slotMs: _slotMs, ...decision } = slotOf(at, 0n);
          return {
            ...slotOf(at, 0n),
            sourceShares: [share('one', first), share('two', second)],
            carsBy: [{ ...decision, sourceShares: [share('two', further)] }],
          };
        });
        const metered = signed.map((milliWh) => [
          {
            ...{ fromMs: FROM_MS, toMs: FROM_MS + slots.length * SLOT_MS, ocmf: '' },
            ...{ fromRegisterMilliWh: 5n, toRegisterMilliWh: 5n + milliWh },
          },
        ]);
        const carCarry = new Map(cars.map(({ sourceId }, at) => [sourceId, carry[at] ?? 0n]));
        const batch = batchOf({
          ...{ utilityId: 'USDUK', config: giving, spec, slots, meters: [], cars: metered, carCarry },
          ...{ meteredFromMs: FROM_MS, carryMilliWh: 0n },
        });
        const { header, slots: packed } = batch.body.transient as { header: unknown; slots: unknown };
        const { given } = allocationHeader.parse(header);
        const texts = unpackBodies(JSON.stringify(packed));
        assert.ok(texts.ok);
        const read = texts.value.map((text) => allocatedSlot.parse(JSON.parse(text)));
        for (const [at, { sourceId }] of cars.entries()) {
          const inSlots = read.map(
            ({ cars: gave = [] }) => gave.find((car) => car.sourceId === sourceId)?.givenWh ?? 0n,
          );
          for (const [slotAt, wh] of inSlots.entries()) {
            const [first = 0n, second = 0n, further = 0n] = shares[slotAt] ?? [];
            const mostW = at === 0 ? first : second > further ? second : further;
            assert.ok(wh * 3_600_000n <= mostW * BigInt(SLOT_MS));
          }
          const sum = inSlots.reduce((total, wh) => total + wh, 0n);
          const said = given?.cars.find((car) => car.sourceId === sourceId);
          assert.equal(said?.givenWh ?? 0n, sum);
          assert.equal(said?.micros ?? 0n, energyMicros(sum, 150_000n));
          const left = batch.carCarry.get(sourceId) ?? 0n;
          assert.equal(sum * 1_000n + left, (signed[at] ?? 0n) + (carry[at] ?? 0n));
        }
        assert.equal(
          batch.givenWh,
          (given?.cars ?? []).reduce((sum, { givenWh }) => sum + givenWh, 0n),
        );
      }),
    );
  });
});
