import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { memoryJournal } from './journal.ts';
import { OutletMemory } from './outlet-memory.ts';
import { endOfCut } from './session-run.ts';

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const IDENTITY = { meterId: 'm1', evseId: 'US*DUK*E1*1', gatewaySerial: 'g1', key };
const METERED = { sessionId: 'USDUK-USALP-g0-1', tariffText: 'T' };
const WH_WMS = 3_600_000n;

describe('what an outlet remembers of a session', () => {
  const store = memoryJournal();
  let memory: OutletMemory;
  beforeEach(() => {
    memory = new OutletMemory(IDENTITY, store);
    memory.prepare(METERED, 1_000);
    memory.meter.advance(5n * WH_WMS);
    memory.keepReading(memory.meter.reading(2_000, true), 500_000);
    memory.meter.advance(WH_WMS);
  });
  afterEach(() => memory.forget());

  /** Register by instant of the end that is told after a power cut. */
  const toldAfterCut = (): Map<number, bigint> => {
    const after = new OutletMemory(IDENTITY, store);
    assert.ok(after.session);
    const { request } = endOfCut(after, after.session);
    const registers = new Map<number, bigint>();
    for (const { atMs, registerMilliWh } of request.readings) {
      assert.equal(registers.get(atMs) ?? registerMilliWh, registerMilliWh, `two registers at ${atMs}`);
      registers.set(atMs, registerMilliWh);
    }
    return registers;
  };

  it('has one register at an instant when power fails after a report that came after the last reading', () => {
    const before = memory.meter.registerMilliWh;
    memory.nextReport(2_400);
    assert.equal(toldAfterCut().get(2_400), before);
  });

  it('has one register at an instant when power fails between the meter’s last word and the file of the end', () => {
    const before = memory.meter.registerMilliWh;
    memory.endNow(2_700, 'driver', undefined);
    assert.equal(toldAfterCut().get(2_700), before);
  });
});
