import assert from 'node:assert/strict';
import { cdrText, sessionText, tariffText } from '../objects/examples.fixture.ts';
import { startDuke, own, type DukeAndPartners } from '../testing/duke.ts';
import { until } from '../testing/until.ts';

const cdr = own(cdrText('C-30', '{ "excl_vat": 3.90, "incl_vat": 4.641 }'));

describe('sessions and CDRs of our own', () => {
  let world: DukeAndPartners;
  before(async () => {
    world = await startDuke();
  });
  after(() => world.close());

  it('are for the partner whose customer charged, and shown to nobody without naming it', async () => {
    const { operate } = world.duke;
    for (const [module, text] of [
      ['cdrs', cdr],
      ['sessions', own(sessionText)],
    ] as const) {
      const path = `/operator/v1/own/${module}`;
      assert.equal((await operate('PUT', path, { text })).status, 422);
      assert.equal((await operate('PUT', path, { text, partnerId: 'nobody' })).status, 404);
      assert.equal((await operate('PUT', path, { text, partnerId: 'newer' })).status, 200);
      const seen = async (who: 'rhk' | 'newer') =>
        ((await world.as(who, `sender/${module}`)).json.data as unknown[]).length;
      assert.deepEqual([await seen('rhk'), await seen('newer')], [0, 1]);
    }
  });

  it('wait for a partner that left, are listed, and told when it has registered again', async () => {
    const { duke, platforms, tokens } = world;
    const { rhk } = platforms;
    const of = (id: string): string => cdr.replace('"C-30"', `"${id}"`);
    const posted = () =>
      rhk.heard.filter(({ path }) => path === '/receiver/cdrs').map(({ body }) => /"C-3\d"/.exec(body)?.[0]);
    rhk.say(({ path }) => (path.startsWith('/receiver/') ? { status: 503 } : undefined));
    await world.show('cdrs', of('C-31'), 'rhk');
    await world.show('tariffs', own(tariffText()));
    const credentials = `${duke.door.url}/ocpi/2.2.1/credentials`;
    assert.equal((await rhk.ask(credentials, tokens.rhk, { method: 'DELETE' })).status, 200);
    rhk.say(() => undefined);
    await world.show('cdrs', of('C-32'), 'rhk');
    const listed = async () => (await duke.operate('GET', '/operator/v1/waiting-cdrs')).body.items;
    assert.deepEqual(
      (await listed()).map(({ partnerId, state, key }) => [partnerId, state, key]),
      [
        ['rhk', 'left', 'C-31'],
        ['rhk', 'left', 'C-32'],
      ],
    );
    rhk.heard.length = 0;
    const invited = await duke.operate('POST', '/operator/v1/partners/rhk/invitation');
    const body = rhk.credentials('DE', 'RHK', 'CPO', 'EMSP');
    await rhk.ask(credentials, invited.body['token'] ?? '', { method: 'POST', body });
    await until('both are told', () => (posted().length === 2 ? true : undefined));
    assert.deepEqual(posted().sort(), ['"C-31"', '"C-32"']);
    assert.ok(!rhk.heard.some(({ path }) => path.includes('tariffs')), 'the rest it lists itself');
    assert.deepEqual(await listed(), []);
  });

  it('are told once: another CDR under its id is refused, and one that is refused holds what takes it back', async () => {
    const { duke, platforms } = world;
    const { rhk } = platforms;
    const of = (id: string, more = '', total = '{ "excl_vat": 3.90, "incl_vat": 4.641 }'): string =>
      own(cdrText(id, total, more)).replace('"S-9"', '"S-40"');
    const credit = of(
      'C-40-C',
      '"credit": true, "credit_reference_id": "C-40", ',
      '{ "excl_vat": -3.90, "incl_vat": -4.641 }',
    );
    const tried = (): readonly string[] =>
      rhk.heard
        .filter(({ path }) => path === '/receiver/cdrs')
        .map(({ body }) => (JSON.parse(body) as { id: string }).id);
    rhk.heard.length = 0;
    rhk.say(({ body }) =>
      body.includes('"C-40"') && !body.includes('-C"') ? { statusCode: 2001 } : undefined,
    );
    await world.show('cdrs', of('C-40'), 'rhk');
    await world.show('cdrs', of('C-40'), 'rhk');
    const other = of('c-40').replace('3.90', '3.91');
    const path = '/operator/v1/own/cdrs';
    assert.equal((await duke.operate('PUT', path, { text: other, partnerId: 'rhk' })).status, 422);
    const refused = await until('the refusal', async () =>
      (await duke.operate('GET', '/operator/v1/refused-pushes')).body.items.find(({ key }) => key === 'C-40'),
    );
    await world.show('cdrs', credit, 'rhk');
    await world.show('cdrs', own(cdrText('C-41', '{ "excl_vat": 3.90, "incl_vat": 4.641 }')), 'rhk');
    await until('another session’s', () => (tried().includes('C-41') ? true : undefined));
    assert.deepEqual(tried(), ['C-40', 'C-41']);
    const drop = () => duke.operate('DELETE', `/operator/v1/refused-pushes/${refused['seq'] ?? ''}`);
    assert.equal((await drop()).status, 204);
    await until('the credit', () => (tried().includes('C-40-C') ? true : undefined));
    assert.deepEqual(tried(), ['C-40', 'C-41', 'C-40-C']);
    assert.equal((await drop()).status, 404);
  });
});
