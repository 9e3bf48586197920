import assert from 'node:assert/strict';
import { EVSE, makeKey } from '@roamgrid/service-kit/testing';
import { locationText, tokenText } from '../../objects/examples.fixture.ts';
import { startMachines, type MachinesUnderTest } from '../../testing/machines.ts';
import { startPlatform, type Heard, type Platform, type Said } from '../../simulator/platform.ts';
import { gatewaySays, settleSession, type SettledSession } from '../../testing/settled.ts';
import { until } from '../../testing/until.ts';
import { bringIn, makeTown, type DoorUnderTest, type Town } from '../../testing/world.ts';

const PROGRESS_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Told {
  readonly id?: string;
  readonly status?: string;
  readonly kwh: number;
  readonly total_cost?: object;
  readonly auth_method?: string;
  readonly authorization_reference?: string;
  readonly last_updated: string;
}

/** Of a partner each: by its version, its own card. */
const CARDS = {
  old: { cinRef: 'c1'.repeat(32), uid: '04A1', country: 'NL', party: 'MSP' },
  new: { cinRef: 'c2'.repeat(32), uid: '04A2', country: 'FR', party: 'NEW' },
} as const;
type Who = keyof typeof CARDS;

/** Own gateway and AAA node as stubs: what stands between them and the ledger has tests of its own. */
describe('a session of a partner’s customer', () => {
  let town: Town;
  let alabama: DoorUnderTest;
  let machines: MachinesUnderTest;
  let platforms: Record<Who, Platform>;
  let tokens: Record<Who, string>;
  let sessions: Record<Who, SettledSession>;
  let skippedMs = 0;
  const nowMs = () => Date.now() + skippedMs;
  /** What the AAA node lists as running. */
  const running = new Map<string, object>();
  let isRecorded = false;

  const put = (who: Who, whitelist: string, valid = true) => {
    const { uid, country, party } = CARDS[who];
    const text = JSON.stringify({
      ...(JSON.parse(tokenText) as object),
      ...{ country_code: country, party_id: party, uid, whitelist, valid, contract_id: 'X' },
      last_updated: new Date(nowMs()).toISOString(),
    });
    const path = `ocpi/${platforms[who].version}/receiver/tokens/${country}/${party}/${uid}`;
    return platforms[who].ask(`${alabama.door.url}/${path}`, tokens[who], { method: 'PUT', text });
  };
  const confirm = async (cinRef: string, sessionId: string): Promise<unknown> => {
    const question = { cinRef, sessionId, evseId: EVSE };
    return (await alabama.operate('POST', '/internal/v1/tokens/confirm', question)).body['word'];
  };
  const idOf = (who: Who) => sessions[who].cdr.sessionId;
  /** The AAA node has heard so much of a session. */
  const runs = (who: Who, report?: { sequence: number; energyWh: string; runningMicros: string }): void => {
    const { cdr } = sessions[who];
    running.set(cdr.sessionId, {
      ...{ sessionId: cdr.sessionId, cinRef: CARDS[who].cinRef, vun: cdr.vun, evseId: EVSE },
      ...{ tariffId: cdr.tariffId, tariffVersion: cdr.tariffVersion, currency: cdr.currency },
      ...{ openedAtMs: cdr.startMs, countsUntilMs: nowMs() + 24 * HOUR_MS },
      ...(report && { report: { atMs: nowMs(), powerW: '11000', ...report } }),
    });
  };
  /** What a partner was told of sessions since, and of CDRs. */
  const heardBy = (who: Who, from = 0) =>
    platforms[who].heard.slice(from).filter(({ path }) => /^\/receiver\/(sessions|cdrs)/.test(path));
  const bodyOf = ({ body }: Heard) => JSON.parse(body) as Told;
  const next = (who: Who, from: number, what: string) => until(what, () => heardBy(who, from).at(0));
  const shownTo = async (who: Who): Promise<readonly Told[]> => {
    const path = `ocpi/${platforms[who].version}/sender/sessions`;
    return (await platforms[who].ask(`${alabama.door.url}/${path}`, tokens[who])).json.data;
  };
  const says = (who: Who, answer: (one: Heard) => Said | undefined) => {
    platforms[who].say(answer);
  };

  before(async () => {
    town = await makeTown();
    machines = await startMachines();
    sessions = {
      old: await settleSession(CARDS.old.cinRef),
      new: await settleSession(CARDS.new.cinRef),
    };
    const record = gatewaySays(sessions.old);
    machines.on('GET /internal/v1/cdrs?role=hun&after=&', () =>
      isRecorded ? record.page : { items: [], cursor: '' },
    );
    machines.on('GET /internal/v1/cdrs', () => ({ items: [], cursor: '1' }));
    machines.on('GET /auditor/v1/sessions/', () => ({ settledBody: record.settledBody }));
    machines.on('GET /internal/v1/tariffs/', () => record.tariff);
    machines.on('GET /internal/v1/registry/stations/', () => record.station);
    machines.on('GET /operator/v1/partner-sessions', () => ({ items: [...running.values()] }));
    for (const who of ['old', 'new'] as const)
      machines.on(`POST /operator/v1/customers/${who}/cins`, () => ({ cinRef: CARDS[who].cinRef, cin: 'x' }));
    machines.on('POST /operator/v1/cins/', (path) => ({ tokenId: `t-${path.slice(25, 27)}` }));
    machines.on('PUT /operator/v1/driver-tokens/', () => undefined);
    alabama = await town.open(
      'USALP',
      {
        times: { outbox: 20, feed: 20, firstRetry: 20, longestRetry: 40, progress: PROGRESS_MS },
        standIn: { gatewayUrl: machines.url, aaaUrl: machines.url, machineKey: makeKey('ocpi-1') },
      },
      { nowMs },
    );
    const modules = ['sessions RECEIVER', 'cdrs RECEIVER', 'tokens SENDER'];
    platforms = { old: await startPlatform('2.2.1', modules), new: await startPlatform('2.3.0', modules) };
    tokens = {
      old: await bringIn(alabama, platforms.old, 'old', ['NLCPO', 'CPO'], ['NLMSP', 'EMSP']),
      new: await bringIn(alabama, platforms.new, 'new', 'FRNEW', 'EMSP'),
    };
    for (const who of ['old', 'new'] as const) {
      await alabama.operate('PUT', `/operator/v1/partners/${who}/stand-in`, { customerId: who });
      assert.equal((await put(who, 'NEVER')).status, 201);
    }
    const text = locationText
      .replaceAll('"DE"', '"US"')
      .replaceAll('"RHK"', '"ALP"')
      .replace('DE*RHK*E1', EVSE.replaceAll('*', '-'));
    assert.equal((await alabama.operate('PUT', '/operator/v1/own/locations', { text })).status, 200);
    await until(
      'the cards',
      () => machines.asked.filter(({ what }) => /driver-tokens$/.test(what)).length >= 2,
    );
  });
  after(async () => {
    for (const one of [...Object.values(platforms), machines]) one.close();
    await town.close();
  });

  it('begins with the word of the token’s own party on the place where its driver stands', async () => {
    const at = { location_id: 'L-Harbour-1', evse_uids: ['E1'] };
    const answers = (said: object | undefined, status = 200): void => {
      says('old', ({ path }) => (path.includes('/authorize') ? { data: said, status } : undefined));
    };
    const word = async (more: object, status = 200): Promise<unknown> => {
      answers({ allowed: 'ALLOWED', token: JSON.parse(tokenText) as object, ...more }, status);
      return confirm(CARDS.old.cinRef, idOf('old'));
    };
    await until('the card', async () => (await word({})) === 'ALLOWED');
    for (const no of ['BLOCKED', 'EXPIRED', 'NO_CREDIT', 'NOT_ALLOWED'])
      assert.equal(await word({ allowed: no }), no);
    for (const elsewhere of [{ ...at, evse_uids: ['E2'] }, { ...at, evse_uids: [] }, { location_id: 'L-2' }])
      assert.equal(await word({ location: elsewhere }), 'NOT_HERE', JSON.stringify(elsewhere));
    assert.equal(await word({}, 503), 'AWAY');
    assert.equal(await word({}, 404), 'NOT_ALLOWED');
    assert.equal(await confirm('d9'.repeat(32), idOf('old')), 'BLOCKED');
    const yes = { location: { ...at, evse_uids: ['e1'] }, authorization_reference: 'ref-7' };
    assert.equal(await word(yes), 'ALLOWED');
    const asked = platforms.old.heard.findLast(({ path }) => path.includes('/authorize'));
    assert.equal(asked?.path, '/sender/tokens/04A1/authorize?type=RFID');
    assert.deepEqual(JSON.parse(asked.body), at);
    assert.equal(
      asked.headers['ocpi-to-party-id'],
      'MSP',
      'the platform’s first is its operator of stations',
    );
    await put('new', 'ALLOWED_OFFLINE');
    says('new', () => ({ status: 503 }));
    await until('its whitelist', async () => (await confirm(CARDS.new.cinRef, idOf('new'))) === 'ALLOWED');
  });

  it('is told when it begins, with the partner’s own reference, and shown as it runs', async () => {
    says('new', () => undefined);
    runs('old');
    const begun = await next('old', 0, 'its begin');
    assert.deepEqual([begun.method, begun.path], ['PUT', `/receiver/sessions/US/ALP/${idOf('old')}`]);
    const { status, kwh, auth_method, authorization_reference } = bodyOf(begun);
    assert.deepEqual([status, kwh], ['ACTIVE', 0]);
    assert.deepEqual([auth_method, authorization_reference], ['AUTH_REQUEST', 'ref-7']);
    assert.equal(begun.headers['ocpi-to-party-id'], 'MSP');
    const [shown, ...more] = await shownTo('old');
    assert.deepEqual([shown?.id, shown?.status, more], [idOf('old'), 'ACTIVE', []]);
    assert.deepEqual(await shownTo('new'), [], 'it is nobody else’s');
    assert.deepEqual(heardBy('new'), []);
  });

  it('is told as it moves, no more often than agreed', async () => {
    const from = platforms.old.heard.length;
    runs('old', { sequence: 1, energyWh: '1000', runningMicros: '321000' });
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.deepEqual(heardBy('old', from), []);
    runs('old', { sequence: 2, energyWh: '2500', runningMicros: '802500' });
    skippedMs += PROGRESS_MS;
    const first = await next('old', from, 'what moved');
    // A look that was under way told the first of the two: the second comes when its time has passed again.
    const isBehind = bodyOf(first).kwh === 1;
    if (isBehind) skippedMs += PROGRESS_MS;
    const moved = isBehind ? await next('old', from + 1, 'what moved since') : first;
    const { last_updated: at, ...what } = bodyOf(moved);
    assert.deepEqual([moved.method, moved.headers['ocpi-to-party-id']], ['PATCH', 'MSP']);
    assert.deepEqual(what, { kwh: 2.5, total_cost: { excl_vat: 0.75, incl_vat: 0.8025 } });
    assert.ok(Date.parse(at) <= nowMs());
    const [shown] = await shownTo('old');
    assert.deepEqual([shown?.kwh, shown?.status], [2.5, 'ACTIVE']);
  });

  it('is told whole to whoever does not have what moved, in its version', async () => {
    runs('new');
    await next('new', 0, 'its begin');
    says('new', ({ method }) => (method === 'PATCH' ? { status: 404, statusCode: 2003 } : undefined));
    const from = platforms.new.heard.length;
    runs('new', { sequence: 3, energyWh: '1500', runningMicros: '481500' });
    skippedMs += PROGRESS_MS;
    const [patch, whole] = await until('the whole', () => {
      const heard = heardBy('new', from);
      return heard.length > 1 ? heard : undefined;
    });
    assert.deepEqual([patch?.method, whole?.method], ['PATCH', 'PUT']);
    const told = bodyOf(whole as Heard);
    assert.deepEqual(told.total_cost, { before_taxes: 0.45, taxes: [{ name: 'VAT', amount: 0.0315 }] });
    assert.deepEqual([told.status, told.kwh, told.auth_method], ['ACTIVE', 1.5, 'WHITELIST']);
  });

  it('is told as over before its CDR, however long the partner was away, and never again as running', async () => {
    const from = platforms.old.heard.length;
    let isAway = true;
    says('old', ({ path }) => (isAway && path.includes('/sessions/') ? { status: 503 } : undefined));
    runs('old', { sequence: 4, energyWh: '9000', runningMicros: '2889000' });
    skippedMs += PROGRESS_MS;
    const tried = await next('old', from, 'a try');
    assert.equal(tried.method, 'PATCH');
    isRecorded = true;
    await until('the record', async () => (await shownTo('old')).at(0)?.status === 'COMPLETED');
    await until('tries', () => heardBy('old', from).length > 4);
    assert.deepEqual(
      heardBy('old', from).filter(({ path }) => path.includes('cdrs')),
      [],
      'it waits for its session',
    );
    isAway = false;
    const cdr = await until('the CDR', () =>
      heardBy('old', from).find(({ path }) => path === '/receiver/cdrs'),
    );
    assert.equal(bodyOf(cdr).authorization_reference, 'ref-7');
    const [last, before] = heardBy('old', from).reverse();
    assert.equal(last, cdr);
    assert.deepEqual([before?.method, bodyOf(before as Heard).status], ['PUT', 'COMPLETED']);
    runs('old', { sequence: 5, energyWh: '9500', runningMicros: '3000000' });
    skippedMs += PROGRESS_MS;
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(heardBy('old', from).at(-1), cdr);
    assert.equal((await shownTo('old')).at(0)?.status, 'COMPLETED');
  });

  it('of which no record can come any more is told as none', async () => {
    running.clear();
    const from = platforms.new.heard.length;
    skippedMs += 24 * HOUR_MS;
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.deepEqual(heardBy('new', from), []);
    skippedMs += HOUR_MS;
    const over = await next('new', from, 'its end');
    assert.deepEqual([over.method, bodyOf(over).status], ['PUT', 'INVALID']);
    assert.equal((await shownTo('new')).at(0)?.status, 'INVALID');
  });
});
