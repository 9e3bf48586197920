import assert from 'node:assert/strict';
import { cdrText, sessionText, tariffText } from '../objects/examples.fixture.ts';
import { startPlatform, type Platform } from '../simulator/platform.ts';
import { own } from '../testing/duke.ts';
import { until } from '../testing/until.ts';
import { bringIn, makeTown, type DoorUnderTest, type Town } from '../testing/world.ts';

describe('pushes to several partners', () => {
  let town: Town;
  let duke: DoorUnderTest;
  let slow: Platform;
  let quick: Platform;
  let letGo = (): void => undefined;

  const show = async (id: string): Promise<void> => {
    const text = own(tariffText()).replace('"T-1"', `"${id}"`);
    const shown = await duke.operate('PUT', '/operator/v1/own/tariffs', { text });
    assert.equal(shown.status, 200, JSON.stringify(shown.body));
  };
  const isTold = (id: string) =>
    until(`${id} is told`, () => quick.heard.find(({ path }) => path.endsWith(`/${id}`)));

  before(async () => {
    town = await makeTown();
    [slow, quick] = await Promise.all([
      startPlatform('2.2.1', ['tariffs RECEIVER']),
      startPlatform('2.2.1', ['tariffs RECEIVER']),
    ]);
    const times = { outbox: 20, firstRetry: 20, longestRetry: 600_000, call: 60_000 };
    duke = await town.open('USDUK', { times });
    await bringIn(duke, slow, 'slow', 'NLSLO', 'EMSP');
    await bringIn(duke, quick, 'quick', 'NLQUI', 'EMSP');
  });
  after(async () => {
    letGo();
    slow.close();
    quick.close();
    await town.close();
  });

  it('wait for none that does not answer, however much waits for it', async () => {
    const held = new Promise<undefined>((resolve) => {
      letGo = () => {
        resolve(undefined);
      };
    });
    slow.say(() => held);
    await show('T-1');
    await until('the slow one is asked', () => slow.heard.find(({ method }) => method === 'PUT'));
    await isTold('T-1');
    const { db } = await duke.store();
    const [row] = await db.selectFrom('outbox').selectAll().where('partner_id', '=', 'slow').execute();
    assert.ok(row);
    const { seq: _seq, ...waiting } = row;
    await db
      .insertInto('outbox')
      .values(Array.from({ length: 150 }, (_, n) => ({ ...waiting, object_key: `W-${n}` })))
      .execute();
    await show('T-2');
    await isTold('T-2');
  });

  it('are put off all together while a partner is away', async () => {
    slow.say(() => ({ status: 503, headers: { 'retry-after': '3000' } }));
    letGo();
    const { db } = await duke.store();
    const soonest = async () =>
      (
        await db
          .selectFrom('outbox')
          .select(({ fn }) => fn.min('next_at_ms').as('at'))
          .where('partner_id', '=', 'slow')
          .executeTakeFirstOrThrow()
      ).at;
    await until('all wait', async () => ((await soonest()) > Date.now() + 1_000_000 ? true : undefined));
    const asked = slow.heard.filter(({ method }) => method === 'PUT').length;
    assert.ok(asked <= 3, `${asked} asked`);
  });

  it('wait for a partner that does not know our token until tokens are right again', async () => {
    const asked = () => quick.heard.filter(({ path }) => path.endsWith('/T-4')).length;
    quick.say(({ method }) => (method === 'PUT' ? { status: 401, statusCode: 2000 } : undefined));
    await show('T-4');
    await until('it is tried again', () => asked() > 1);
    assert.deepEqual((await duke.operate('GET', '/operator/v1/refused-pushes')).body.items, []);
    quick.say(() => undefined);
    const { db } = await duke.store();
    const waiting = db.selectFrom('outbox').select('seq').where('partner_id', '=', 'quick');
    await until('it is told', async () => (await waiting.execute()).length === 0);
  });

  it('name the party whose customer charged, of a platform that has several', async () => {
    const several = await startPlatform('2.2.1', [
      ...['tariffs RECEIVER', 'cdrs RECEIVER', 'commands RECEIVER'],
    ]);
    try {
      const parties = ['NLONE', 'NLTWO', 'NLSEE', 'NLOPS'];
      await duke.operate('POST', '/operator/v1/partners', { partnerId: 'several', name: 'several', parties });
      const invited = await duke.operate('POST', '/operator/v1/partners/several/invitation');
      const { roles: [cpo] = [], ...credentials } = several.credentials('NL', 'ONE', 'CPO') as {
        roles?: readonly object[];
      };
      const roles = [
        cpo,
        { ...cpo, role: 'EMSP', party_id: 'TWO' },
        { ...cpo, role: 'EMSP', party_id: 'SEE' },
        { ...cpo, party_id: 'OPS' },
      ];
      const registered = await several.ask(
        `${duke.door.url}/ocpi/2.2.1/credentials`,
        invited.body['token'] ?? '',
        {
          method: 'POST',
          body: { ...credentials, roles },
        },
      );
      const text = own(cdrText('C-40', '{ "excl_vat": 3.90 }').replace('"MSP"', '"SEE"')).replace(
        '"country_code": "US", "party_id": "SEE"',
        '"country_code": "NL", "party_id": "SEE"',
      );
      const shown = await duke.operate('PUT', '/operator/v1/own/cdrs', { text, partnerId: 'several' });
      assert.equal(shown.status, 200, JSON.stringify(shown.body));
      await show('T-3');
      const toOf = (method: string) =>
        until(
          `${method} comes`,
          () => several.heard.find((one) => one.method === method)?.headers['ocpi-to-party-id'],
        );
      assert.equal(await toOf('POST'), 'SEE');
      assert.equal(await toOf('PUT'), 'TWO', 'a tariff goes to a provider of cards');
      const command = { kind: 'STOP_SESSION', text: '{"session_id":"S-1"}' };
      const commanded = async () => {
        several.heard.length = 0;
        await duke.operate('POST', '/operator/v1/partners/several/commands', command);
        return toOf('POST');
      };
      assert.equal(await commanded(), 'ONE', 'it has stations');
      const session = sessionText.replace('S-9', 'S-1').replace('"DE"', '"NL"').replace('"RHK"', '"OPS"');
      const { token } = registered.json.data as { token: string };
      const at = `${duke.door.url}/ocpi/2.2.1/receiver/sessions/NL/OPS/S-1`;
      const kept = await several.ask(at, token, { method: 'PUT', text: session });
      assert.equal(kept.status, 201, kept.text);
      assert.equal(await commanded(), 'OPS', 'it is its session');
    } finally {
      several.close();
    }
  });
});
