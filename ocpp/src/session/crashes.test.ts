import assert from 'node:assert/strict';
import { MINUTE_MS } from './testing/rig.ts';
import { mWh, authorize, tell, stops, rig } from './testing/the-rig.ts';

describe('a transaction of a station, when something fails', () => {
  beforeEach(() => rig.clear());

  describe('while the gateway is away', () => {
    it('is not offered', async () => {
      rig.gateway.moods.isAway = true;
      assert.equal((await authorize()).status, 'try-later');
      assert.equal((await tell('began', 0)).status, 'try-later');
      await rig.round();
      assert.deepEqual(rig.told, ['stop st1 tx1']);
      rig.pass(MINUTE_MS);
      await tell('ended', 100);
      assert.deepEqual(await rig.unbilled(), { 'gateway-away': mWh(100) });
    });

    it('begins when that is back before the offer runs out', async () => {
      await authorize();
      rig.gateway.moods.isAway = true;
      rig.pass(1_000);
      assert.equal((await tell('began', 0)).status, 'accepted');
      rig.pass(MINUTE_MS);
      await tell('moved', 100);
      rig.gateway.moods.isAway = false;
      rig.pass(MINUTE_MS);
      await rig.round();
      await tell('ended', 200);
      assert.deepEqual(rig.billed(), [{ milliWh: mWh(200), reason: 'driver' }]);
    });

    it('is stopped when the offer runs out, and the session that may have begun is ended without energy', async () => {
      await authorize();
      rig.gateway.moods.losesAnswers = /sessions$/;
      rig.pass(1_000);
      await tell('began', 0);
      rig.pass(6 * MINUTE_MS);
      await rig.round();
      await rig.round();
      assert.deepEqual(rig.told, ['stop st1 tx1']);
      delete rig.gateway.moods.losesAnswers;
      await tell('ended', 500);
      assert.deepEqual(rig.billed(), [{ milliWh: 0n, reason: 'fault' }]);
      assert.deepEqual(await rig.unbilled(), { 'gateway-away': mWh(500) });
    });

    it('a session that never reached it is nobody’s', async () => {
      await authorize();
      rig.gateway.moods.isAway = true;
      rig.pass(1_000);
      await tell('began', 0);
      rig.pass(6 * MINUTE_MS);
      await rig.round();
      rig.gateway.moods.isAway = false;
      await tell('ended', 500);
      assert.equal(rig.gateway.sessions.size, 0);
      assert.deepEqual(await rig.unbilled(), { 'gateway-away': mWh(500) });
    });

    it('goes on inside what was agreed, and tells what it gave when that is back', async () => {
      await authorize();
      await tell('began', 0);
      for (const [wh, isAway] of [
        [100, true],
        [200, true],
        [300, false],
      ] as const) {
        rig.gateway.moods.isAway = isAway;
        rig.pass(MINUTE_MS);
        await tell('moved', wh);
      }
      const reports = rig.gateway.received.filter(({ path }) => path.endsWith('/reports'));
      assert.deepEqual(
        reports.map(({ body }) => body['sequence']),
        [1, 2, 3],
      );
      assert.equal((reports.at(-1)?.body['readings'] as unknown[]).length, 3);
      assert.deepEqual(stops(), []);
      rig.pass(MINUTE_MS);
      await tell('ended', 400);
      assert.deepEqual(rig.billed(), [{ milliWh: mWh(400), reason: 'driver' }]);
    });

    it('ends are told until they are taken, in their order', async () => {
      await authorize();
      await tell('began', 0);
      rig.pass(MINUTE_MS);
      rig.gateway.moods.isAway = true;
      const { totalCostMicros } = await tell('ended', 100);
      assert.equal(totalCostMicros, undefined);
      rig.gateway.moods.isAway = false;
      rig.pass(10 * MINUTE_MS);
      await authorize();
      const transaction = { by: 'station', id: 'tx2' } as const;
      await tell('began', 100, { transaction });
      rig.gateway.moods.refusesStops = 'LEDGER_UNAVAILABLE';
      rig.pass(MINUTE_MS);
      await tell('ended', 200, { transaction });
      delete rig.gateway.moods.refusesStops;
      rig.pass(10 * MINUTE_MS);
      await rig.round();
      assert.deepEqual(
        rig.billed().map(({ milliWh }) => milliWh),
        [mWh(100), mWh(100)],
      );
      const taken = await rig.store.db
        .selectFrom('session_end')
        .select('state')
        .orderBy('position')
        .execute();
      assert.deepEqual(taken, [{ state: 'taken' }, { state: 'taken' }]);
    });

    it('an end that the gateway gave up is lost, and said so', async () => {
      await authorize();
      await tell('began', 0);
      rig.pass(MINUTE_MS);
      rig.gateway.moods.refusesStops = 'SESSION_ENDED';
      await tell('ended', 100);
      assert.deepEqual(await rig.unbilled(), { 'end-refused': mWh(100) });
    });
  });

  it('goes on at the next start with what a kept message left undone', async () => {
    await authorize();
    rig.pass(1_000);
    rig.gateway.moods.garbles = /sessions$/;
    await assert.rejects(tell('began', 0));
    delete rig.gateway.moods.garbles;
    await rig.restart();
    const row = await rig.store.db.selectFrom('station_transaction').select('state').executeTakeFirst();
    assert.equal(row?.state, 'open');
  });

  it('goes on after a crash at any instant: each step is the same when it is done again', async () => {
    // What is lost is the answer to each kind of request in turn; after each message nothing is left but the database.
    for (const losesAnswers of [/swipes/, /sessions$/, /reports$/, /stop$/]) {
      await rig.clear();
      const step = async (work: () => Promise<unknown>) => {
        rig.gateway.moods.losesAnswers = losesAnswers;
        await work();
        await rig.restart();
        delete rig.gateway.moods.losesAnswers;
        await rig.restart();
        rig.pass(5_000);
        await rig.round();
      };
      await step(authorize);
      await authorize();
      rig.pass(1_000);
      await step(() => tell('began', 0));
      rig.pass(MINUTE_MS);
      await step(() => tell('moved', 100));
      rig.pass(MINUTE_MS);
      await step(() => tell('ended', 200));
      assert.deepEqual(rig.billed(), [{ milliWh: mWh(200), reason: 'driver' }], `${losesAnswers}`);
    }
  });

  it('leaves no token in the database or in a log, and none to decrypt when it is over', async () => {
    await authorize();
    await tell('began', 0);
    const dump = async () =>
      JSON.stringify(
        await Promise.all(
          (['offer', 'station_transaction', 'message'] as const).map((table) =>
            rig.store.db.selectFrom(table).selectAll().execute(),
          ),
        ),
        (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
      );
    const kept = await dump();
    await tell('ended', 100);
    const { token_cipher } = await rig.store.db
      .selectFrom('station_transaction')
      .select('token_cipher')
      .executeTakeFirstOrThrow();
    assert.equal(token_cipher, null);
    for (const text of [kept, await dump(), rig.logged.join('')])
      assert.doesNotMatch(text, /USALP000123456780/);
  });
});
