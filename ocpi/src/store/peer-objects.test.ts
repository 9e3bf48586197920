import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Store } from '@roamgrid/service-kit';
import { cdrText } from '../objects/examples.fixture.ts';
import { storedTree } from '../objects/modules.ts';
import { startPlatform, type Platform } from '../simulator/platform.ts';
import { until } from '../testing/until.ts';
import { bringIn, makeTown, type Town } from '../testing/world.ts';
import { findPeer, keepPeer, type PeerPlace } from './peer-objects.ts';
import type { OcpiDatabase } from './schema.ts';

describe('objects of partners in the store', () => {
  let town: Town;
  let platform: Platform;
  let db: Store<OcpiDatabase>['db'];
  const place: PeerPlace = { partnerId: 'rhk', module: 'cdrs', country: 'DE', party: 'RHK', key: 'C-50' };
  const of = (total: string) => ({
    tree: storedTree(cdrText('C-50', `{ "excl_vat": ${total} }`)),
    updatedAtMs: 1,
  });

  before(async () => {
    town = await makeTown();
    platform = await startPlatform();
    const duke = await town.open('USDUK', { times: { outbox: 600_000 } });
    await bringIn(duke, platform, 'rhk', 'DERHK', 'CPO', 'EMSP');
    ({ db } = await duke.store());
  });
  after(async () => {
    platform.close();
    await town.close();
  });

  it('are kept once where two of one id come at the same time: the second CDR is another’s', async () => {
    let second: Promise<unknown> = Promise.resolve();
    const first = await db.transaction().execute(async (trx) => {
      const kept = await keepPeer(trx, place, of('3.90'), 1);
      second = db.transaction().execute((other) => keepPeer(other, place, of('9.90'), 1));
      await until('the second waits for the first', async () => {
        const { rows } = await sql`select 1 from pg_locks where not granted`.execute(trx);
        return rows.length > 0 ? true : undefined;
      });
      return kept;
    });
    assert.deepEqual([first, await second], ['created', 'conflict']);
    assert.deepEqual((await findPeer(db, place))?.tree, of('3.90').tree);
  });
});
