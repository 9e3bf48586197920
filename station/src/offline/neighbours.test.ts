import assert from 'node:assert/strict';
import {
  openRecord,
  signCapCalendar,
  signReceipt,
  signUnavailableList,
  type CarriedRecord,
  type ChargeToken,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { certified, HOME, NOW_S, VISITED } from '@roamgrid/offline/testing';
import { Row } from './row.fixture.ts';

const START = { kind: 'start', energyWh: 1_000n } as const;
const STOP = { kind: 'stop' } as const;
const COLLECT = { kind: 'collect' } as const;

describe('chargers of one local network', function () {
  this.timeout(30_000);
  let row: Row;
  const open = async (count: number, capacity?: number): Promise<Row> =>
    (row = await Row.open(count, capacity));
  afterEach(() => row.close());

  /** What a phone takes along from one of them, whose and which number, in order. */
  const collected = async (at: number, whose: 'own' | 'all' = 'all'): Promise<readonly string[]> => {
    const records: CarriedRecord[] = [];
    await row.meet(at, await row.phone(), COLLECT, (contact) =>
      contact.take((record) => {
        records.push(record);
        return Promise.resolve();
      }, whose),
    );
    const named = records.map(async ({ evseId = row.one(at).evseId, number, bytes }) => {
      const record = await openRecord(NODE_SUITE, row.reader, { evseId, number, bytes });
      assert.deepEqual([record?.evseId, record?.number], [evseId, number]);
      return `${evseId.slice(-1)}/${number}`;
    });
    return (await Promise.all(named)).sort();
  };
  const gives = (at: number, kind: 'receipt' | 'unavailable' | 'caps', word: Uint8Array) =>
    row.phone().then((phone) => row.meet(at, phone, COLLECT, (contact) => contact.give(kind, word)));
  const untilCarries = (at: number, expected: readonly string[]) =>
    row.until(
      `${at} carries ${expected.join()}`,
      async () => (await collected(at)).join() === expected.join(),
    );
  const receipt = (at: number, numbers: readonly number[]) =>
    signReceipt({ evseId: row.one(at).evseId, numbers }, VISITED.signer);
  const all = ['1/1', '2/1', '3/1', '4/1', '5/1'];

  it('one contact takes the records of five, one takes the receipts to all, and a record is kept until its own came', async () => {
    await open(5);
    for (const at of row.all.keys()) await row.session(at, await row.phone(), 500n);
    await untilCarries(2, all);
    // A phone that knows of no neighbours is handed the charger's own.
    assert.deepEqual(await collected(2, 'own'), ['3/1']);
    // They travelled, and are where they were.
    for (const at of row.all.keys()) assert.ok((await collected(at)).includes(`${at + 1}/1`));
    for (const at of [0, 1, 3]) assert.ok((await gives(2, 'receipt', await receipt(at, [1]))).ok);
    await untilCarries(2, ['3/1', '5/1']);
    for (const at of [0, 1, 3, 4]) await untilCarries(at, ['3/1', '5/1']);
    // Nobody else's word releases anything.
    const forged = await signReceipt({ evseId: row.one(4).evseId, numbers: [1] }, row.one(0).keys.signer);
    assert.ok(!(await gives(2, 'receipt', forged)).ok);
    await untilCarries(4, ['3/1', '5/1']);
  });

  it('the list of chargers at which nobody may start reaches the fifth, and an earlier one changes nothing', async () => {
    await open(5);
    const chargers = row.all.map(({ evseId }) => evseId);
    const list = (version: number, whom: readonly number[]) =>
      signUnavailableList(
        {
          ...{ version, chargers },
          unavailable: whom.map((at) => ({
            ...{ evseId: row.one(at).evseId, fromS: NOW_S - 60, untilS: NOW_S + 3_600 },
          })),
        },
        VISITED.signer,
      );
    // A calendar of caps goes the same way.
    const caps = { version: 5, chargers, fromS: NOW_S, wattsPerAmp: 240, amps: [15] };
    assert.ok((await gives(0, 'caps', await signCapCalendar(caps, VISITED.signer))).ok);
    assert.ok((await gives(0, 'unavailable', await list(8, [4]))).ok);
    const refuses = async (at: number): Promise<boolean> =>
      (await row.asks(at, await row.phone(), START)) === 'WITHDRAWN';
    await row.until('the fifth has heard', () => refuses(4));
    const held = await row.meet(4, await row.phone(), COLLECT, (contact) => contact.standing());
    assert.deepEqual([held.get('caps'), held.get('unavailable')], [5, 8]);
    assert.equal(await row.asks(0, await row.phone(), START), 'ok');
    const older = await gives(3, 'unavailable', await list(7, [3]));
    assert.deepEqual(older.ok ? 'ok' : older.error.code, 'PLACE_WORD_OLDER');
    const away = { version: 12, chargers: ['US*DUK*EAWAY*1'], unavailable: [] };
    const another = await gives(0, 'unavailable', await signUnavailableList(away, VISITED.signer));
    assert.deepEqual(another.ok ? 'ok' : another.error.code, 'WORD_FOR_OTHER_CHARGER');
    // It outlives a cut of power, and a later one takes its place.
    await row.cut(4);
    await row.start(4);
    assert.ok(await refuses(4));
    assert.ok((await gives(1, 'unavailable', await list(9, [2]))).ok);
    await row.until('the third has heard', () => refuses(2));
    await row.until('the fifth is there again', async () => !(await refuses(4)));
  });

  it('who was apart, or without power in the middle, catches up; nothing is there twice', async () => {
    await open(3);
    row.part(2);
    for (const at of row.all.keys()) await row.session(at, await row.phone(), 500n);
    await untilCarries(0, ['1/1', '2/1']);
    assert.deepEqual(await collected(2), ['3/1']);
    row.apart.clear();
    for (const at of row.all.keys()) await untilCarries(at, ['1/1', '2/1', '3/1']);
    // The first dies: its record is with the others, and with itself when power is back.
    await row.session(0, await row.phone(), 300n);
    await untilCarries(1, ['1/1', '1/2', '2/1', '3/1']);
    await row.cut(0);
    await row.session(1, await row.phone(), 300n);
    await untilCarries(2, ['1/1', '1/2', '2/1', '2/2', '3/1']);
    await row.start(0);
    await untilCarries(0, ['1/1', '1/2', '2/1', '2/2', '3/1']);
  });

  it('copies never take the room of others: what finds none stays at its charger', async () => {
    await open(2, 2);
    for (let sessions = 0; sessions < 3; sessions += 1) await row.session(0, await row.phone(), 100n);
    await untilCarries(1, ['1/1', '1/2']);
    assert.deepEqual(await collected(0), ['1/1', '1/2', '1/3']);
    assert.ok((await gives(1, 'receipt', await receipt(0, [1]))).ok);
    await untilCarries(1, ['1/2', '1/3']);
    assert.deepEqual(await collected(0), ['1/2', '1/3']);
  });

  it('a token of the place that was used is used at the neighbours too, while they hear one another', async () => {
    await open(3);
    const [once, twice] = [await row.phone(), await row.phone(limitedTo(2))];
    await row.session(0, once, 500n);
    for (const at of [0, 1, 2]) assert.equal(await row.asks(at, once, START), 'TOKEN_SPENT');
    // One that runs counts with all that it may take.
    assert.equal(await row.asks(0, twice, { kind: 'start', energyWh: 6_000n }), 'ok');
    assert.equal(await row.asks(1, twice, { kind: 'start', energyWh: 4_001n }), 'TOKEN_OVER_ENERGY');
    assert.equal(await row.asks(1, twice, { kind: 'start', energyWh: 4_000n }), 'ok');
    assert.equal(await row.asks(2, twice, START), 'TOKEN_SPENT');
    assert.equal(await row.asks(0, twice, STOP), 'ok');
    assert.equal(await row.asks(1, twice, STOP), 'ok');
    // It heard that a neighbour was about to start, and hears no more what came of it.
    const [heard, unheard] = [await row.phone(), await row.phone()];
    await row.session(0, heard, 500n);
    row.part(2);
    assert.equal(await row.asks(2, heard, START), 'TOKEN_AT_NEIGHBOUR');
    // Who never heard does not count: each further session is left to the ledger's sums.
    await row.session(0, unheard, 500n);
    assert.equal(await row.asks(2, unheard, START), 'ok');
  });

  it('two phones with one token at two chargers at the same moment: one starts at most', async () => {
    await open(3);
    for (let tries = 0; tries < 5; tries += 1) {
      const phone = await row.phone();
      const said = await Promise.all([0, 1, 2].map((at) => row.asks(at, phone, START)));
      assert.ok(said.filter((one) => one === 'ok').length <= 1, said.join());
      for (const at of [0, 1, 2]) if (said[at] === 'ok') await row.asks(at, phone, STOP);
    }
    // One after the other nobody is in the way.
    assert.equal(await row.asks(1, await row.phone(), START), 'ok');
  });

  it('whoever has no certificate of its utility for its own key is told nothing, and tells nothing', async () => {
    await open(3);
    await row.session(0, await row.phone(), 500n);
    await untilCarries(1, ['1/1']);
    await untilCarries(2, ['1/1']);
    await row.cut(1);
    // It shows the third's certificate, and does not hold its key.
    const { evseId, keys } = row.one(2);
    await row.start(1, undefined, await certified({ evseId, key: keys.key }));
    assert.deepEqual(await row.charger(1).tellNeighbours(), []);
    await row.cut(1);
    const own = { evseId: row.one(1).evseId, key: row.one(1).keys.key };
    // Its utility vouches for it, at an outlet that nobody here knows.
    await row.start(1, undefined, await certified({ ...own, evseId: 'US*DUK*EAWAY*1' }));
    assert.deepEqual(await row.charger(1).tellNeighbours(), []);
    await row.cut(1);
    // Another member vouches for it: phones believe that, its neighbours do not.
    await row.start(1, undefined, await certified({ ...own, operator: 'USALP' }, HOME));
    await row.session(1, await row.phone(), 500n);
    await row.session(0, await row.phone(), 500n);
    await untilCarries(2, ['1/1', '1/2']);
    assert.deepEqual(await row.charger(1).tellNeighbours(), []);
    assert.deepEqual(await collected(1), ['1/1', '2/1']);
    assert.deepEqual(await collected(0), ['1/1', '1/2']);
    // With its own it is one of them again.
    await row.cut(1);
    await row.start(1);
    for (const at of row.all.keys()) await untilCarries(at, ['1/1', '1/2', '2/1']);
  });
});

const limitedTo = (sessions: number): Partial<ChargeToken> => ({
  limits: { energyWh: 10_000n, costMicros: 99_000_000n, sessions },
});
