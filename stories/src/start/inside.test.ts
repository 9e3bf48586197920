import assert from 'node:assert/strict';
import { openStore } from '@roamgrid/service-kit';
import { SERVICE_NAMES } from '@roamgrid/utility';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

/** What `npm start` brings up, seen by whoever got into one part of it or sits at the same machine. */
describe('within a started consortium', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async function () {
    stage = await theStage(this);
  });

  it('every service of every utility is at the database as a role of its own, and none as a superuser', async () => {
    const { system } = stage.run;
    const store = await openStore({
      stateDir: system.stateDir,
      database: 'roamgrid_usduk',
      schema: 'onlooker',
      migrations: [],
    });
    try {
      const { rows } = await store.pool.query<{ database: string; role: string; isSuperuser: boolean }>(
        `select distinct datname as database, rolname as role, rolsuper as "isSuperuser"
         from pg_stat_activity join pg_roles r on r.oid = usesysid
         where datname is not null and pid <> pg_backend_pid() order by role`,
      );
      const expected = ['usalp', 'usduk', 'usgpc'].flatMap((utility) =>
        [...SERVICE_NAMES, ...(utility === 'usduk' ? ['ocpp'] : [])].map((service) => ({
          database: `roamgrid_${utility}`,
          role: `roamgrid_${utility}_${service}`,
          isSuperuser: false,
        })),
      );
      assert.deepEqual(
        rows.filter(({ role }) => role !== 'roamgrid_usduk_onlooker'),
        expected.sort((a, b) => (a.role < b.role ? -1 : 1)),
      );
    } finally {
      await store.close();
    }
  });
});
