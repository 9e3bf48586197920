import assert from 'node:assert/strict';
import { HOME, issuerOf, makeCustomer, makeKey, terms } from '@roamgrid/service-kit/testing';
import { tokenAnswer, type DriverToken, type TokenAnswer } from '@roamgrid/wire';
import { z } from 'zod';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, storeOf, type World } from '../testing/world.ts';
import { createTokenKey } from './key.ts';

const MISSES = 4;
const token = z.object({ tokenId: z.string(), type: z.string(), label: z.string().optional() });

describe('tokens that stand for a card', () => {
  let world: World;
  let duke: Visited;
  let dukeToken: string;
  before(async () => {
    world = await startWorld({ unknownTokensPerMinute: MISSES });
    duke = await startVisited(world);
    dukeToken = await duke.roamingToken();
  });
  after(() => world.close());

  const add = (cinRef: string, told: DriverToken, label?: string) =>
    world.ask('operator', 'POST', `/operator/v1/cins/${cinRef}/driver-tokens`, {
      token: told,
      ...(label !== undefined && { label }),
    });
  const added = async (...of: Parameters<typeof add>) => {
    const { status, body } = await add(...of);
    assert.equal(status, 201);
    return token.parse(body);
  };
  const listed = async (cinRef: string) => {
    const { body } = await world.ask('operator', 'GET', `/operator/v1/cins/${cinRef}/driver-tokens`);
    return z.object({ tokens: z.array(token) }).parse(body).tokens;
  };
  const whose = async (asked: DriverToken): Promise<TokenAnswer> =>
    tokenAnswer.parse(
      (await world.ask('router', 'POST', '/internal/v1/tokens/resolve', { token: asked })).body,
    );
  const whoseAsDuke = (asked: DriverToken) =>
    duke.call(dukeToken, 'POST', '/roaming/v1/tokens/resolve', { token: asked });
  const rfid = (value: string): DriverToken => ({ type: 'rfid', value });

  it('are found however they are written, by the own router and by a partner, and are nowhere in the store', async () => {
    const { cin, cinRef } = await makeCustomer(world.ask);
    const known = { outcome: 'known', cin };
    const first = await added(cinRef, rfid('04A22B1C5D6E80'), 'blue key fob');
    assert.equal(first.label, 'blue key fob');
    assert.deepEqual(await whose(rfid('04:a2:2b:1c:5d:6e:80')), known);
    assert.deepEqual(await (await whoseAsDuke(rfid('04a22b1c5d6e80'))).json(), known);
    // The same digits of another kind are another token.
    assert.deepEqual(await whose({ type: 'app', value: '04A22B1C5D6E80' }), { outcome: 'unknown' });
    assert.deepEqual(await added(cinRef, rfid('04-A2-2B-1C-5D-6E-80')), first);
    const store = await storeOf(world);
    const rows = await store.db.selectFrom('driver_token').selectAll().execute();
    await store.close();
    assert.ok(!/04.?a2.?2b/i.test(JSON.stringify(rows)));
  });

  it('are one card’s each, blocked and removed one by one', async () => {
    const one = await makeCustomer(world.ask);
    const two = await makeCustomer(world.ask);
    const fob = await added(one.cinRef, rfid('0BADC0DE'));
    const phone = { type: 'app', value: 'phone-17' } as const;
    await add(one.cinRef, phone);
    const taken = await add(two.cinRef, rfid('0badc0de'));
    assert.deepEqual([taken.status, taken.body.code], [409, 'TOKEN_TAKEN']);
    assert.equal((await add('0'.repeat(64), rfid('0BADC0DF'))).body.code, 'CIN_NOT_FOUND');
    const path = `/operator/v1/driver-tokens/${fob.tokenId}`;
    assert.equal((await world.ask('operator', 'PUT', `${path}/state`, { state: 'blocked' })).status, 204);
    assert.deepEqual(await whose(rfid('0BADC0DE')), { outcome: 'blocked' });
    assert.deepEqual(await whose(phone), { outcome: 'known', cin: one.cin });
    assert.equal((await world.ask('operator', 'DELETE', path)).status, 204);
    assert.equal((await world.ask('operator', 'DELETE', path)).body.code, 'TOKEN_NOT_FOUND');
    assert.equal((await add(two.cinRef, rfid('0badc0de'))).status, 201);
    const left = await listed(one.cinRef);
    assert.deepEqual(
      left.map(({ type }) => type),
      ['app'],
    );
  });

  it('of a contract are its CIN, with its check character or without it, and a registered one of another system', async () => {
    const { cin, cinRef } = await makeCustomer(world.ask);
    const emaid = (value: string): DriverToken => ({ type: 'emaid', value });
    const known = { outcome: 'known', cin };
    const without = cin.slice(0, -1);
    for (const value of [
      cin,
      without,
      `${cin.slice(0, 2)}-${cin.slice(2, 5)}-${without.slice(5)}`.toLowerCase(),
    ])
      assert.deepEqual(await whose(emaid(value)), known, value);
    await add(cinRef, emaid('NL-ABC-C00123456'));
    assert.deepEqual(await whose(emaid('nl*abc*c00123456')), known);
  });

  it('of a contract of this utility’s are nobody else’s, whatever is registered', async () => {
    const { cin } = await makeCustomer(world.ask);
    const other = await makeCustomer(world.ask);
    const contract: DriverToken = { type: 'emaid', value: cin };
    for (const value of [cin, cin.slice(0, -1)]) {
      const taken = await add(other.cinRef, { type: 'emaid', value });
      assert.deepEqual([taken.status, taken.body.code], [409, 'TOKEN_TAKEN'], value);
    }
    // As if it had been registered before the card was issued.
    const { tokenId } = await added(other.cinRef, { type: 'emaid', value: 'NL-ROG-C00999999' });
    const store = await storeOf(world);
    const token_key = createTokenKey(world.config.secrets.driverTokens)(contract);
    await store.db.updateTable('driver_token').set({ token_key }).where('token_id', '=', tokenId).execute();
    await store.close();
    assert.deepEqual(await whose(contract), { outcome: 'known', cin });
  });

  it('of a contract outlive its card: the customer’s next one takes them over, and nobody else’s', async () => {
    const { cin, cinRef, customerId } = await makeCustomer(world.ask);
    const stranger = await makeCustomer(world.ask);
    const issued = await world.ask('operator', 'POST', `/operator/v1/customers/${customerId}/cins`, {});
    const next = z.object({ cin: z.string(), cinRef: z.string() }).parse(issued.body);
    const foreign: DriverToken = { type: 'emaid', value: 'NL-ABC-C00777777' };
    const chip = rfid('0DDBA11');
    const { tokenId } = await added(cinRef, foreign);
    const fob = await added(cinRef, chip);
    const isTaken = async (of: string, told: DriverToken): Promise<void> => {
      assert.equal((await add(of, told)).body.code, 'TOKEN_TAKEN');
    };
    await isTaken(next.cinRef, foreign);
    const state = (id: string, wanted: string) =>
      world.ask('operator', 'PUT', `/operator/v1/driver-tokens/${id}/state`, { state: wanted });
    await state(tokenId, 'blocked');
    await isTaken(stranger.cinRef, foreign);
    assert.equal((await added(next.cinRef, foreign)).tokenId, tokenId);
    assert.deepEqual(await whose(foreign), { outcome: 'known', cin: next.cin });
    await isTaken(cinRef, foreign);
    // The card is lost, and with it the chip that is on it; its own number stays that of the contract in the car.
    await world.ask('operator', 'POST', '/operator/v1/cins/state', { cin, state: 'lost' });
    await state(fob.tokenId, 'blocked');
    await isTaken(next.cinRef, chip);
    const own: DriverToken = { type: 'emaid', value: cin };
    assert.deepEqual(await whose(own), { outcome: 'known', cin });
    await isTaken(stranger.cinRef, own);
    await added(next.cinRef, own);
    assert.deepEqual(await whose(own), { outcome: 'known', cin: next.cin });
  });

  it('go with the person who is forgotten', async () => {
    const { cinRef, customerId } = await makeCustomer(world.ask);
    await add(cinRef, rfid('DEADBEEF'));
    assert.equal((await world.ask('operator', 'DELETE', `/operator/v1/customers/${customerId}`)).status, 204);
    assert.deepEqual(await whose(rfid('DEADBEEF')), { outcome: 'unknown' });
    assert.deepEqual(await listed(cinRef), []);
  });

  it('are told to no utility without an agreement in force', async () => {
    const { cinRef } = await makeCustomer(world.ask);
    await add(cinRef, rfid('C0FFEE'));
    const key = makeKey('tva-1');
    const nowhere = { oidcIssuer: 'http://localhost:1/oidc', aaaUrl: 'http://localhost:1' };
    const agreementWith = (other: string) => terms({ agreementId: 'alp-tva', parties: [HOME, other] });
    for (const [other, ended] of [
      ['USTVA', undefined],
      ['USTVB', Date.now() - 1],
    ] as const) {
      const { agreement, ...stranger } = issuerOf(other, key, nowhere, agreementWith(other));
      assert.ok(agreement);
      world.registry.issuers.set(
        other,
        ended === undefined ? stranger : { ...stranger, agreement: { ...agreement, endsAtMs: ended } },
      );
      const partner = await startVisited(world, key, other);
      const refused = await partner.call(await partner.roamingToken(), 'POST', '/roaming/v1/tokens/resolve', {
        token: rfid('C0FFEE'),
      });
      const { code } = z.object({ code: z.string() }).parse(await refused.json());
      assert.deepEqual([refused.status, code], [403, 'ISSUER_REFUSED'], other);
    }
  });

  it('that are nobody’s end an asker’s patience, and no other’s', async () => {
    const { cinRef, cin } = await makeCustomer(world.ask);
    await add(cinRef, rfid('FEEDFACE'));
    for (let at = 0; at < MISSES; at += 1) {
      assert.deepEqual(await (await whoseAsDuke(rfid('FEEDFACE'))).json(), { outcome: 'known', cin });
      assert.deepEqual(await (await whoseAsDuke(rfid(`0000000${at}`))).json(), { outcome: 'unknown' });
    }
    assert.equal((await whoseAsDuke(rfid('FEEDFACE'))).status, 429);
    assert.equal((await whose(rfid('FEEDFACE'))).outcome, 'known');
  });
});
