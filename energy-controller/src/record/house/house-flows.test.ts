import assert from 'node:assert/strict';
import type { HouseMeter } from '@roamgrid/wire';
import { countedFlows, signedFlows, uncrossed } from './house-flows.ts';

const signed = (fromMs: number, toMs: number, fromRegisterMilliWh: bigint, toRegisterMilliWh: bigint) => ({
  ...{ fromMs, toMs, fromRegisterMilliWh, toRegisterMilliWh, ocmf: '' },
});
const METER: HouseMeter = {
  ...{ meterRef: 'car', of: 'ev', counts: 'in', meterId: 'm', evseId: 'US*DUK*E1*1' },
  publicKey: { kty: 'EC', crv: 'P-256', x: '', y: '', kid: 'm' } as never,
};

describe('metered flows of a house', () => {
  it('are what registers and samples counted, in whole watt-hours that add up over batches', () => {
    const grid = { sourceId: 'grid', kind: 'grid' } as const;
    const counts = [0n, 1_999n, 2_000n, 4_500n].map((inMilliWh) => ({ inMilliWh, outMilliWh: 0n }));
    const energies = counts
      .slice(1)
      .map((now, at) => countedFlows({ fromMs: at, untilMs: at + 1 }, grid, counts[at] ?? now, now))
      .map((flows) => flows.reduce((sum, { energyWh }) => sum + energyWh, 0n));
    assert.deepEqual(energies, [1n, 1n, 2n]);
    const both = countedFlows(
      { fromMs: 5, untilMs: 9 },
      grid,
      { inMilliWh: 0n, outMilliWh: 0n },
      { inMilliWh: 3_000n, outMilliWh: 7_000n },
    );
    assert.deepEqual(
      both.map(({ counts: way, energyWh, atMs, untilMs }) => [way, energyWh, atMs, untilMs]),
      [
        ['in', 3n, 5, 9],
        ['out', 7n, 5, 9],
      ],
    );
    const intervals = [signed(0, 5, 400n, 2_000_900n), signed(5, 9, 2_000_900n, 2_001_100n)];
    assert.deepEqual(
      signedFlows(METER, intervals, 'ab').map(({ energyWh, creditTo }) => [energyWh, creditTo]),
      [
        [2_000n, 'ab'],
        [1n, 'ab'],
      ],
    );
    const [taken] = signedFlows({ ...METER, counts: 'out' }, intervals, 'ab');
    assert.equal(taken?.creditTo, undefined, 'what a car took earns nothing');
  });

  it('are cut by no batch: it ends before an interval that runs over its end', () => {
    const intervals = [signed(0, 10, 0n, 1n), signed(10, 20, 1n, 2n), signed(8, 14, 0n, 1n)];
    assert.equal(uncrossed(20, intervals), 20);
    assert.equal(uncrossed(17, intervals), 0);
    assert.equal(uncrossed(30, [signed(10, 20, 1n, 2n)]), 30);
  });
});
