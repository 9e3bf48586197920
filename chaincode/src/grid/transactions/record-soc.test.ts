import assert from 'node:assert/strict';
import { by, call, freshId, NOW_MS, STATION_ID, station } from '../../testing/parties.ts';
import { amend, but, withOpened } from '../../testing/prepared.ts';

const reading = (sessionId: string, atMs: number, socPpm = 500_000) => ({ sessionId, atMs, socPpm });
const told = (readings: ReturnType<typeof reading>[], commandId = freshId()) => ({
  caller: by('USDUK', 'station'),
  verb: 'grid.recordSoc',
  command: { commandId, chunk: { utilityId: 'USDUK', stationId: STATION_ID, readings } },
});

describe('grid.recordSoc', () => {
  it('writes one chunk under the command, and nothing else', async () => {
    const { ledger } = await withOpened(['s1', 's2']);
    const readings = [reading('s1', 2), reading('s2', 1), reading('s1', 3)];
    const { writes } = await ledger.submit(call(told(readings, 'soc-1')));
    assert.deepEqual(writes.public[`soc:USDUK:${STATION_ID}:soc-1`], {
      type: 'socChunk',
      version: 1,
      utilityId: 'USDUK',
      stationId: STATION_ID,
      readings,
    });
    assert.equal(Object.keys(writes.public).length, 2);
  });

  it("refuses readings of unknown or others' sessions, out of order, in the future, and other callers", async () => {
    const { ledger } = await withOpened(['s1']);
    const good = told([reading('s1', 1)]);
    const cases = [
      ['NOT_FOUND', told([reading('s9', 1)])],
      ['INVALID_ARGUMENT', told([reading('s1', 2), reading('s1', 2)])],
      ['INVALID_ARGUMENT', told([reading('s1', 2, 1_000_001)])],
      ['CLOCK_SKEW', told([reading('s1', NOW_MS + 300_001)])],
      ['FORBIDDEN', { ...good, caller: by('USDUK', 'operator') }],
      ['FORBIDDEN', { ...good, caller: by('USALP', 'station') }],
      ['ok', good],
    ] as const;
    for (const [code, parts] of cases) assert.equal(await ledger.refusal(call(parts)), code);
    const elsewhere = { utilityId: 'USDUK', stationId: 'duk-9', readings: [reading('s1', 1)] };
    assert.equal(await ledger.refusal(but(good, { command: { chunk: elsewhere } })), 'NOT_FOUND');
    amend(ledger, 'session:s1', { vun: 'USGPC' });
    assert.equal(await ledger.refusal(call(good)), 'FORBIDDEN');
    amend(ledger, `station:USDUK:${STATION_ID}`, { ...station(), status: 'suspended' });
    assert.equal(await ledger.refusal(call(good)), 'WRONG_STATE');
  });
});
