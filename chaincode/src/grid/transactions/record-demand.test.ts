import assert from 'node:assert/strict';
import type { DemandChunkRecord, JsonValue } from '@roamgrid/wire';
import { by, call, HOUR_MS, NOW_MS } from '../../testing/parties.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const FIRST_MS = Date.UTC(2016, 0, 1);
const chunk = (readings: JsonValue[]): JsonValue => ({
  utilityId: 'USDUK',
  areaId: 'DUK',
  intervalMs: HOUR_MS,
  readings,
});
const told = {
  caller: by('USDUK', 'grid-operator'),
  verb: 'grid.recordDemand',
  command: {
    chunk: chunk([
      { atMs: FIRST_MS, demandW: '9514000000' },
      { atMs: FIRST_MS + HOUR_MS, demandW: '9230000000' },
    ]),
  },
};
const KEY = `demand:USDUK:DUK:0${FIRST_MS}`;

describe('grid.recordDemand', () => {
  it('writes one chunk and nothing else, and lists it by its span', async () => {
    const ledger = await withGroundwork();
    const { writes } = await ledger.submit(call(told));
    const { command } = told;
    assert.deepEqual(writes.public[KEY], {
      type: 'demandChunk',
      version: 1,
      ...(command.chunk as object),
      recordedAtMs: NOW_MS,
    });
    assert.equal(Object.keys(writes.public).length, 2);
    const list = async (fromMs: number, untilMs: number) => {
      const command = { utilityId: 'USDUK', areaId: 'DUK', fromMs, untilMs, pageSize: 10, bookmark: '' };
      const call = { caller: by('USALP', 'auditor'), verb: 'grid.listDemand', command, nowMs: NOW_MS };
      const { answer } = await ledger.submit(call);
      return (answer as unknown as { records: DemandChunkRecord[] }).records.length;
    };
    assert.equal(await list(FIRST_MS, FIRST_MS + 1), 1);
    assert.equal(await list(FIRST_MS + 1, NOW_MS), 0);
    assert.equal(await list(0, FIRST_MS), 0);
  });

  it('refuses another role or utility, readings out of order or in the future, and a chunk twice', async () => {
    const ledger = await withGroundwork();
    await ledger.submit(call(told));
    const at = (...times: number[]) => ({ chunk: chunk(times.map((atMs) => ({ atMs, demandW: '1' }))) });
    const cases = [
      ['CONFLICT', {}],
      ['FORBIDDEN', { caller: by('USDUK', 'operator') }],
      ['FORBIDDEN', { caller: by('USALP', 'grid-operator') }],
      ['INVALID_ARGUMENT', { command: at(5, 5) }],
      ['INVALID_ARGUMENT', { command: at(5, 4) }],
      ['INVALID_ARGUMENT', { command: at() }],
      ['INVALID_ARGUMENT', { command: { chunk: chunk([{ atMs: 5, demandW: '-1' }]) } }],
      ['CLOCK_SKEW', { command: at(NOW_MS + 300_001) }],
      ['ok', { command: at(NOW_MS + 300_000) }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
  });
});
