import assert from 'node:assert/strict';
import { MINUTE_MS } from '../session/testing/rig.ts';
import {
  accepted,
  authorize,
  begin16,
  billedWh,
  mWh,
  messageOf,
  rig,
  send,
  stops,
  tell,
} from '../session/testing/the-rig.ts';
import { pruneStore } from './prune.ts';
import type { DoorDb } from './tables.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const tx2 = { transaction: { by: 'station', id: 'tx2' } } as const;

describe('the tables of the door', () => {
  beforeEach(() => rig.clear());

  const prune = async (afterMs: number) => {
    rig.pass(afterMs);
    await pruneStore(rig.store.db, rig.time.nowMs, { commandsKeptMs: DAY_MS });
  };
  const count = async (...tables: (keyof DoorDb)[]) => {
    const rows = await Promise.all(
      tables.map((table) => rig.store.db.selectFrom(table).selectAll().execute()),
    );
    return rows.map(({ length }) => length);
  };
  const charge = async (from: number, changes: Parameters<typeof messageOf>[2] = {}) => {
    await accepted();
    const began = messageOf('began', from, changes);
    await send(began);
    rig.pass(MINUTE_MS);
    const ended = messageOf('ended', from + 100, changes);
    await send(ended);
    rig.pass(MINUTE_MS);
    return [began, ended];
  };

  it('lose what came to nothing after an hour, offers and messages after thirty days, what is settled after ninety', async () => {
    rig.gateway.moods.refusesSwipes = 'CUSTOMER_BLOCKED';
    await authorize();
    delete rig.gateway.moods.refusesSwipes;
    await charge(100);
    await charge(200, tx2);
    const tables = ['offer', 'message', 'station_transaction', 'session_end'] as const;
    assert.deepEqual(await count(...tables), [3, 4, 2, 2]);
    await prune(2 * HOUR_MS);
    assert.deepEqual(await count(...tables), [2, 4, 2, 2]);
    await prune(29 * DAY_MS);
    assert.deepEqual(await count(...tables), [2, 4, 2, 2]);
    await prune(DAY_MS);
    assert.deepEqual(await count(...tables), [0, 0, 2, 2]);
    await prune(59 * DAY_MS);
    assert.deepEqual(await count(...tables), [0, 0, 2, 2]);
    await prune(DAY_MS);
    assert.deepEqual(await count(...tables), [0, 0, 1, 1], 'the last of an outlet stays');
  });

  it('keep what runs, and an end that the gateway has not taken, whatever their age', async () => {
    await accepted();
    await tell('began', 100);
    rig.gateway.moods.refusesStops = 'LEDGER_UNAVAILABLE';
    rig.pass(MINUTE_MS);
    await tell('ended', 200);
    rig.pass(MINUTE_MS);
    await accepted();
    await tell('began', 200, tx2);
    await prune(200 * DAY_MS);
    assert.deepEqual(await count('station_transaction', 'session_end'), [2, 1]);
    delete rig.gateway.moods.refusesStops;
    rig.pass(HOUR_MS);
    await rig.round();
    assert.deepEqual(billedWh(), [100]);
    await prune(0);
    assert.deepEqual(await count('station_transaction', 'session_end'), [1, 0]);
  });

  it('keep energy that nobody was billed for until its year is closed', async () => {
    rig.gateway.moods.refusesSwipes = 'CUSTOMER_BLOCKED';
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await tell('ended', 150);
    await tell('began', 150, tx2);
    await prune(399 * DAY_MS);
    assert.deepEqual(await rig.unbilled(), { refused: mWh(50) });
    await prune(DAY_MS + MINUTE_MS);
    assert.deepEqual(await rig.unbilled(), {});
  });

  it('lose commands after their day', async () => {
    const command = { station_id: 'st1', command_hash: 'h', operator: 'o', answer: null };
    for (const at of [0, HOUR_MS])
      await rig.store.db
        .insertInto('station_command')
        .values({ ...command, command_id: `c${at}`, asked_at_ms: rig.time.nowMs + at })
        .execute();
    await prune(DAY_MS + MINUTE_MS);
    const left = await rig.store.db.selectFrom('station_command').select('command_id').execute();
    assert.deepEqual(left, [{ command_id: `c${HOUR_MS}` }]);
  });

  for (const [name, days] of [
    ['messages', 31],
    ['transactions', 120],
  ] as const) {
    it(`that lost ${name} bill nothing twice when they are told again, though a price is shown`, async () => {
      const first = await charge(100);
      await charge(200, tx2);
      await prune(days * DAY_MS);
      assert.deepEqual(await count('message', 'station_transaction'), [0, days > 90 ? 1 : 2]);
      await accepted();
      for (const told of first) {
        await send({ ...told, receivedAtMs: rig.time.nowMs });
        rig.pass(MINUTE_MS);
      }
      await rig.round();
      assert.deepEqual(billedWh(), [100, 100]);
      // The price is still the driver's, who begins on it.
      assert.equal(
        (await tell('began', 300, { transaction: { by: 'station', id: 'tx3' } })).status,
        'accepted',
      );
      assert.equal(rig.gateway.sessions.size, 3);
    });
  }

  it('that lost a begin of 1.6 bill nothing twice, end nothing that runs, and have what charges stopped', async () => {
    await accepted();
    const { transaction: _none, ...began } = messageOf('began', 100);
    const { number = 0 } = await send(began);
    rig.pass(MINUTE_MS);
    await tell('ended', 200, { transaction: { by: 'us', number } });
    rig.pass(MINUTE_MS);
    await charge(200, tx2);
    await prune(40 * DAY_MS);
    await accepted();
    const transaction = await begin16(300);
    rig.pass(MINUTE_MS);
    const again = await send({ ...began, receivedAtMs: rig.time.nowMs });
    assert.equal(again.status, 'invalid');
    const toldOn = { transaction: { by: 'us', number: again.number ?? 0 } } as const;
    rig.pass(MINUTE_MS);
    await tell('moved', 150, toldOn);
    await tell('ended', 400, { transaction });
    assert.deepEqual(billedWh(), [100, 100, 100]);
    await rig.round();
    assert.deepEqual(stops(), [`stop st1 ${again.number}`]);
  });
});
