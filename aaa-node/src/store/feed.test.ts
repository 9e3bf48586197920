import assert from 'node:assert/strict';
import { openStore, type Store } from '@roamgrid/service-kit';
import type { KyselyPlugin } from 'kysely';
import { freshDatabase } from '../testing/database.ts';
import type { Db } from './database.ts';
import { cursorOf, keepCursor, readFeed } from './feed.ts';
import { aaaMigrations } from './migrations.ts';
import type { AaaDatabase } from './schema.ts';

describe('a feed of the gateway', function () {
  this.timeout(60_000);
  let store: Store<AaaDatabase>;
  let asked = 0;
  let db: Db;
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => {
      asked += 1;
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  before(async () => {
    const { stateDir, name: database } = await freshDatabase();
    store = await openStore({ stateDir, database, schema: 'aaa', migrations: aaaMigrations });
    db = store.db.withPlugin(counting);
  });
  after(() => store.close());

  /** What the gateway tells, by place: a cursor is how many were read. */
  const told: string[] = [];
  const taken: string[] = [];
  const read = (onTake: () => void = () => undefined) =>
    readFeed({
      ...{ db, feed: 'records', pageSize: 2 },
      page: (cursor) => {
        const items = told.slice(Number(cursor), Number(cursor) + 2);
        return Promise.resolve({
          items,
          cursor: items.length === 0 ? cursor : String(Number(cursor) + items.length),
        });
      },
      take: (_trx, items) => {
        taken.push(...items);
        onTake();
        return Promise.resolve();
      },
    });

  it('is taken in order, page by page, and asks the store nothing more while nothing new comes', async () => {
    told.push('a', 'b', 'c');
    await read();
    await read();
    assert.deepEqual(taken, ['a', 'b', 'c']);
    asked = 0;
    await read();
    await read();
    assert.equal(asked, 0);
    told.push('d');
    await read();
    assert.deepEqual(taken, ['a', 'b', 'c', 'd']);
    assert.equal(await cursorOf(db, 'records'), '4');
  });

  it('goes on from where the store says, whoever read on meanwhile', async () => {
    await read();
    told.push('e', 'f');
    await keepCursor(store.db, 'records', '5');
    await read();
    assert.deepEqual(taken.splice(0), ['a', 'b', 'c', 'd', 'f']);
  });

  it('takes again what was taken by a transaction that failed', async () => {
    told.push('g');
    const fail = () => {
      throw new Error('no');
    };
    await assert.rejects(read(fail), /no/);
    assert.equal(await cursorOf(db, 'records'), '6');
    await read();
    assert.deepEqual(taken, ['g', 'g']);
    assert.equal(await cursorOf(db, 'records'), '7');
  });
});
