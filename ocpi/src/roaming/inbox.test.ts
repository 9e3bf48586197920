import assert from 'node:assert/strict';
import { createLogger } from '@roamgrid/service-kit';
import type { Door } from '../door.ts';
import { cdrText, sessionText, tokenText } from '../objects/examples.fixture.ts';
import { startPlatform, type Platform } from '../simulator/platform.ts';
import { MOST_WAITING } from '../store/peer-objects.ts';
import type { Db } from '../store/schema.ts';
import { bringIn, makeTown, type DoorUnderTest, type Town } from '../testing/world.ts';
import { takeDue } from './inbox.ts';

describe('the inbox', () => {
  let town: Town;
  let duke: DoorUnderTest;
  let platform: Platform;
  let db: Db;
  let token: string;
  const tell = (path: string, text: string, method = 'PUT') =>
    platform.ask(`${duke.door.url}/ocpi/2.2.1/receiver/${path}`, token, { method, text });
  const waiting = (partnerId: string, key: string) => ({
    partner_id: partnerId,
    module: 'tokens',
    owner: 'NLMSP',
    object_key: key,
    attempts: 0,
    next_at_ms: 0,
    fault: null,
  });

  before(async () => {
    town = await makeTown();
    platform = await startPlatform();
    duke = await town.open('USDUK', { times: { outbox: 600_000 } });
    await bringIn(duke, platform, 'many', 'NLMAN', 'EMSP');
    token = await bringIn(duke, platform, 'few', 'NLMSP', 'CPO', 'EMSP');
    ({ db } = await duke.store());
  });
  beforeEach(async () => {
    await db.deleteFrom('inbox').execute();
  });
  after(async () => {
    platform.close();
    await town.close();
  });

  it('takes every partner’s in turn, and what failed after what did not', async () => {
    const of = (partnerId: string, key: string) => {
      const { attempts: _a, next_at_ms: _n, fault: _f, ...place } = waiting(partnerId, key);
      return { ...place, body: tokenText, updated_at_ms: 0, received_at_ms: 0 };
    };
    const keys = Array.from({ length: 150 }, (_, n) => `M-${n}`);
    await db
      .insertInto('peer_object')
      .values([...keys.map((key) => of('many', key)), of('few', 'F-1'), of('few', 'F-2')])
      .execute();
    await db
      .insertInto('inbox')
      .values([
        ...keys.map((key) => waiting('many', key)),
        { ...waiting('few', 'F-1'), attempts: 3 },
        waiting('few', 'F-2'),
      ])
      .execute();
    const settings = { times: { firstRetry: 1_000, longestRetry: 1_000 } } as Door['settings'];
    const log = createLogger('inbox', { level: 'silent' });
    const taken: string[] = [];
    const door = { db, settings, log, nowMs: () => 1 } as Door;
    await takeDue(door, {
      tokens: ({ partnerId }, { key }) => {
        taken.push(`${partnerId} ${key}`);
        return Promise.resolve();
      },
    });
    const few = taken.filter((one) => one.startsWith('few'));
    assert.deepEqual(few, ['few F-2', 'few F-1']);
    assert.ok(taken.indexOf('few F-1') <= 3, 'before the third of the other');
  });

  it('is full for one partner at a time, who is told to wait', async () => {
    const rows = Array.from({ length: MOST_WAITING }, (_, n) => waiting('few', `W-${n}`));
    for (let from = 0; from < rows.length; from += 2_000)
      await db
        .insertInto('inbox')
        .values(rows.slice(from, from + 2_000))
        .execute();
    const told = await tell('tokens/NL/MSP/04A1B2C3D4E580', tokenText);
    assert.deepEqual([told.status, told.json.status_code], [429, 2000]);
    assert.equal(told.headers.get('retry-after'), '60');
    const cdr = await tell(
      'cdrs',
      cdrText('F-9', '{ "excl_vat": 3.90 }').replace('"DE"', '"NL"').replace('"RHK"', '"MSP"'),
      'POST',
    );
    assert.equal(cdr.status, 429);
    await db.deleteFrom('inbox').execute();
    assert.equal((await tell('tokens/NL/MSP/04A1B2C3D4E580', tokenText)).status, 201);
  });

  it('gets no energy that no column holds', async () => {
    const session = sessionText.replace('"DE"', '"NL"').replace('"RHK"', '"MSP"');
    for (const kwh of ['1000000001', '-1000000001', '1e400']) {
      const told = await tell('sessions/NL/MSP/S-9', session.replace('"kwh": 0.000', `"kwh": ${kwh}`));
      assert.equal(told.json.status_code, 2001, kwh);
      assert.match(told.json.status_message, /\/kwh/);
    }
    const cdr = cdrText('F-10', '{ "excl_vat": 3.90 }').replace('"DE"', '"NL"').replace('"RHK"', '"MSP"');
    for (const [was, is] of [
      ['"total_energy": 10.0', '"total_energy": 1e10'],
      ['"volume": 10.0', '"volume": 1e10'],
      ['"excl_vat": 3.90', '"excl_vat": 1e13'],
    ] as const)
      assert.equal((await tell('cdrs', cdr.replace(was, is), 'POST')).json.status_code, 2001, is);
    assert.equal((await tell('sessions/NL/MSP/S-9', session.replace('0.000', '999.5'))).status, 201);
  });

  it('gets no object that grew beyond 1 MiB by what was added to it', async () => {
    const session = sessionText.replace('"DE"', '"NL"').replace('"RHK"', '"MSP"').replace('S-9', 'S-10');
    const path = 'sessions/NL/MSP/S-10';
    assert.equal((await tell(path, session)).status, 201);
    const add = (second: number) =>
      tell(
        path,
        JSON.stringify({
          charging_periods: [
            {
              start_date_time: '2026-03-01T09:00:00Z',
              dimensions: [{ type: 'ENERGY', volume: 1 }],
              note: 'x'.repeat(600_000),
            },
          ],
          last_updated: `2026-03-01T09:00:0${second}Z`,
        }),
        'PATCH',
      );
    assert.equal((await add(1)).json.status_code, 1000);
    const second = await add(2);
    assert.deepEqual([second.status, second.json.status_code], [200, 2001]);
    assert.match(second.json.status_message, /1 MiB/);
  });
});
