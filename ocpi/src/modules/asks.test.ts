import assert from 'node:assert/strict';
import { sessionText, tariffText, tokenText } from '../objects/examples.fixture.ts';
import { startDuke, own, type DukeAndPartners } from '../testing/duke.ts';
import type { Platform, Said } from '../simulator/platform.ts';
import { until } from '../testing/until.ts';
import type { DoorUnderTest } from '../testing/world.ts';

describe('what partners ask of the door, and it of them', () => {
  let world: DukeAndPartners;
  let duke: DoorUnderTest;
  let platform: Platform;
  let other: Platform;
  let tokens: DukeAndPartners['tokens'];
  const as: DukeAndPartners['as'] = (...asked) => world.as(...asked);
  const show: DukeAndPartners['show'] = (...shown) => world.show(...shown);

  before(async () => {
    world = await startDuke();
    ({ duke, tokens } = world);
    ({ rhk: platform, other } = world.platforms);
  });
  beforeEach(() => {
    platform.say(() => undefined);
    platform.heard.length = 0;
  });
  after(() => world.close());

  it('ask for what is for their roles, which is all that is listed to them', async () => {
    const details = (await as('newer', '')).json.data as {
      endpoints: { identifier: string; role: string }[];
    };
    const listed = new Set(details.endpoints.map(({ identifier, role }) => `${identifier} ${role}`));
    const ofProviders = [
      ...['locations', 'sessions', 'cdrs', 'tariffs'].map((module) => `${module} SENDER`),
      ...['tokens', 'commands', 'chargingprofiles'].map((module) => `${module} RECEIVER`),
    ];
    const ofAll = ['credentials', 'hubclientinfo'].flatMap((module) => [
      `${module} SENDER`,
      `${module} RECEIVER`,
    ]);
    assert.deepEqual([...listed].sort(), [...ofProviders, ...ofAll].sort());
    const asked = async (path: string, method = 'GET') => (await as('newer', path, method)).status;
    for (const module of ['locations', 'sessions', 'cdrs', 'tariffs'])
      assert.equal(await asked(`sender/${module}`), 200, module);
    for (const [path, method] of [
      ['sender/tokens', 'GET'],
      ['receiver/tariffs/FR/NEW/T-1', 'PUT'],
      ['receiver/locations/FR/NEW/L-1', 'PUT'],
      ['receiver/cdrs', 'POST'],
      ['sender/commands/STOP_SESSION/1', 'POST'],
      ['sender/chargingprofiles/1', 'PUT'],
    ] as const)
      assert.equal(await asked(path, method), 403, path);
  });

  it('pull no page without end: neither of objects nor of what is in them', async () => {
    let page: Said = { data: Array.from({ length: 10_001 }, () => ({})) };
    platform.say(({ path }) => (path.startsWith('/sender/tariffs') ? page : undefined));
    const pull = async () =>
      (await duke.operate('POST', '/operator/v1/partners/rhk/pulls', { module: 'tariffs' })).body;
    assert.match((await pull())['stopped'] ?? '', /more than 10000 objects/);
    const deep = tariffText().replace('"id"', `"more": ${'['.repeat(100_000)}${']'.repeat(100_000)}, "id"`);
    page = { text: `{"status_code":1000,"timestamp":"2026-03-01T08:00:00Z","data":[${deep}]}` };
    assert.match((await pull())['stopped'] ?? '', /deeper than 64 levels/);
  });

  it('authorise a card in real time: by what was published, for operators of stations alone', async () => {
    await show('tokens', own(tokenText));
    const at = 'sender/tokens/04a1b2c3d4e580/authorize';
    const yes = await as('rhk', at, 'POST', '{"location_id":"L-Harbour-1","evse_uids":["E1"]}');
    const info = yes.json.data as { allowed: string; location: { evse_uids: string[] } };
    assert.deepEqual([info.allowed, info.location.evse_uids], ['ALLOWED', ['E1']]);
    assert.deepEqual(((await as('rhk', at, 'POST')).json.data as { allowed: string }).allowed, 'ALLOWED');
    const unknown = await as('rhk', 'sender/tokens/NONE/authorize', 'POST');
    assert.deepEqual([unknown.status, unknown.json.status_code], [404, 2004]);
    assert.equal((await as('rhk', `${at}?type=APP_USER`, 'POST')).status, 404);
    assert.equal((await as('newer', at, 'POST')).status, 403);
    assert.equal((await as('newer', 'sender/tokens')).status, 403);
    await show(
      'tokens',
      own(tokenText).replace('"valid": true', '"valid": false').replace('2026-03-01', '2026-03-02'),
    );
    assert.equal(((await as('rhk', at, 'POST')).json.data as { allowed: string }).allowed, 'BLOCKED');
  });

  it('take commands for our stations, and tell what came of them where the partner said', async () => {
    const token = tokenText.replace('"NL"', '"DE"').replace('"MSP"', '"RHK"');
    const start = (url: string, of = token): string =>
      `{"response_url":"${url}","token":${of},"location_id":"L0"}`;
    const send = (kind: string, text: string) => as('rhk', `receiver/commands/${kind}`, 'POST', text);
    const url = `${platform.url}/answers/1`;
    const accepted = (await send('START_SESSION', start(url))).json.data as { result: string };
    assert.equal(accepted.result, 'ACCEPTED');
    const told = await until('the result', () => platform.heard.find(({ path }) => path === '/answers/1'));
    assert.deepEqual(JSON.parse(told.body), { result: 'EVSE_OCCUPIED' });
    const unlock = `{"response_url":"${platform.url}/answers/2","location_id":"L0","evse_uid":"E1","connector_id":"1"}`;
    await send('UNLOCK_CONNECTOR', unlock);
    const late = await until('the end of patience', () =>
      platform.heard.find(({ path }) => path === '/answers/2'),
    );
    assert.deepEqual(JSON.parse(late.body), { result: 'TIMEOUT' });
    const stop = await send('STOP_SESSION', `{"response_url":"${url}","session_id":"S"}`);
    assert.equal((stop.json.data as { result: string }).result, 'NOT_SUPPORTED');
    assert.equal((await send('START_SESSION', start('http://127.0.0.1:9/elsewhere'))).json.status_code, 2001);
    assert.equal(
      (await send('START_SESSION', start(url, tokenText))).json.status_code,
      2004,
      'another’s card',
    );
    assert.equal((await send('MAKE_COFFEE', '{}')).status, 404);
  });

  it('send commands to a partner’s stations, and take what came of them from that partner alone', async () => {
    let answerAt = '';
    platform.say(({ path, body }) => {
      if (path !== '/receiver/commands/STOP_SESSION') return undefined;
      answerAt = (JSON.parse(body) as { response_url: string }).response_url;
      return { data: { result: 'ACCEPTED', timeout: 30 } };
    });
    const asked = await duke.operate('POST', '/operator/v1/partners/rhk/commands', {
      kind: 'STOP_SESSION',
      text: '{"session_id":"S-9"}',
    });
    assert.equal(asked.body['response'], 'ACCEPTED', JSON.stringify(asked.body));
    const body = { result: 'ACCEPTED' };
    assert.equal((await other.ask(answerAt, tokens.other, { method: 'POST', body })).status, 404);
    assert.equal((await platform.ask(answerAt, tokens.rhk, { method: 'POST', body })).json.status_code, 1000);
    const known = await duke.operate('GET', `/operator/v1/commands/${asked.body['commandId'] ?? ''}`);
    assert.deepEqual([known.body['result'], known.body['isOver']], ['{"result":"ACCEPTED"}', true]);
    platform.say(() => ({ data: { result: 'ACCEPTED' } }));
    const stop = { kind: 'STOP_SESSION', text: '{"session_id":"S-9"}' };
    const withoutTimeout = await duke.operate('POST', '/operator/v1/partners/rhk/commands', stop);
    assert.equal(
      withoutTimeout.body['response'],
      'ACCEPTED',
      'what it does is done, also where it says less',
    );
    const wrong = { kind: 'STOP_SESSION', text: '{}' };
    assert.equal((await duke.operate('POST', '/operator/v1/partners/rhk/commands', wrong)).status, 422);
    assert.equal(
      (
        await duke.operate('POST', '/operator/v1/partners/newer/commands', {
          ...wrong,
          text: '{"session_id":"S"}',
        })
      ).status,
      422,
    );
  });

  it('set, ask for and clear charging profiles, in both directions', async () => {
    const profile =
      '{"charging_rate_unit":"W","charging_profile_period":[{"start_period":0,"limit":11000.5}]}';
    const url = `${platform.url}/answers/3`;
    const at = 'receiver/chargingprofiles/S-1';
    await as('rhk', at, 'PUT', `{"charging_profile":${profile},"response_url":"${url}"}`);
    await until('the result', () => platform.heard.find(({ path }) => path === '/answers/3'));
    const query = `?response_url=${encodeURIComponent(url)}`;
    const resultOf = async (method: string, more: string) =>
      ((await as('rhk', `${at}${query}${more}`, method)).json.data as { result: string } | undefined)?.result;
    assert.equal(await resultOf('DELETE', ''), 'UNKNOWN_SESSION');
    assert.equal(await resultOf('GET', '&duration=900'), 'ACCEPTED');
    assert.equal(await resultOf('GET', ''), undefined, 'how long?');
    let answerAt = '';
    platform.say(({ method, path, body }) => {
      if (!path.startsWith('/receiver/chargingprofiles/S-9')) return undefined;
      answerAt =
        method === 'PUT'
          ? (JSON.parse(body) as { response_url: string }).response_url
          : (new URL(path, platform.url).searchParams.get('response_url') ?? '');
      return { data: { result: 'ACCEPTED', timeout: 30 } };
    });
    for (const ask of [{ kind: 'set', text: profile }, { kind: 'get', durationS: 60 }, { kind: 'clear' }]) {
      const asked = await duke.operate('POST', '/operator/v1/partners/rhk/profiles/S-9', ask);
      assert.equal(asked.body['response'], 'ACCEPTED', JSON.stringify(asked.body));
      const body = { result: 'REJECTED' };
      assert.equal(
        (await platform.ask(answerAt, tokens.rhk, { method: 'POST', body })).json.status_code,
        1000,
      );
      const known = await duke.operate('GET', `/operator/v1/commands/${asked.body['commandId'] ?? ''}`);
      assert.equal(known.body['result'], '{"result":"REJECTED"}');
    }
    const active = `{"start_date_time":"2026-03-01T09:00:00Z","charging_profile":${profile}}`;
    assert.equal(
      (await as('rhk', 'sender/chargingprofiles/S-8', 'PUT', active)).status,
      404,
      'no session of its',
    );
    assert.equal((await as('rhk', 'receiver/sessions/DE/RHK/S-9', 'PUT', sessionText)).status, 201);
    assert.equal((await as('rhk', 'sender/chargingprofiles/S-9', 'PUT', active)).json.status_code, 1000);
    assert.equal((await as('other', 'sender/chargingprofiles/S-9', 'PUT', active)).status, 404);
  });

  it('tell how the driver likes to be charged to whom the session is for alone', async () => {
    const at = 'sender/sessions/S-9/charging_preferences';
    assert.equal((await as('rhk', at, 'PUT', '{"profile_type":"GREEN"}')).status, 404);
  });

  it('say who is reached, of ourselves alone', async () => {
    const info = (status: string): string =>
      `{"country_code":"DE","party_id":"RHK","role":"CPO","status":"${status}","last_updated":"2026-03-01T08:00:00Z"}`;
    assert.equal(
      (await as('rhk', 'receiver/hubclientinfo/DE/RHK', 'PUT', info('OFFLINE'))).json.status_code,
      1000,
    );
    assert.match((await as('rhk', 'receiver/hubclientinfo/DE/RHK')).text, /"status":"OFFLINE"/);
    assert.equal((await as('other', 'receiver/hubclientinfo/DE/RHK', 'PUT', info('OFFLINE'))).status, 404);
    const listed = (await as('other', 'sender/hubclientinfo')).json.data as { party_id: string }[];
    assert.deepEqual([...new Set(listed.map(({ party_id }) => party_id))], ['DUK']);
  });

  it('go by the routing headers, which name nobody else’s parties', async () => {
    const ask = (headers: Readonly<Record<string, string>>) =>
      platform.ask(`${duke.door.url}/ocpi/2.2.1/sender/locations`, tokens.rhk, { headers });
    const from = { 'ocpi-from-country-code': 'DE', 'ocpi-from-party-id': 'RHK' };
    const to = { 'ocpi-to-country-code': 'us', 'ocpi-to-party-id': 'duk' };
    const good = await ask({ ...from, ...to });
    assert.equal(good.json.status_code, 1000);
    assert.equal(good.headers.get('ocpi-to-party-id'), 'RHK');
    assert.equal(good.headers.get('ocpi-from-party-id'), 'duk');
    assert.equal((await ask({ ...from, 'ocpi-from-party-id': 'MSP' })).status, 403);
    assert.equal((await ask({ ...to, 'ocpi-to-party-id': 'ALP' })).json.status_code, 4001);
  });
});
