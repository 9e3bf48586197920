import assert from 'node:assert/strict';
import { base64urlOf, driverAt, slotAt, takeSlotList, takeUnavailableList } from '@roamgrid/offline';
import { keyIdOf } from '@roamgrid/offline/judged';
import { NODE_SUITE, publicKeyOf } from '@roamgrid/offline/node';
import { carriedWords } from '@roamgrid/wire';
import { advanceTo, testNow } from '../../testing/clock.ts';
import type { TestSite } from '../../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../../testing/gateway-rig.ts';
import { testKey } from '../../testing/keys.ts';
import { CHARGERS, OFFLINE, registerOfflineKeys } from '../../testing/offline-keys.ts';
import { CIN_REF, PHONE_KEY, tokenOf } from '../../testing/offline-records.ts';
import { askFor, wishOf } from '../../testing/wishes.ts';

const DECK: TestSite = {
  ...{ stationId: 'DUK-SLOTS', group: 'slots' },
  evses: [
    { evseId: 'US*DUK*ESLOT*1', meterId: 'DUK-SLOTS-1' },
    { evseId: 'US*DUK*ESLOT*2', meterId: 'DUK-SLOTS-2' },
  ],
};
const [EVSE_ID, OTHER_ID] = ['US*DUK*ESLOT*1', 'US*DUK*ESLOT*2'];
const QUARTER_MS = 900_000;

