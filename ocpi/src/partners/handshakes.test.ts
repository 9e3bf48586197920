import assert from 'node:assert/strict';
import { startPlatform, type Platform, type Said } from '../simulator/platform.ts';
import { until } from '../testing/until.ts';
import { bringIn, makeTown, type DoorUnderTest, type Town } from '../testing/world.ts';

describe('a handshake with a partner that takes its time', () => {
  let town: Town;
  let duke: DoorUnderTest;
  let platform: Platform;
  const base = (): string => `${duke.door.url}/ocpi/2.2.1`;
  const statusOf = async (token: string, at = 'credentials'): Promise<number> =>
    (await platform.ask(`${base()}/${at}`, token)).status;
  const stateOf = async (partnerId: string): Promise<string | undefined> =>
    (await duke.operate('GET', '/operator/v1/partners')).body.partners.find(
      (one) => one.partnerId === partnerId,
    )?.state;

  /** Holds an answer of the platform back. @returns how to let it go */
  const holding = (method: string, path: string, said?: Said): (() => void) => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    platform.heard.length = 0;
    platform.say((one) => (one.method === method && one.path === path ? held.then(() => said) : undefined));
    return letGo;
  };
  const isAsked = (method: string, path: string) =>
    until('the platform is asked', () =>
      platform.heard.find((one) => one.method === method && one.path === path),
    );

  before(async () => {
    town = await makeTown();
    platform = await startPlatform();
    duke = await town.open('USDUK');
  });
  beforeEach(() => {
    platform.say(() => undefined);
  });
  after(async () => {
    platform.close();
    await town.close();
  });

  it('that was suspended meanwhile stays suspended, whoever began', async () => {
    const token = await bringIn(duke, platform, 'slow', 'NLSLO', 'EMSP');
    const suspend = () => duke.operate('POST', '/operator/v1/partners/slow/end', { state: 'suspended' });
    const release = holding('GET', '/versions');
    const body = platform.credentials('NL', 'SLO', 'EMSP');
    const put = platform.ask(`${base()}/credentials`, token, { method: 'PUT', body });
    await isAsked('GET', '/versions');
    await suspend();
    release();
    assert.equal((await put).status, 401);
    assert.equal(await stateOf('slow'), 'suspended');

    await bringIn(duke, platform, 'ours', 'NLOUR', 'EMSP');
    const answer = { data: { ...platform.credentials('NL', 'OUR', 'EMSP'), token: 'another-token' } };
    const releaseOurs = holding('PUT', '/credentials', answer);
    const rotation = duke.operate('POST', '/operator/v1/partners/ours/rotation');
    await isAsked('PUT', '/credentials');
    await duke.operate('POST', '/operator/v1/partners/ours/end', { state: 'suspended' });
    releaseOurs();
    assert.equal((await rotation).status, 409);
    assert.equal(await stateOf('ours'), 'suspended');
  });

  it('uses an invitation once, also where it is shown twice at the same time', async () => {
    const partner = { partnerId: 'twice', name: 'twice', parties: ['NLTWI'] };
    await duke.operate('POST', '/operator/v1/partners', partner);
    const invited = await duke.operate('POST', '/operator/v1/partners/twice/invitation');
    const release = holding('GET', '/versions');
    const register = () =>
      platform.ask(`${base()}/credentials`, invited.body['token'] ?? '', {
        method: 'POST',
        body: platform.credentials('NL', 'TWI', 'EMSP'),
      });
    const both = [register(), register()];
    await until('both ask', () =>
      platform.heard.filter(({ path }) => path === '/versions').length === 2 ? true : undefined,
    );
    release();
    const answers = await Promise.all(both);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401]);
    const good = answers.find(({ status }) => status === 200);
    assert.equal(await statusOf((good?.json.data as unknown as { token: string }).token), 200);
  });

  it('leaves the partner a token that is good, however the rotation ends', async () => {
    const rotating = async (partnerId: string, party: string, said: (given: string) => Promise<Said>) => {
      const first = await bringIn(duke, platform, partnerId, party, 'EMSP');
      let given = '';
      platform.say(async ({ method, body }) => {
        if (method !== 'PUT') return undefined;
        given = (JSON.parse(body) as { token: string }).token;
        return said(given);
      });
      const { status } = await duke.operate('POST', `/operator/v1/partners/${partnerId}/rotation`);
      platform.say(() => undefined);
      return { first, given, status };
    };
    const looking = await rotating('looks', 'NLLOO', async (given) => {
      assert.equal((await platform.ask(duke.door.versionsUrl, given)).status, 200);
      assert.equal(await statusOf(given), 200);
      return { statusCode: 2000 };
    });
    assert.equal(looking.status, 422);
    assert.equal(await statusOf(looking.first, 'sender/tariffs'), 200, 'it looked around and refused');
    assert.equal(await statusOf(looking.given), 401);

    const using = await rotating('uses', 'NLUSE', async (given) => {
      assert.equal(await statusOf(given, 'sender/tariffs'), 200);
      return { statusCode: 2000 };
    });
    assert.equal(await statusOf(using.given, 'sender/tariffs'), 200, 'it used it and refused');

    const claiming = await rotating('claims', 'NLCLA', () =>
      Promise.resolve({ data: { ...platform.credentials('NL', 'XXX', 'EMSP'), token: 'another' } }),
    );
    assert.equal(claiming.status, 422);
    assert.equal(await statusOf(claiming.given, 'sender/tariffs'), 200, 'it took it, and wants too much');
  });

  /** The token that the platform was shown last. */
  const shown = (): string => {
    const [, base64 = ''] = (platform.heard.at(-1)?.headers.authorization ?? '').split(' ');
    return Buffer.from(base64, 'base64').toString();
  };
  const answering = (method: 'POST' | 'PUT', data: object): void => {
    platform.say((one) => (one.method === method && one.path === '/credentials' ? { data } : undefined));
  };

  it('goes by the new token of a platform that wants too much, or says what is worth nothing', async () => {
    await bringIn(duke, platform, 'grows', 'NLGRO', 'EMSP');
    const rotate = async () => (await duke.operate('POST', '/operator/v1/partners/grows/rotation')).status;
    const said = platform.credentials('NL', 'GRO', 'EMSP');
    answering('PUT', { ...platform.credentials('NL', 'XXX', 'EMSP'), token: 'second' });
    assert.equal(await rotate(), 422);
    assert.equal(await stateOf('grows'), 'registered');
    answering('PUT', { ...said, roles: [], token: 'third' });
    assert.equal(await rotate(), 502);
    assert.equal(shown(), 'second');
    answering('PUT', { ...said, token: 'fourth' });
    assert.equal(await rotate(), 200);
    assert.equal(shown(), 'third');
    platform.say(() => undefined);
    await duke.operate('POST', '/operator/v1/partners/grows/end', { state: 'left' });
    assert.deepEqual([platform.heard.at(-1)?.method, shown()], ['DELETE', 'fourth']);
  });

  it('at a platform that wants too much leaves it unregistered, and can be gone on with', async () => {
    const partner = { partnerId: 'theirs', name: 'theirs', parties: ['NLTHE'] };
    await duke.operate('POST', '/operator/v1/partners', partner);
    answering('POST', { ...platform.credentials('NL', 'XXX', 'EMSP'), token: 'its-second' });
    const path = '/operator/v1/partners/theirs';
    const at = { versionsUrl: `${platform.url}/versions`, token: 'its-invitation' };
    assert.equal((await duke.operate('POST', `${path}/registration`, at)).status, 422);
    assert.equal(await stateOf('theirs'), 'invited');
    answering('PUT', { ...platform.credentials('NL', 'THE', 'EMSP'), token: 'its-third' });
    assert.equal((await duke.operate('POST', `${path}/rotation`)).status, 200);
    assert.equal(shown(), 'its-second');
    assert.equal(await stateOf('theirs'), 'registered');
  });

  it('that a platform begins changes nothing unless all of it is good', async () => {
    const token = await bringIn(duke, platform, 'asks', 'NLASK', 'EMSP');
    const put = (body: object) => platform.ask(`${base()}/credentials`, token, { method: 'PUT', body });
    const good = { ...platform.credentials('NL', 'ASK', 'EMSP'), token: 'its-new-token' };
    const other = { ...platform.credentials('NL', 'XXX', 'EMSP'), token: 'its-new-token' };
    assert.equal((await put(other)).json.status_code, 2000);
    platform.say(({ path }) => (path === '/2.2.1' ? { status: 500 } : undefined));
    assert.equal((await put(good)).json.status_code, 3001);
    platform.say(() => undefined);
    assert.equal(await statusOf(token, 'sender/tariffs'), 200);
    await duke.operate('POST', '/operator/v1/partners/asks/rotation');
    assert.equal(shown(), platform.token, 'the one of before');
  });

  it('that ends with the door’s process leaves both tokens that it gave, and can be begun anew', async () => {
    const first = await bringIn(duke, platform, 'killed', 'NLKIL', 'EMSP');
    const letGo = holding('PUT', '/credentials', { status: 500 });
    const rotation = duke.operate('POST', '/operator/v1/partners/killed/rotation');
    const { body } = await isAsked('PUT', '/credentials');
    // As it is after a kill between the partner's yes and its answer: another process on the same database.
    const { sealKey } = duke.config;
    const again = await town.open('USDUK', { sealKey });
    const looked = async (token: string, at: string): Promise<number> =>
      (await platform.ask(`${again.door.url}/ocpi/2.2.1/${at}`, token)).status;
    const { token: given } = JSON.parse(body) as { token: string };
    assert.deepEqual([await looked(first, 'credentials'), await looked(given, 'credentials')], [200, 200]);
    assert.equal(await looked(given, 'sender/tariffs'), 200);
    assert.equal(await looked(first, 'credentials'), 401, 'the partner went on with the new one');
    letGo();
    assert.equal((await rotation).status, 502);
    answering('PUT', { ...platform.credentials('NL', 'KIL', 'EMSP'), token: 'its-new' });
    assert.equal((await again.operate('POST', '/operator/v1/partners/killed/rotation')).status, 200);
    assert.equal(shown(), platform.token);
    await again.operate('POST', '/operator/v1/partners/killed/rotation');
    assert.equal(shown(), 'its-new');
  });
});
