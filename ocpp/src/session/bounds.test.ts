import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { MessageCount, TRANSACTIONS_AN_OUTLET, UNCLOSED_AN_OUTLET } from './bounds.ts';
import { BEGIN_MS, MINUTE_MS, STATIONS } from './testing/rig.ts';
import { accepted, authorize, billedWh, mWh, messageOf, rig, send, stops, tell } from './testing/the-rig.ts';

const DAY_MS = 86_400_000;
const byStation = (id: string) => ({ by: 'station', id }) as const;

/** Transactions of a station that are told of and come to nothing. */
const insertMany = (stationId: string, count: number, state: 'waiting' | 'closed', retryAtMs?: number) => {
  const body = {
    ...{ lastAtMs: BEGIN_MS, isCharging: true, signed: [], isBooted: false },
    refusal: { code: 'refused', detail: 'no', status: 'invalid' },
  };
  return sql`insert into station_transaction
    (transaction_id, station_id, station_ref, state, body, retry_at_ms, told_at_ms)
    select ${stationId} || '-' || n, ${stationId}::text, 'many-' || n, ${state}::text, ${JSON.stringify(body)}::jsonb,
      ${retryAtMs ?? null}::bigint, ${rig.time.nowMs}::bigint
    from generate_series(1, ${count}::int) as n`.execute(rig.store.db);
};
const countOf = async (table: 'station_transaction' | 'unbilled') => {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(
    rig.store.db,
  );
  return rows[0]?.n;
};

const dueOnes = async () => {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from station_transaction
    where retry_at_ms <= ${rig.time.nowMs}`.execute(rig.store.db);
  return rows[0]?.n;
};

describe('a station that tells of ever new transactions', () => {
  beforeEach(() => rig.clear());

  const tellStrange = async (count: number) => {
    for (let at = 0; at < count; at += 1) await tell('moved', 100, { transaction: byStation(`s${at}`) });
  };

  it('is refused more than it can have, told to stop, and what flows is noted in one row', async () => {
    await tellStrange(UNCLOSED_AN_OUTLET);
    const transaction = byStation('one-more');
    const { status } = await tell('began', 100, { transaction });
    assert.equal(status, 'concurrent');
    assert.deepEqual(stops(), ['stop st1 one-more']);
    const at = (wh: number, context: 'begin' | 'end') =>
      ({ atMs: rig.time.nowMs, registerMilliWh: mWh(wh), direction: 'import', context }) as const;
    for (const id of ['one-more', 'two-more']) {
      const readings = [at(100, 'begin'), at(110, 'end')];
      const ended = messageOf('ended', undefined, { transaction: byStation(id), readings });
      await send(ended);
      await send(ended);
    }
    assert.equal(await countOf('station_transaction'), UNCLOSED_AN_OUTLET);
    assert.equal(await countOf('unbilled'), 1);
    assert.deepEqual(await rig.unbilled(), { 'too-many': mWh(20) });
    assert.deepEqual(billedWh(), []);
  });

  it('has room for a driver again once what is nobody’s was silent for ten minutes: that is given up', async () => {
    await tellStrange(UNCLOSED_AN_OUTLET);
    rig.pass(MINUTE_MS);
    await tell('moved', 150, { transaction: byStation('s3') });
    rig.pass(11 * MINUTE_MS);
    await accepted();
    assert.equal((await tell('began', 200)).status, 'accepted');
    rig.pass(MINUTE_MS);
    await tell('ended', 300);
    assert.deepEqual(billedWh(), [100]);
    assert.deepEqual(await rig.unbilled(), { 'began-missing': mWh(50) });
  });

  it('loses no session that runs for it, however many it tells of', async () => {
    await accepted();
    await tell('began', 100);
    await tellStrange(UNCLOSED_AN_OUTLET + 5);
    rig.pass(11 * MINUTE_MS);
    await tellStrange(UNCLOSED_AN_OUTLET + 5);
    await tell('ended', 300);
    assert.deepEqual(billedWh(), [200]);
  });

  it('has a bounded number in a day, and a number of none beyond', async () => {
    await insertMany('st1', TRANSACTIONS_AN_OUTLET, 'closed');
    await accepted();
    const { transaction: _none, ...began } = messageOf('began', 100);
    const refused = await send(began);
    assert.deepEqual([refused.number, refused.status], [-1, 'concurrent']);
    assert.deepEqual(await send(began), refused);
    await tell('moved', 150, { transaction: { by: 'us', number: -1 } });
    assert.deepEqual(stops(), ['stop st1 -1']);
    assert.equal(await countOf('station_transaction'), TRANSACTIONS_AN_OUTLET);
    rig.pass(DAY_MS + MINUTE_MS);
    await accepted();
    assert.equal((await tell('began', 100)).status, 'accepted');
  });

  it('takes no turn of others: one of theirs is done in the next round', async () => {
    await insertMany('pair', 3_000, 'waiting', BEGIN_MS - DAY_MS);
    await authorize();
    rig.gateway.moods.isAway = true;
    rig.pass(1_000);
    await tell('began', 0);
    rig.gateway.moods.isAway = false;
    rig.pass(2_000);
    await rig.round();
    assert.equal(rig.gateway.sessions.size, 1);
    assert.equal(await dueOnes(), 2_996, 'its share is four');
  });

  it('is gone on with itself, however often one of its own fails', async () => {
    await insertMany('pair', 100, 'waiting', BEGIN_MS - DAY_MS);
    await sql`update station_transaction set body = '{}' where station_ref = any(array['many-1', 'many-2', 'many-3', 'many-4'])`.execute(
      rig.store.db,
    );
    for (let round = 0; round < 30; round += 1) await rig.round();
    assert.equal(await dueOnes(), 0);
  });

  it('has so many messages in a day that are known again', () => {
    const [setup] = STATIONS;
    assert.ok(setup !== undefined);
    const station = { setup } as Parameters<MessageCount['add']>[0];
    const count = new MessageCount();
    const addMany = (wallMs: number) =>
      Array.from({ length: 10_001 }, () => count.add(station, wallMs)).filter((known) => known).length;
    assert.equal(addMany(BEGIN_MS), 10_000);
    assert.equal(addMany(BEGIN_MS + DAY_MS), 10_000);
  });
});
