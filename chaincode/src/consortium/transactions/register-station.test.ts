import assert from 'node:assert/strict';
import { meterKeyId, stationRecord, type JsonValue } from '@roamgrid/wire';
import {
  by,
  call,
  KEYS,
  METER_ID,
  NOW_MS,
  DAY_MS,
  makeKey,
  SET_UP_MS,
  station,
  STATION_ID,
  EVSE_ID,
} from '../../testing/parties.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const told = {
  caller: by('USDUK', 'operator'),
  verb: 'consortium.registerStation',
  command: { station: station() },
};
const outlet = (over: Record<string, JsonValue>): JsonValue => ({
  evseId: EVSE_ID,
  meterId: 'M2',
  meterKey: { ...KEYS.stranger.jwk },
  maxPowerW: '1',
  ...over,
});
const withOutlets = (...evses: JsonValue[]) => ({ station: { ...station(), evses } });

describe('consortium.registerStation', () => {
  it('writes the next version of the station and nothing else', async () => {
    const ledger = await withGroundwork();
    const { writes } = await ledger.submit(call(told));
    const { evses: _evses, signingKey: _key, ...stated } = station();
    const dated = { fromMs: SET_UP_MS };
    assert.deepEqual(writes.public[`station:USDUK:${STATION_ID}`], {
      type: 'station',
      version: 2,
      ...stated,
      evses: [
        {
          evseId: EVSE_ID,
          meterId: METER_ID,
          meterKeys: [{ ...KEYS.meter.jwk, meterId: METER_ID, signedBy: 'meter', ...dated }],
          maxPowerW: '150000',
        },
      ],
      signingKeys: [{ ...KEYS.station.jwk, ...dated }],
      statusFromMs: SET_UP_MS,
    });
    assert.equal(Object.keys(writes.public).length, 2);
    assert.deepEqual(writes.private, {});
  });

  it('keeps replaced keys and removed outlets, and dates a suspension', async () => {
    const ledger = await withGroundwork();
    const atMs = NOW_MS + DAY_MS;
    const changed = {
      ...station(),
      evses: [outlet({ evseId: 'US*DUK*E0002*1' })],
      signingKey: { ...KEYS.stranger.jwk },
      status: 'suspended',
    };
    const { writes } = await ledger.submit(but(told, { command: { station: changed }, nowMs: atMs }));
    const record = stationRecord.parse(writes.public[`station:USDUK:${STATION_ID}`]);
    assert.deepEqual([record.status, record.statusFromMs], ['suspended', atMs]);
    const ended = { fromMs: SET_UP_MS, untilMs: atMs };
    assert.deepEqual(record.signingKeys, [
      { ...KEYS.station.jwk, ...ended },
      { ...KEYS.stranger.jwk, fromMs: atMs },
    ]);
    const [, gone] = record.evses;
    assert.deepEqual([gone?.evseId, gone?.removedAtMs], [EVSE_ID, atMs]);
    assert.deepEqual(gone?.meterKeys, [
      { ...KEYS.meter.jwk, meterId: METER_ID, signedBy: 'meter', ...ended },
    ]);
    const again = but(told, { command: { station: changed }, nowMs: atMs + DAY_MS });
    const later = (await ledger.submit(again)).writes.public[`station:USDUK:${STATION_ID}`];
    assert.deepEqual(stationRecord.parse(later), { ...record, version: record.version + 1 });
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
    const other = { evseId: 'US*DUK*E0002*1', meterId: 'M3' };
    const shared = withOutlets(outlet({}), outlet(other));
    assert.equal(
      await ledger.refusal(but(told, { command: shared })),
      'INVALID_ARGUMENT',
      'one key of two meters',
    );
    const two = withOutlets(outlet({}), outlet({ ...other, meterKey: { ...makeKey('m3').jwk } }));
    assert.equal(await ledger.refusal(but(told, { command: two })), 'ok');
  });

  it('keeps a station in its group and at its place, an outlet at its station and a meter’s key in its group', async () => {
    const ledger = await withGroundwork();
    const at = (over: Record<string, JsonValue>) =>
      but(told, { command: { station: { ...station(), ...over } } });
    assert.equal(await ledger.refusal(at({ group: 'g1' })), 'WRONG_STATE');
    assert.equal(await ledger.refusal(at({ group: 'G1' })), 'INVALID_ARGUMENT');
    assert.equal(await ledger.refusal(at({ placeId: 'mall' })), 'WRONG_STATE');
    const second = { stationId: 'duk-2', signingKey: { ...makeKey('duk-station-2').jwk } };
    assert.equal(
      await ledger.refusal(at({ ...second, evses: [outlet({})] })),
      'CONFLICT',
      'an outlet of another station',
    );
    const moved = outlet({ evseId: 'US*DUK*E0002*1', meterKey: { ...KEYS.meter.jwk } });
    assert.equal(
      await ledger.refusal(at({ ...second, group: 'g1', evses: [moved] })),
      'CONFLICT',
      'a key of another group',
    );
    // Under another kid it verifies the same signatures, so it is the same key.
    const renamed = outlet({ evseId: 'US*DUK*E0002*1', meterKey: { ...KEYS.meter.jwk, kid: 'other' } });
    assert.equal(await ledger.refusal(at({ ...second, group: 'g1', evses: [renamed] })), 'CONFLICT');
    const { writes } = await ledger.submit(at({ ...second, evses: [moved] }));
    const keys = Object.keys(writes.public).filter((key) => !key.startsWith('command:'));
    assert.deepEqual(keys, [
      'outlet:US*DUK*E0002*1',
      `meterKey:${meterKeyId(KEYS.meter.jwk)}`,
      'station:USDUK:duk-2',
    ]);
  });
});
