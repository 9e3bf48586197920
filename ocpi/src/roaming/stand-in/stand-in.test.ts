import assert from 'node:assert/strict';
import { meterKeyOf, parseJsonKeepingNumbers, verifyOcmf } from '@roamgrid/wire';
import { EVSE, makeKey } from '@roamgrid/service-kit/testing';
import { locationText, tokenText } from '../../objects/examples.fixture.ts';
import { isTree } from '../../objects/read.ts';
import { startMachines, type MachinesUnderTest } from '../../testing/machines.ts';
import { startPlatform, type Platform } from '../../simulator/platform.ts';
import { gatewaySays, settleSession, type SettledSession } from '../../testing/settled.ts';
import { until } from '../../testing/until.ts';
import { bringIn, makeTown, type DoorUnderTest, type Town } from '../../testing/world.ts';
import { judgeCdr } from '../judge-cdr.ts';

const CIN_REF = 'c1'.repeat(32);

/** Own gateway and AAA node as stubs: what stands between them and the ledger has tests of its own. */
describe('a utility that stands in for a provider of cards', () => {
  let town: Town;
  let alabama: DoorUnderTest;
  let platform: Platform;
  let other: Platform;
  let machines: MachinesUnderTest;
  let session: SettledSession;
  const closing: { close(): void }[] = [];
  let token = '';
  let otherToken = '';
  const base = (): string => `${alabama.door.url}/ocpi/2.2.1`;
  const put = (text: string) =>
    platform.ask(`${base()}/receiver/tokens/NL/MSP/04A1B2C3D4E580`, token, { method: 'PUT', text });
  const askedOf = (what: string) => machines.asked.filter((one) => one.what.startsWith(what));

  before(async () => {
    town = await makeTown();
    machines = await startMachines();
    closing.push(machines);
    session = await settleSession(CIN_REF);
    const says = gatewaySays(session);
    // The ledger has the record once there is a card that it can be of.
    const hasCard = () => askedOf('PUT /operator/v1/driver-tokens/').length >= 4;
    machines.on('GET /internal/v1/cdrs?role=hun&after=&', () =>
      hasCard() ? says.page : { items: [], cursor: '' },
    );
    machines.on('GET /internal/v1/cdrs', () => ({ items: [], cursor: '1' }));
    machines.on('GET /operator/v1/partner-sessions', () => ({ items: [] }));
    machines.on('GET /auditor/v1/sessions/', () => ({ settledBody: says.settledBody }));
    machines.on('GET /internal/v1/tariffs/', () => says.tariff);
    machines.on('GET /internal/v1/registry/stations/', () => says.station);
    alabama = await town.open('USALP', {
      times: { outbox: 20, feed: 20, firstRetry: 20, longestRetry: 40 },
      standIn: { gatewayUrl: machines.url, aaaUrl: machines.url, machineKey: makeKey('ocpi-1') },
    });
    platform = await startPlatform('2.2.1', ['sessions RECEIVER', 'cdrs RECEIVER', 'tokens SENDER']);
    other = await startPlatform('2.3.0', ['sessions RECEIVER', 'cdrs RECEIVER']);
    closing.push(platform, other);
    token = await bringIn(alabama, platform, 'cards', 'NLMSP', 'EMSP');
    otherToken = await bringIn(alabama, other, 'other', 'FROTH', 'EMSP');
  });
  after(async () => {
    for (const one of closing) one.close();
    await town.close();
  });

  it('waits with a partner’s tokens until a customer is named', async () => {
    assert.equal((await put(tokenText)).status, 201);
    const waiting = await until('the fault', async () =>
      (await alabama.operate('GET', '/operator/v1/inbox')).body.items.at(0),
    );
    assert.match(waiting['fault'] ?? '', /^STAND_IN_MISSING/);
  });

  it('makes of each token one card of that customer, known by its chip and its contract', async () => {
    let tries = 0;
    machines.on('POST /operator/v1/customers/alabama-cards/cins', () => ({ cinRef: CIN_REF, cin: 'x' }));
    machines.on('POST /operator/v1/cins/', (_path, body) =>
      ++tries === 1
        ? { code: 'UNAVAILABLE' }
        : { tokenId: `t-${(body as { token: { type: string } }).token.type}` },
    );
    await alabama.operate('PUT', '/operator/v1/partners/cards/stand-in', { customerId: 'alabama-cards' });
    const added = await until('both tokens', () => {
      const all = askedOf('POST /operator/v1/cins/');
      return all.length >= 3 ? all.slice(1) : undefined;
    });
    assert.deepEqual(
      added.map(({ body }) => body),
      [
        { token: { type: 'rfid', value: '04A1B2C3D4E580' }, asksPartner: true },
        { token: { type: 'emaid', value: 'NL-MSP-C00004711-8' }, asksPartner: true },
      ],
    );
    assert.equal(askedOf('POST /operator/v1/customers/').length, 1, 'one card, whatever failed after it');
    assert.ok(added.every(({ role }) => role === 'operator'));
  });

  it('blocks the card when the partner does, and opens it again', async () => {
    machines.on('PUT /operator/v1/driver-tokens/', () => undefined);
    const day = (n: number, valid: boolean): string =>
      tokenText.replace('2026-03-01', `2026-03-0${n}`).replace('"valid": true', `"valid": ${valid}`);
    for (const [n, valid, state] of [
      [2, false, 'blocked'],
      [3, true, 'active'],
    ] as const) {
      const before = askedOf('PUT /operator/v1/driver-tokens/').length;
      await put(day(n, valid));
      const told = await until(state, () => {
        const all = askedOf('PUT /operator/v1/driver-tokens/').slice(before);
        return all.length === 2 ? all : undefined;
      });
      assert.deepEqual(
        told.map(({ what, body }) => `${what.split('/').slice(-2).join('/')} ${JSON.stringify(body)}`),
        [`t-rfid/state {"state":"${state}"}`, `t-emaid/state {"state":"${state}"}`],
      );
    }
  });

  it('lets a contract go on with the card that comes after it, whichever the partner tells first', async () => {
    const other = 'c3'.repeat(32);
    machines.on('POST /operator/v1/customers/alabama-cards/cins', () => ({ cinRef: other, cin: 'y' }));
    let holder = CIN_REF;
    const isBlocked = () =>
      askedOf('PUT /operator/v1/driver-tokens/t-emaid').at(-1)?.what.endsWith('state') === true &&
      (askedOf('PUT /operator/v1/driver-tokens/t-emaid').at(-1)?.body as { state: string }).state ===
        'blocked';
    // The AAA node lets it go on as its own tests say.
    machines.on('POST /operator/v1/cins/', (path, body) => {
      const cinRef = path.split('/').at(-2) ?? '';
      const { type } = (body as { token: { type: string } }).token;
      if (type === 'rfid') return { tokenId: `t-${cinRef.slice(0, 2)}` };
      if (cinRef !== holder && !isBlocked()) return { code: 'TOKEN_TAKEN' };
      holder = cinRef;
      return { tokenId: 't-emaid' };
    });
    const replacement = tokenText.replace('04A1B2C3D4E580', '04NEW').replace('2026-03-01', '2026-03-04');
    const putNew = await platform.ask(`${base()}/receiver/tokens/NL/MSP/04NEW`, token, {
      method: 'PUT',
      text: replacement,
    });
    assert.equal(putNew.status, 201);
    await until('the new card', () => askedOf(`POST /operator/v1/cins/${other}`).length >= 2);
    assert.equal(holder, CIN_REF, 'the old card is good as yet');
    await put(tokenText.replace('2026-03-01', '2026-03-05').replace('"valid": true', '"valid": false'));
    await until('the contract', () => holder === other);
    const from = machines.asked.length;
    await put(tokenText.replace('2026-03-01', '2026-03-06').replace('"ALLOWED"', '"NEVER"'));
    const again = await until('the old card', () => {
      const told = machines.asked.slice(from).filter(({ what }) => what.startsWith('PUT'));
      return told.length > 0 ? told : undefined;
    });
    assert.deepEqual(
      again.map(({ what }) => what),
      ['PUT /operator/v1/driver-tokens/t-rfid/state'],
      'the contract is the new card’s',
    );
  });

  it('holds a record as long as partners were shown no location of its outlet, and says so', async () => {
    const held = await until('the record', async () =>
      (await alabama.operate('GET', '/operator/v1/held-records')).body.items.at(0),
    );
    assert.match(held['fault'] ?? '', new RegExp(`LOCATION_MISSING.*${EVSE.replaceAll('*', '\\*')}`));
  });

  it('tells the partner its customer’s session and CDR, which a rating anew finds equal, with what the meter signed', async () => {
    const shown = locationText
      .replaceAll(/"(DE)"/g, '"US"')
      .replaceAll('"RHK"', '"ALP"')
      .replace('DE*RHK*E1', EVSE);
    const location = await alabama.operate('PUT', '/operator/v1/own/locations', { text: shown });
    assert.equal(location.status, 200, JSON.stringify(location.body));
    const told = await until('the CDR', () => platform.heard.find(({ path }) => path === '/receiver/cdrs'));
    const parsed = parseJsonKeepingNumbers(told.body);
    assert.ok(parsed.ok && isTree(parsed.value));
    const verdict = judgeCdr(parsed.value, 'America/New_York');
    assert.deepEqual('differences' in verdict ? verdict.differences : [], []);
    assert.equal(verdict.state, 'equal');
    const cdr = JSON.parse(told.body) as {
      total_energy: number;
      total_cost: { incl_vat: number };
      cdr_token: { uid: string };
      metered_by: string;
      auth_method: string;
      authorization_reference?: string;
      breakdown: { type: string }[];
      signed_data: { public_key: string; signed_values: { signed_data: string }[] };
    };
    assert.equal(cdr.total_energy, 12.3456);
    assert.equal(BigInt(Math.round(cdr.total_cost.incl_vat * 1e6)), session.cdr.totalMicros);
    assert.equal(cdr.cdr_token.uid, '04A1B2C3D4E580');
    assert.equal(cdr.metered_by, 'meter');
    assert.equal(cdr.auth_method, 'AUTH_REQUEST', 'its card is good for nothing without one');
    assert.equal(cdr.authorization_reference, undefined, 'nobody asked for it here');
    assert.deepEqual([...new Set(cdr.breakdown.map(({ type }) => type))], ['ENERGY', 'PARKING_TIME']);
    const key = meterKeyOf(cdr.signed_data.public_key);
    assert.ok(key.ok);
    assert.ok(verifyOcmf(cdr.signed_data.signed_values[0]?.signed_data ?? '', key.value).ok);
    const over = platform.heard.find(({ path }) => path.startsWith('/receiver/sessions/US/ALP/'));
    assert.match(over?.body ?? '', /"status":"COMPLETED"/);
    assert.deepEqual((await alabama.operate('GET', '/operator/v1/held-records')).body.items, []);
  });

  it('shows it to nobody else', async () => {
    assert.ok(!other.heard.some(({ path }) => path.startsWith('/receiver')));
    for (const module of ['sessions', 'cdrs']) {
      const theirs = await platform.ask(`${base()}/sender/${module}`, token);
      assert.equal((theirs.json.data as unknown[]).length, 1);
      const others = await other.ask(`${alabama.door.url}/ocpi/2.3.0/sender/${module}`, otherToken);
      assert.deepEqual(others.json.data, []);
    }
  });

  it('lets no partner name contracts of another party, on a card of its own or instead of one', async () => {
    let issued = 0;
    machines.on('POST /operator/v1/customers/others/cins', () => ({ cinRef: `d${++issued}`.repeat(32) }));
    await alabama.operate('PUT', '/operator/v1/partners/other/stand-in', { customerId: 'others' });
    const before = askedOf('POST /operator/v1/cins/').length;
    const name = async (uid: string, type: string, contract: string): Promise<void> => {
      const told = await other.ask(
        `${alabama.door.url}/ocpi/2.3.0/receiver/tokens/FR/OTH/${encodeURIComponent(uid)}?type=${type}`,
        otherToken,
        {
          method: 'PUT',
          text: JSON.stringify({
            ...(JSON.parse(tokenText) as object),
            ...{ country_code: 'FR', party_id: 'OTH', uid, type, contract_id: contract },
          }),
        },
      );
      assert.equal(told.json.status_code, 1000, told.text);
    };
    await name('US*ALP*C00004711', 'EMAID', 'US*ALP*C00004711');
    await name('nl-msp-c00004711', 'EMAID', 'FR-OTH-C00004711');
    await name('04BAD0', 'RFID', 'nlMspC00004711');
    await name('fr*oth*C00004711', 'EMAID', 'X');
    const added = await until('the last of them', () => {
      const all = askedOf('POST /operator/v1/cins/').slice(before);
      return /fr.oth/.test(JSON.stringify(all)) ? all : undefined;
    });
    assert.deepEqual(
      added.map(({ body }) => (body as { token: object }).token),
      [
        { type: 'rfid', value: '04BAD0' },
        { type: 'emaid', value: 'fr*oth*C00004711' },
      ],
    );
  });
});
