import assert from 'node:assert/strict';
import { cdrText, locationText, sessionText, tariffText, tokenText } from '../objects/examples.fixture.ts';
import { startDuke, MODULES, own, type DukeAndPartners } from '../testing/duke.ts';
import type { Platform } from '../simulator/platform.ts';
import { until } from '../testing/until.ts';
import type { DoorUnderTest } from '../testing/world.ts';

describe('objects of the door’s modules', () => {
  let world: DukeAndPartners;
  let duke: DoorUnderTest;
  let platform: Platform;
  let other: Platform;
  let newer: Platform;
  let tokens: DukeAndPartners['tokens'];
  const as: DukeAndPartners['as'] = (...asked) => world.as(...asked);
  const show: DukeAndPartners['show'] = (...shown) => world.show(...shown);

  before(async () => {
    world = await startDuke();
    ({ duke, tokens } = world);
    ({ rhk: platform, other, newer } = world.platforms);
  });
  beforeEach(() => {
    platform.say(() => undefined);
    platform.heard.length = 0;
  });
  after(() => world.close());

  it('are listed in the version’s details, each with its roles', async () => {
    const told = await as('rhk', '');
    const { endpoints } = told.json.data as { endpoints: { identifier: string; role: string }[] };
    const listed = endpoints.map(({ identifier, role }) => `${identifier} ${role}`).sort();
    assert.deepEqual(listed, ['credentials RECEIVER', 'credentials SENDER', ...MODULES].sort());
    assert.equal((await as('newer', '../2.2.1/sender/tariffs')).status, 404, 'it registered another version');
  });

  it('list what we own in pages that lead through all of it, filtered by time', async () => {
    for (const [n, day] of ['01', '02', '03', '04', '05'].entries()) {
      const text = own(locationText).replace('L-Harbour-1', `L${n}`);
      await show(
        'locations',
        text.replace(/"last_updated": "2026-03-01(?=T08:00:00Z" }$)/, `"last_updated": "2026-03-${day}`),
      );
    }
    const seen: string[] = [];
    let at: string | undefined =
      `${duke.door.url}/ocpi/2.2.1/sender/locations?date_from=2026-03-02T08:00:00Z`;
    while (at !== undefined) {
      const page = await platform.ask(at, tokens.rhk);
      assert.deepEqual([page.headers.get('x-total-count'), page.headers.get('x-limit')], ['4', '2']);
      seen.push(...(page.json.data as { id: string }[]).map(({ id }) => id));
      at = /<(.+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    assert.deepEqual(seen, ['L1', 'L2', 'L3', 'L4']);
    const until5 = await as('rhk', 'sender/locations?date_to=2026-03-02T08:00:00Z');
    assert.match(until5.text, /"berth_depth":4\.50/, 'unknown fields stay, with their digits');
    assert.equal(until5.headers.get('x-total-count'), '1');
    assert.equal((await as('rhk', 'sender/locations?limit=0')).json.status_code, 2001);
    assert.equal((await as('rhk', 'sender/locations?date_from=yesterday')).json.status_code, 2001);
    const connector = await as('rhk', 'sender/locations/l0/e1/1');
    assert.equal((connector.json.data as { id: string }).id, '1');
    assert.equal((await as('rhk', 'sender/locations/l0/e9')).status, 404);
  });

  it('tell each partner what we own in its version, and again until it took it, the newest last', async () => {
    let isAway = true;
    platform.say(({ method }) => (method === 'PUT' && isAway ? { status: 503, text: '' } : undefined));
    const heard = (price: string) =>
      platform.heard.find(
        ({ path, body }) => path.startsWith('/receiver/tariffs/US/DUK/T-1') && body.includes(price),
      );
    await show('tariffs', own(tariffText()));
    await show('tariffs', own(tariffText()).replace('0.3900', '0.4100'));
    await until('a try', () => heard('0.4100'));
    isAway = false;
    platform.heard.length = 0;
    const told = await until('the tariff', () => heard('0.'));
    assert.match(told.body, /"price":0\.4100/);
    assert.equal(told.headers['ocpi-from-party-id'], 'DUK');
    assert.equal(told.headers['ocpi-to-party-id'], 'RHK');
    const inNew = await until('the tariff', () =>
      newer.heard.find(({ path, body }) => path.startsWith('/receiver/tariffs/') && body.includes('0.4100')),
    );
    assert.match(inNew.body, /"tax_included":"NO"/);
    assert.equal((await duke.operate('DELETE', '/operator/v1/own/tariffs/T-1')).status, 204);
    await until('the end of it', () => platform.heard.find(({ method }) => method === 'DELETE'));
  });

  it('keep what a partner refused for good, until the operator tells it again', async () => {
    platform.say(({ method }) => (method === 'PUT' ? { statusCode: 2001 } : undefined));
    await show('tokens', own(tokenText));
    const refused = await until('the refusal', async () =>
      (await duke.operate('GET', '/operator/v1/refused-pushes')).body.items.at(0),
    );
    assert.deepEqual([refused['module'], refused['key']], ['tokens', '04A1B2C3D4E580 RFID']);
    platform.say(() => undefined);
    platform.heard.length = 0;
    await duke.operate('POST', `/operator/v1/refused-pushes/${refused['seq'] ?? ''}/retell`);
    const told = await until('the token', () => platform.heard.find(({ method }) => method === 'PUT'));
    assert.equal(told.path, '/receiver/tokens/US/DUK/04A1B2C3D4E580?type=RFID');
  });

  const places: readonly (readonly [
    module: string,
    path: string,
    text: string,
    change: string,
    after: RegExp,
  ])[] = [
    ['tariffs', 'receiver/tariffs/DE/RHK/T-1', tariffText(), '', /"price":0\.3900/],
    ['sessions', 'receiver/sessions/DE/RHK/S-9', sessionText, '"kwh":1.500', /"kwh":1\.500/],
    [
      'tokens',
      'receiver/tokens/DE/RHK/04A1B2C3D4E580?type=RFID',
      tokenText.replace('"NL"', '"DE"').replace('"MSP"', '"RHK"'),
      '"valid":false',
      /"valid":false/,
    ],
    [
      'locations',
      'receiver/locations/DE/RHK/L-Harbour-1',
      locationText,
      '"name":"Old quay"',
      /"name":"Old quay"/,
    ],
  ];
  for (const [module, path, text, change, after] of places)
    it(`take ${module} of their owner alone, whole or in part, and give them back to it alone`, async () => {
      const at = path.replace('04A1', '04a1');
      assert.equal((await as('rhk', path)).status, 404);
      if (change !== '')
        assert.equal((await as('rhk', path, 'PATCH', '{"last_updated":"2026-03-01T08:00:00Z"}')).status, 404);
      assert.equal((await as('other', path, 'PUT', text)).status, 404, 'another’s party');
      assert.equal((await as('rhk', path, 'PUT', text)).status, 201);
      assert.equal((await as('rhk', at, 'PUT', text)).status, 200, 'ids have no case');
      assert.equal((await as('other', path)).status, 404);
      const elsewhere = path.replace(/(T-1|S-9|L-Harbour-1|04A1B2C3D4E580)/, 'X-1');
      assert.equal((await as('rhk', elsewhere, 'PUT', text)).json.status_code, 2001);
      if (change !== '') {
        assert.equal((await as('rhk', path, 'PATCH', `{${change}}`)).json.status_code, 2001, 'no time');
        const patch = `{${change},"last_updated":"2026-03-02T08:00:00Z"}`;
        assert.equal((await as('rhk', path, 'PATCH', patch)).json.status_code, 1000);
        assert.equal((await as('rhk', path, 'PATCH', '{"last_updated":7}')).json.status_code, 2001);
        const late = await as('rhk', path, 'PUT', text);
        assert.match(late.json.status_message, /newer one is here/);
      }
      assert.match((await as('rhk', at)).text, after);
    });

  it('add to a session the periods that a change has', async () => {
    const path = 'receiver/sessions/DE/RHK/S-10';
    await as('rhk', path, 'PUT', sessionText.replace('S-9', 'S-10'));
    const period = (hour: string) =>
      `{"start_date_time":"2026-03-01T${hour}:00:00Z","dimensions":[{"type":"ENERGY","volume":1.250}]}`;
    for (const hour of ['09', '10'])
      await as(
        'rhk',
        path,
        'PATCH',
        `{"charging_periods":[${period(hour)}],"last_updated":"2026-03-01T${hour}:30:00Z"}`,
      );
    const { data } = (await as('rhk', path)).json as { data: { charging_periods: unknown[] } };
    assert.equal(data.charging_periods.length, 2);
  });

  it('put outlets and connectors into their location, which changes with them', async () => {
    const path = 'receiver/locations/DE/RHK/L-Harbour-1';
    const at = '2026-03-05T08:00:00Z';
    const connector = `{"id":"2","standard":"CHADEMO","format":"CABLE","power_type":"DC","max_voltage":400,"max_amperage":125,"last_updated":"${at}"}`;
    assert.equal((await as('rhk', `${path}/E1/2`, 'PUT', connector)).json.status_code, 1000);
    assert.equal((await as('rhk', `${path}/E9/2`, 'PUT', connector)).status, 404);
    const evse = `{"uid":"E2","status":"PLANNED","connectors":[${connector}],"last_updated":"${at}"}`;
    assert.equal((await as('rhk', `${path}/E2`, 'PUT', evse)).json.status_code, 1000);
    assert.equal((await as('rhk', `${path}/E3`, 'PUT', evse)).json.status_code, 2001);
    const later = '{"status":"REMOVED","last_updated":"2026-03-06T08:00:00Z"}';
    assert.equal((await as('rhk', `${path}/e2`, 'PATCH', later)).json.status_code, 1000);
    const location = (await as('rhk', path)).json.data as {
      last_updated: string;
      evses: { uid: string; status: string; connectors: unknown[] }[];
    };
    assert.equal(location.last_updated, '2026-03-06T08:00:00Z');
    assert.deepEqual(
      location.evses.map(({ uid, status, connectors }) => [uid, status, connectors.length]),
      [
        ['E1', 'AVAILABLE', 2],
        ['E2', 'REMOVED', 1],
      ],
    );
  });

  it('take a CDR once, never another under its id, and the credit that takes it back', async () => {
    const total = '{ "excl_vat": 3.90, "incl_vat": 4.641 }';
    const post = (text: string, who: keyof typeof tokens = 'rhk') => as(who, 'receiver/cdrs', 'POST', text);
    const first = await post(cdrText('C-1', total));
    assert.equal(first.status, 201);
    const again = await post(cdrText('C-1', total));
    assert.deepEqual([again.status, again.json.status_code], [200, 1000]);
    assert.equal((await post(cdrText('C-1', '{ "excl_vat": 9.90 }'))).json.status_code, 2001);
    const credit = cdrText(
      'C-1-C',
      '{ "excl_vat": -3.90, "incl_vat": -4.641 }',
      '"credit": true, "credit_reference_id": "C-1", ',
    );
    assert.equal((await post(credit)).status, 201);
    const location = first.headers.get('location') ?? '';
    assert.match((await platform.ask(location, tokens.rhk)).text, /"total_cost":\{"excl_vat":3\.90,/);
    assert.equal((await other.ask(location, tokens.other)).status, 404);
    assert.equal((await post(cdrText('C-2', total), 'other')).status, 404);
  });

  it('pull what a partner has, page by page, leave out what is wrong, and follow no page to another host', async () => {
    const page = (id: string) => JSON.parse(tariffText().replace('T-1', id)) as object;
    const foreign = { ...page('T-4'), party_id: 'MSP' };
    const path = '/sender/tariffs?offset=1';
    let next = `<${platform.url}${path}>; rel="next"`;
    platform.say(({ path: asked }) => {
      if (asked === path) return { data: [page('T-5'), { id: 'T-6' }] };
      return asked.startsWith('/sender/tariffs')
        ? { data: [page('T-3'), foreign], headers: { link: next } }
        : undefined;
    });
    const pull = () => duke.operate('POST', '/operator/v1/partners/rhk/pulls', { module: 'tariffs' });
    const pulled = await pull();
    assert.equal(pulled.body['taken'], 2, JSON.stringify(pulled.body));
    assert.match(pulled.body.faults.join(), /T-4 is of a party.*country_code/);
    assert.equal((await as('rhk', 'receiver/tariffs/DE/RHK/T-5')).status, 200);
    next = `<${other.url}${path}>; rel="next"`;
    const heard = other.heard.length;
    assert.equal((await pull()).body['taken'], 1);
    assert.equal(other.heard.length, heard);
    assert.match(platform.heard.at(-1)?.path ?? '', /date_from=/, 'the second time only what changed');
    next = `<${platform.url}/sender/tariffs?offset=0>; rel="next"`;
    assert.match((await pull()).body['stopped'] ?? '', /no end/);
  });

  it('pull by number what a partner counts and leads to by no address that is there', async () => {
    const all = ['T-11', 'T-12', 'T-13', 'T-14'].map(
      (id) => JSON.parse(tariffText().replace('T-1', id)) as object,
    );
    let link = 'none';
    platform.say(({ path }) => {
      const { pathname, searchParams } = new URL(path, platform.url);
      if (pathname === '/nowhere') return { status: 404, statusCode: 2003 };
      if (pathname !== '/sender/tariffs') return undefined;
      const offset = Number(searchParams.get('offset'));
      return { data: all.slice(offset, offset + 2), headers: { 'x-total-count': '4', link } };
    });
    const pull = () => duke.operate('POST', '/operator/v1/partners/rhk/pulls', { module: 'tariffs' });
    assert.equal((await pull()).body['taken'], 4, 'no next page is named');
    link = `<${platform.url}/nowhere>; rel="next"`;
    assert.equal((await pull()).body['taken'], 4, 'the next page is not there');
  });

  it('tell a partner at the very address that it names, with the slash at its end', async () => {
    const endpoint = (identifier: string, at: string) => ({
      identifier,
      role: 'RECEIVER',
      url: platform.url + at,
    });
    const endpoints = [endpoint('credentials', '/credentials'), endpoint('cdrs', '/receiver/cdrs/')];
    platform.say(({ method, path }) => {
      if (path === '/2.2.1') return { data: { version: '2.2.1', endpoints } };
      if (path === '/credentials' && method === 'PUT')
        return { data: platform.credentials('DE', 'RHK', 'CPO', 'EMSP') };
      return undefined;
    });
    assert.equal((await duke.operate('POST', '/operator/v1/partners/rhk/rotation')).status, 200);
    await show('cdrs', own(cdrText('C-20', '{ "excl_vat": 3.90, "incl_vat": 4.641 }')), 'rhk');
    const told = await until('the record', () => platform.heard.find(({ method }) => method === 'POST'));
    assert.equal(told.path, '/receiver/cdrs/');
  });
});
