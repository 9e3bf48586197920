import assert from 'node:assert/strict';
import { until } from '../../testing/until.ts';
import { openStations } from './testing/rig.ts';

const GONE = 'US*DUK*EGONE*1';

describe('an outlet that left the configuration', () => {
  let rig: Awaited<ReturnType<typeof openStations>>;
  before(async () => {
    rig = await openStations();
  });
  after(() => rig.close());

  it('keeps no other from its end: neither its silent session nor an end that cannot be told', async () => {
    const [silent, ended, other] = [rig.fresh(), rig.fresh(), rig.fresh()];
    for (const which of [silent, ended, other]) {
      await rig.authorise(which.location);
      await rig.tellSession(which, '1.0');
      await rig.session(which, 'a start', ({ state }) => state === 'open');
    }
    rig.gateway.moods.isAway = true;
    await rig.tellCdr(rig.cdrOf(ended, '1.0', '0.30'));
    await rig.session(ended, 'its end', ({ state }) => state === 'closed');
    const { db } = rig.store;
    const leave = (table: 'partner_session' | 'partner_end', { id }: typeof silent) =>
      db.updateTable(table).set({ evse_id: GONE }).where('session_key', '=', id).execute();
    await leave('partner_session', silent);
    await leave('partner_end', ended);
    rig.gateway.moods.isAway = false;
    rig.pass(7 * 3_600_000);
    await until('the end of the other', () => rig.atOutlet(other)[0]?.stop);
    const kept = await db
      .selectFrom('partner_session')
      .selectAll()
      .where('session_key', '=', silent.id)
      .execute();
    assert.deepEqual(
      kept.map(({ state }) => state),
      ['open'],
    );
    const told = await until('a later time', async () => {
      const row = await db
        .selectFrom('partner_end')
        .selectAll()
        .where('session_key', '=', ended.id)
        .executeTakeFirst();
      return row?.refusal === null ? undefined : row;
    });
    assert.match(told.refusal ?? '', /^OUTLET_UNKNOWN/);
    assert.ok(told.attempts > 0 && told.state === 'due');
  });
});
