import assert from 'node:assert/strict';
import type { JsonValue } from '@roamgrid/wire';
import { by, call, KEYS, NOW_MS, DAY_MS, station, STATION_ID, EVSE_ID } from '../../testing/parties.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const told = {
  caller: by('USDUK', 'operator'),
  verb: 'consortium.registerStation',
  command: { station: station() },
};
const outlet = (over: Record<string, JsonValue>): JsonValue => ({
  evseId: EVSE_ID,
  meterId: 'M2',
  meterKey: { ...KEYS.meter.jwk },
  maxPowerW: '1',
  ...over,
});
const withOutlets = (...evses: JsonValue[]) => ({ station: { ...station(), evses } });

describe('consortium.registerStation', () => {
  it('writes the next version of the station and nothing else', async () => {
    const ledger = await withGroundwork();
    const { writes } = await ledger.submit(call(told));
    assert.deepEqual(writes.public[`station:USDUK:${STATION_ID}`], {
      type: 'station',
      version: 2,
      ...station(),
    });
    assert.equal(Object.keys(writes.public).length, 2);
    assert.deepEqual(writes.private, {});
  });

  it("refuses strangers, another utility's outlets and ids that repeat", async () => {
    const ledger = await withGroundwork();
    const cases = [
      ['FORBIDDEN', { caller: by('USALP', 'operator') }],
      ['FORBIDDEN', { caller: by('USDUK', 'station') }],
      ['EXPIRED', { nowMs: NOW_MS + 366 * DAY_MS }],
      ['NOT_FOUND', { command: { station: { ...station(), utilityId: 'USXXX' } } }],
      ['INVALID_ARGUMENT', { command: withOutlets(outlet({ evseId: 'US*ALP*E0001*1' })) }],
      ['INVALID_ARGUMENT', { command: withOutlets(outlet({}), outlet({ meterId: 'M3' })) }],
      ['INVALID_ARGUMENT', { command: withOutlets(outlet({}), outlet({ evseId: 'US*DUK*E0002*1' })) }],
      ['INVALID_ARGUMENT', { command: withOutlets(outlet({ maxPowerW: 1 })) }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    const two = withOutlets(outlet({}), outlet({ evseId: 'US*DUK*E0002*1', meterId: 'M3' }));
    assert.equal(await ledger.refusal(but(told, { command: two })), 'ok');
  });
});
