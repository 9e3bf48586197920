import assert from 'node:assert/strict';
import type { Store } from '@roamgrid/service-kit';
import { sql } from 'kysely';
import { pruneStore } from './prune.ts';
import { ownStore } from '../testing/own-store.ts';
import type { ControllerDb } from './tables.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 30);
/** More than one statement takes away. */
const MANY = 12_000;

describe('what a controller keeps', function () {
  this.timeout(30_000);
  let store: Store<ControllerDb>;
  let remove: () => Promise<void>;
  before(async () => {
    ({ store, remove } = await ownStore());
  });
  after(() => remove());

  const count = async (): Promise<readonly number[]> => {
    const { db } = store;
    const tables = ['decision', 'sample', 'site_request', 'site_event'] as const;
    return Promise.all(
      tables.map(async (table) => (await db.selectFrom(table).select('site_id').execute()).length),
    );
  };

  it('goes when nobody asks for it any more, however much it is, and what is in force stays', async () => {
    const { db } = store;
    await sql`insert into decision (site_id, at_ms, body) select 's1', ${NOW}::bigint, '{}' from generate_series(1, ${MANY})`.execute(
      db,
    );
    await sql`insert into sample (site_id, at_ms, device, kind, measured_w, energy_milli_wh)
      select 's1', ${NOW}::bigint + at, 'a', 'load', 1, 1 from generate_series(1, ${MANY}) as at`.execute(db);
    await sql`insert into site_event (site_id, at_ms, kind, detail) values ('s1', ${NOW}, 'start', '')`.execute(
      db,
    );
    for (const state of ['kept', 'offered', 'denied', 'expired'])
      await sql`insert into site_request (site_id, request_id, request_hash, operator, state, asked_at_ms, load_id, claim, answer)
        values ('s1', ${state}, '', 'operator', ${state}, ${NOW}, 'a', '{}', '{}')`.execute(db);
    await pruneStore(db, NOW + 35 * DAY_MS);
    assert.deepEqual(await count(), [MANY, MANY, 4, 1]);
    await pruneStore(db, NOW + 35 * DAY_MS + 1);
    assert.deepEqual(await count(), [0, MANY, 2, 1]);
    await pruneStore(db, NOW + 401 * DAY_MS);
    assert.deepEqual(await count(), [0, 0, 2, 0]);
  });
});
