import assert from 'node:assert/strict';
import { makeTown, type DoorUnderTest, type Town } from '../testing/world.ts';
import { startPlatform, type Platform } from '../simulator/platform.ts';

const OVERLAP_MS = 60_000;
/** What whoever has taken its token asks for. */
const MODULE = 'sender/tariffs';

describe('partners of the door', () => {
  let town: Town;
  let duke: DoorUnderTest;
  let platform: Platform;
  let nowMs = Date.now();
  const base = (): string => `${duke.door.url}/ocpi/2.2.1`;

  /** Writes a partner down and gives its invitation. */
  const invite = async (partnerId: string, party: string, more: object = {}): Promise<string> => {
    const partner = { partnerId, name: partnerId, parties: [party], ...more };
    assert.equal((await duke.operate('POST', '/operator/v1/partners', partner)).status, 201);
    const invited = await duke.operate('POST', `/operator/v1/partners/${partnerId}/invitation`);
    assert.equal(invited.body['versionsUrl'], `${duke.door.url}/ocpi/versions`);
    return invited.body['token'] ?? '';
  };
  const register = async (invitation: string, party: string, role = 'EMSP'): Promise<string> => {
    const body = platform.credentials(party.slice(0, 2), party.slice(2), role);
    const told = await platform.ask(`${base()}/credentials`, invitation, { method: 'POST', body });
    assert.equal(told.json.status_code, 1000, told.text);
    return (told.json.data as { token: string }).token;
  };
  const statusOf = async (token: string, at = 'credentials'): Promise<number> =>
    (await platform.ask(`${base()}/${at}`, token)).status;

  before(async () => {
    town = await makeTown();
    platform = await startPlatform();
    duke = await town.open(
      'USDUK',
      {
        tokens: { lifeMs: 1_000_000, overlapMs: OVERLAP_MS, inviteMs: 100_000 },
        rate: { requests: 40, perModule: 20, handshakes: 10, windowMs: 60_000 },
      },
      { nowMs: () => nowMs },
    );
  });
  beforeEach(() => {
    // A new window of every partner's rate.
    nowMs += 61_000;
    platform.say(() => undefined);
  });
  after(async () => {
    platform.close();
    await town.close();
  });

  it('register with an invitation, which is good for that alone, once and for its time', async () => {
    const invitation = await invite('cards', 'NLMSP');
    assert.equal(await statusOf(invitation, 'sender/locations'), 401);
    assert.equal(await statusOf(invitation), 200);
    const token = await register(invitation, 'NLMSP');
    assert.equal(await statusOf(invitation), 401);
    assert.equal(await statusOf(token), 200);
    const again = await platform.ask(`${base()}/credentials`, token, { method: 'POST', body: {} });
    assert.equal(again.status, 405, 'whoever is registered does not register');
    const late = await invite('late', 'NLLAT');
    nowMs += 100_001;
    assert.equal(await statusOf(late), 401);
  });

  it('are shown what they need: versions, modules, and the one token that they asked with', async () => {
    const token = await register(await invite('shown', 'NLSHO'), 'NLSHO');
    const versions = await platform.ask(duke.door.versionsUrl, token);
    assert.deepEqual(
      (versions.json.data as { version: string }[]).map(({ version }) => version),
      ['2.3.0', '2.2.1'],
    );
    const credentials = await platform.ask(`${base()}/credentials`, token, { plain: true });
    const told = credentials.json.data as { token: string; roles: { role: string; party_id: string }[] };
    assert.equal(told.token, token);
    assert.deepEqual(
      told.roles.map(({ role, party_id }) => `${role} ${party_id}`),
      ['CPO DUK', 'EMSP DUK'],
    );
  });

  it('are known by the hash of their token, and what they gave is closed: neither stands in the store', async () => {
    const token = await register(await invite('kept', 'NLKEP'), 'NLKEP');
    const { db } = await duke.store();
    const tokens = await db.selectFrom('partner_token').select(['token_hash', 'partner_id']).execute();
    const partners = await db.selectFrom('partner').selectAll().execute();
    const rows = JSON.stringify([tokens, partners.map((row) => row.sealed_token?.toString('latin1'))]);
    assert.ok(!rows.includes(token) && !rows.includes(platform.token));
  });

  it('rotate without a gap: the old token counts until the new one was used, and no longer than the overlap', async () => {
    const rotate = async (token: string): Promise<string> => {
      const body = platform.credentials('NL', 'ROT', 'EMSP');
      const told = await platform.ask(`${base()}/credentials`, token, { method: 'PUT', body });
      return (told.json.data as { token: string }).token;
    };
    const first = await register(await invite('rotates', 'NLROT'), 'NLROT');
    const second = await rotate(first);
    assert.equal(await statusOf(first), 200, 'nobody used the new one yet');
    assert.equal(await statusOf(second, MODULE), 200);
    assert.equal(await statusOf(first), 401);
    await rotate(second);
    nowMs += OVERLAP_MS - 1;
    assert.equal(await statusOf(second), 200);
    nowMs += 2;
    assert.equal(await statusOf(second), 401, 'the overlap is over');
  });

  it('are rotated by the operator too: both tokens are new at once', async () => {
    const first = await register(await invite('turned', 'NLTUR'), 'NLTUR');
    const theirs = `${platform.token}-2`;
    let given = '';
    platform.say(({ method, body }) => {
      if (method !== 'PUT') return undefined;
      given = (JSON.parse(body) as { token: string }).token;
      return { data: { ...platform.credentials('NL', 'TUR', 'EMSP'), token: theirs } };
    });
    assert.equal((await duke.operate('POST', '/operator/v1/partners/turned/rotation')).status, 200);
    assert.equal(await statusOf(first), 200);
    assert.equal(await statusOf(given, MODULE), 200);
    assert.equal(await statusOf(first), 401);
    await duke.operate('POST', '/operator/v1/partners/turned/rotation');
    const shown = platform.heard.at(-1)?.headers.authorization;
    assert.equal(shown, `Token ${Buffer.from(theirs).toString('base64')}`);
  });

  it('whose answer to a rotation is lost can go on with either token', async () => {
    const first = await register(await invite('lost', 'NLLOS'), 'NLLOS');
    let given = '';
    platform.say(({ method, body }) => {
      if (method !== 'PUT') return undefined;
      given = (JSON.parse(body) as { token: string }).token;
      return { status: 502, text: 'gone' };
    });
    assert.equal((await duke.operate('POST', '/operator/v1/partners/lost/rotation')).status, 502);
    nowMs += OVERLAP_MS + 1;
    assert.equal(await statusOf(first), 200);
    assert.equal(await statusOf(given), 200);
  });

  it('have tokens that expire', async () => {
    const token = await register(await invite('ends', 'NLEND'), 'NLEND');
    nowMs += 1_000_001;
    assert.equal(await statusOf(token), 401);
  });

  it('speak for nobody but the parties that were agreed', async () => {
    const invitation = await invite('claims', 'NLCLA');
    for (const [country, party] of [
      ['NL', 'MSP'],
      ['US', 'DUK'],
    ] as const) {
      const body = platform.credentials(country, party, 'CPO');
      const told = await platform.ask(`${base()}/credentials`, invitation, { method: 'POST', body });
      assert.equal(told.json.status_code, 2000, told.text);
    }
    const second = { partnerId: 'second', name: 'x', parties: ['NLCLA'] };
    assert.equal((await duke.operate('POST', '/operator/v1/partners', second)).status, 409);
  });

  it('that cannot be asked back are told so, and are not registered', async () => {
    const invitation = await invite('silent', 'NLSIL');
    const post = async (): Promise<number> => {
      const body = platform.credentials('NL', 'SIL', 'EMSP');
      return (await platform.ask(`${base()}/credentials`, invitation, { method: 'POST', body })).json
        .status_code;
    };
    platform.say(({ path }) => (path === '/versions' ? { status: 500, text: '' } : undefined));
    assert.equal(await post(), 3001);
    platform.say(({ path }) =>
      path === '/versions' ? { data: [{ version: '2.1.1', url: `${platform.url}/2.1.1` }] } : undefined,
    );
    assert.equal(await post(), 3002);
    platform.say(({ path }) =>
      path === '/2.2.1'
        ? {
            data: {
              version: '2.2.1',
              endpoints: [{ identifier: 'cdrs', role: 'RECEIVER', url: platform.url }],
            },
          }
        : undefined,
    );
    assert.equal(await post(), 3003);
    platform.say(() => undefined);
    assert.equal(await post(), 1000, 'the invitation still counts');
  });

  it('leave, or are sent away: their tokens are no longer good, and they are told', async () => {
    const leaving = await register(await invite('leaves', 'NLLEA'), 'NLLEA');
    const gone = await platform.ask(`${base()}/credentials`, leaving, { method: 'DELETE' });
    assert.equal(gone.status, 200);
    assert.equal(await statusOf(leaving), 401);
    const sent = await register(await invite('sent', 'NLSEN'), 'NLSEN');
    await duke.operate('POST', '/operator/v1/partners/sent/end', { state: 'suspended' });
    assert.equal(await statusOf(sent), 401);
    assert.equal(platform.heard.at(-1)?.method, 'DELETE');
  });

  it('who ask too often wait, as Retry-After says, and nobody else does', async () => {
    const often = await register(await invite('often', 'NLOFT'), 'NLOFT');
    const seldom = await register(await invite('seldom', 'NLSEL'), 'NLSEL');
    const statuses = new Set<number>();
    for (let n = 0; n < 41; n += 1) statuses.add(await statusOf(often));
    assert.deepEqual([...statuses], [200, 429]);
    const refusal = await platform.ask(`${base()}/credentials`, often);
    assert.ok(Number(refusal.headers.get('retry-after')) >= 1);
    assert.equal(await statusOf(seldom), 200);
    nowMs += 60_000;
    assert.equal(await statusOf(often), 200);
  });

  it('who ask for one module too often, or to be asked back, wait for that alone', async () => {
    const token = await register(await invite('busy', 'NLBUS'), 'NLBUS');
    for (let n = 0; n < 20; n += 1) assert.equal(await statusOf(token, 'sender/tariffs'), 200);
    assert.equal(await statusOf(token, 'sender/tariffs'), 429);
    assert.equal(await statusOf(token, 'sender/locations'), 200);
    const put = async (): Promise<number> =>
      (await platform.ask(`${base()}/credentials`, token, { method: 'PUT', body: {} })).status;
    // One was its registration.
    for (let n = 0; n < 9; n += 1) assert.equal(await put(), 200);
    assert.equal(await put(), 429);
    assert.equal(await statusOf(token), 200);
  });

  it('are two doors that meet: one invites, the other registers, both speak the newest version', async () => {
    const alabama = await town.open('USALP');
    const invitation = await invite('alabama', 'USALP');
    const partner = { partnerId: 'duke', name: 'Duke', parties: ['USDUK'] };
    await alabama.operate('POST', '/operator/v1/partners', partner);
    const registered = await alabama.operate('POST', '/operator/v1/partners/duke/registration', {
      versionsUrl: duke.door.versionsUrl,
      token: invitation,
    });
    assert.equal(registered.status, 200, JSON.stringify(registered.body));
    assert.equal(registered.body['version'], '2.3.0');
    const seen = await duke.operate('GET', '/operator/v1/partners');
    assert.equal(seen.body.partners.find(({ partnerId }) => partnerId === 'alabama')?.state, 'registered');
  });

  it('are asked by TLS alone, and never inside our own networks', async () => {
    const strict = await town.open('USTVA', { plainTransport: false, allowedNetworks: [] });
    const partner = { partnerId: 'p-1', name: 'P', parties: ['NLMSP'] };
    await strict.operate('POST', '/operator/v1/partners', partner);
    for (const versionsUrl of [
      'http://partner.example/versions',
      'https://127.0.0.1:1/versions',
      'https://[::1]/versions',
      'https://169.254.169.254/versions',
      'https://user:secret@partner.example/versions',
      'ftp://partner.example/versions',
    ]) {
      const told = await strict.operate('POST', '/operator/v1/partners/p-1/registration', {
        versionsUrl,
        token: 'abc',
      });
      assert.equal(told.status, 422, versionsUrl);
      assert.match(told.body['detail'] ?? '', /ADDRESS_REFUSED/, versionsUrl);
    }
  });
});