describe('what phones carry to a charger without network', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('offline_slots', { offline: OFFLINE });
    await rig.register(DECK);
    await registerOfflineKeys(rig, 'slots');
  });
  after(() => rig.close());

  const carried = async (evseId = EVSE_ID) => {
    const path = `/offline/v1/carried?evseId=${encodeURIComponent(evseId)}`;
    const response = await fetch(rig.duke.running.url + path);
    const said: unknown = await response.json();
    assert.equal(response.status, 200, JSON.stringify(said));
    return carriedWords.parse(said);
  };
  const operatorOf = async () => {
    const key = publicKeyOf(CHARGERS.key);
    return { kid: await keyIdOf(key, NODE_SUITE), key, readerPoint: new Uint8Array() };
  };
  const bytesOf = (word: string) => new Uint8Array(Buffer.from(word, 'base64url'));
  const slots = async (word: string, evseId = EVSE_ID) => {
    const has = { evseId, version: 0 };
    const taken = await takeSlotList(bytesOf(word), await operatorOf(), has, NODE_SUITE);
    return taken.ok ? taken.value.slots : assert.fail(taken.error.message);
  };
  const shows = (token: Uint8Array) =>
    rig.duke.ask('aaa', 'POST', '/offline/v1/drivers', { token: base64urlOf(token) });

  it('is a list of chargers at which nobody starts, and none is left out of it that may keep what an earlier one said', async () => {
    const put = async (siteId: string, chargers: readonly string[], unavailable: readonly object[] = []) => {
      const path = `/operator/v1/offline/sites/${siteId}/unavailable`;
      const { status, body } = await rig.duke.ask('operator', 'PUT', path, { chargers, unavailable });
      return status === 200 ? Number(body['version']) : JSON.stringify(body);
    };
    const heard = async (evseId: string) => {
      const { unavailable } = await carried(evseId);
      if (unavailable === undefined) return undefined;
      const has = { evseId, version: 0 };
      const taken = await takeUnavailableList(bytesOf(unavailable.word), await operatorOf(), has, NODE_SUITE);
      if (!taken.ok) assert.fail(taken.error.message);
      assert.equal(taken.value.version, unavailable.version);
      return [taken.value.version, taken.value.unavailable.map((each) => each.evseId)];
    };
    await until('its keys are registered', async () => ((await carried()).issuers.list ? true : undefined));
    const row = { evseId: OTHER_ID, fromMs: testNow(), untilMs: testNow() + 3_600_000 };
    const both = [EVSE_ID, OTHER_ID];
    const first = await put('deck', both, [row]);
    assert.equal(typeof first, 'number', String(first));
    assert.equal(await put('deck', both, [row]), first, 'the same again is the same word');
    for (const evseId of both) assert.deepEqual(await heard(evseId), [first, [OTHER_ID]]);
    assert.match(String(await put('deck', [EVSE_ID])), /INVALID_REQUEST.*ESLOT\*2 .*name it/);
    // Nobody knows whether a phone has brought the list that takes it back.
    const second = await put('deck', both);
    assert.deepEqual(await heard(OTHER_ID), [second, []]);
    assert.match(String(await put('deck', [EVSE_ID])), /INVALID_REQUEST.*ESLOT\*2 .*name it/);
    assert.deepEqual(await heard(OTHER_ID), [second, []]);
    // Another site's list reaches it now.
    advanceTo(testNow() + 5_000);
    const moved = await put('roof', [OTHER_ID], [{ ...row, untilMs: testNow() + 60_000 }]);
    const without = await put('deck', [EVSE_ID]);
    assert.equal(typeof without, 'number', String(without));
    assert.deepEqual(await heard(EVSE_ID), [without, []]);
    assert.deepEqual(await heard(OTHER_ID), [moved, [OTHER_ID]]);
    // What is over nobody keeps, and it may not have heard that its time was shortened.
    advanceTo(testNow() + 70_000);
    assert.match(String(await put('roof', [EVSE_ID])), /INVALID_REQUEST/);
    advanceTo(testNow() + 3_700_000);
    assert.equal(typeof (await put('roof', [EVSE_ID])), 'number');
  });

  it('is what is booked at its outlet, as quarters of an hour, for the phone whose owner reserved them', async () => {
    const fromMs = Math.ceil((testNow() + 3_600_000) / QUARTER_MS) * QUARTER_MS;
    const phone = publicKeyOf(PHONE_KEY.key);
    const [mine, other] = [await driverAt(EVSE_ID, phone, NODE_SUITE), new Uint8Array(8).fill(7)];
    await until('its keys are registered', async () => ((await carried()).issuers.list ? true : undefined));
    assert.equal((await carried()).slots, undefined);
    const books = async (evseId: string) => {
      const untilMs = fromMs + 2 * QUARTER_MS;
      const wish = wishOf({ stationId: 'DUK-SLOTS', cinRef: CIN_REF, fromMs, untilMs });
      assert.equal((await askFor(rig, rig.duke, wish)).outcome, 'booked');
      return until(`the list of ${evseId} has it`, async () => (await carried(evseId)).slots);
    };
    const first = await books(EVSE_ID);
    // Nobody knows yet whose it is: it is another's to whoever asks.
    const atS = fromMs / 1_000;
    for (const driver of [mine, other])
      assert.equal(slotAt(await slots(first.word), driver, atS).whose, 'other');
    const tokenSince = (sinceMs: number, holder = PHONE_KEY) =>
      tokenOf({
        ...{ home: rig.home, channel: rig.duke.config.ledger.channel, site: DECK, fromMs: sinceMs, holder },
        ...{ audience: { kind: 'outlet', evseId: EVSE_ID } },
        limits: { sessions: 1, energyWh: 10_000n, costMicros: 20_000_000n },
      });
    const tell = async (leave: string) => {
      const told = await rig.duke
        .ask('aaa', 'POST', '/internal/v1/offline/leaves', { leave })
        .catch(() => null);
      assert.ok(told === null || told.status === 204, JSON.stringify(told));
    };
    const earlier = await tokenSince(testNow(), testKey('phone-2'));
    advanceTo(testNow() + 5_000);
    const { token, leave } = await tokenSince(testNow());
    assert.equal((await shows(token)).body['code'], 'OFFLINE_TOKEN_UNKNOWN');
    await tell(leave);
    const shown = await shows(token).catch(() => null);
    assert.ok(shown === null || shown.status === 204, JSON.stringify(shown));
    const second = (await carried()).slots ?? assert.fail('there is no list');
    assert.ok(second.version > first.version);
    const list = await slots(second.word);
    assert.deepEqual(
      [-1, 0, 899, 1_799, 1_800].map((s) => slotAt(list, mine, atS + s).whose),
      ['nobody', 'own', 'own', 'own', 'nobody'],
    );
    // At the outlet beside it the same phone has another name, and neither is a part of its key.
    const beside = await slots((await books(OTHER_ID)).word, OTHER_ID);
    const nameThere = await driverAt(OTHER_ID, phone, NODE_SUITE);
    assert.equal(slotAt(beside, nameThere, atS).whose, 'own');
    const names = [...list, ...beside].map(({ driver }) => Buffer.from(driver).toString('hex'));
    assert.equal(new Set(names).size, 2);
    for (const name of names) assert.ok(!Buffer.from(phone.x).toString('hex').includes(name));
    // Asked again it is the same list.
    assert.deepEqual((await carried()).slots, second);
    assert.equal(slotAt(list, other, atS).whose, 'other');
    // A phone that its owner gave away shows what it still has: a token that was issued before.
    await tell(earlier.leave);
    const late = await shows(earlier.token).catch(() => null);
    assert.ok(late === null || late.status === 204, JSON.stringify(late));
    assert.deepEqual((await carried()).slots, second);
    advanceTo(testNow() + 7 * 3_600_000);
    assert.match(JSON.stringify((await shows(token)).body), /OFFLINE_TOKEN_UNKNOWN.*no longer/);
  });
});
