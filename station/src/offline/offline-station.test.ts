import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NOW_S } from '@roamgrid/offline/testing';
import { Lot, START, STOP } from './lot.fixture.ts';
import { openOfflineStation } from './offline-station.ts';

describe('a station whose outlet has a second door', () => {
  let folder: string;
  let lot: Lot;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'offline-'));
    lot = await Lot.open();
  });
  afterEach(() => {
    lot.close();
    rmSync(folder, { recursive: true });
  });

  const open = async () => {
    const startedMs = lot.time.nowMs;
    const station = await openOfflineStation({
      ...{ ...(await lot.park.setUp()), outlet: lot.outlet, folder, tickMs: 2 },
      ...{
        batteryS: NOW_S + Math.floor(startedMs / 1_000),
        uptimeMs: () => Math.floor(lot.time.nowMs - startedMs),
      },
    });
    lot.park.adopt(station.charger);
    return station;
  };

  it('keeps in files what its charger has to know, and ends what power cut off', async () => {
    const before = await open();
    const mine = await lot.phone();
    assert.equal(await lot.asks(mine, START), 'ok');
    await lot.pass(120_000);
    before.close();
    lot.cut();
    lot.switchOn();
    const after = await open();
    assert.equal(after.charger.bootCounter, 2);
    assert.equal(await lot.asks(mine, START), 'TOKEN_SPENT');
    const [record, ...more] = await lot.collected();
    assert.deepEqual([record?.facts.reason, record?.facts.energyWh, more], ['power-cut', 733n, []]);
    assert.deepEqual(readdirSync(folder).sort(), ['memory', 'readings', 'spent', 'vault']);
    after.close();
  });

  it('ends a session when its hour is over, by its own clock', async () => {
    const station = await open();
    const mine = await lot.phone({ expiresS: NOW_S + 60 });
    assert.equal(await lot.asks(mine, START), 'ok');
    lot.time.nowMs += 60_000;
    while (station.charger.running !== undefined) await sleep(2);
    assert.equal(await lot.asks(mine, STOP), 'ok');
    station.close();
  });
});
