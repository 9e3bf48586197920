import assert from 'node:assert/strict';
import type { Store } from '@roamgrid/service-kit';
import { activateRules, makeCustomer, makeOffer } from '@roamgrid/service-kit/testing';
import type { AaaDatabase } from '../store/schema.ts';
import { startVisited } from '../testing/visited.ts';
import { startWorld, storeOf, type World } from '../testing/world.ts';
import { cinRefOf, newPseudonymKey } from './pseudonym.ts';

describe('customers', () => {
  let world: World;
  let store: Store<AaaDatabase>;
  before(async () => {
    world = await startWorld();
    await activateRules(world.ask);
    store = await storeOf(world);
  });
  after(async () => {
    await store.close();
    await world.close();
  });

  it('have as many CINs as they need, each with a pseudonym that only their own key gives', async () => {
    const customer = await makeCustomer(world.ask);
    const path = `/operator/v1/customers/${customer.customerId}/cins`;
    const second = await world.ask('operator', 'POST', path, { customerNumber: 'ABC1234' });
    assert.match(second.body.cin, /^USALPCEABC1234[A-Z0-9]$/);
    assert.notEqual(second.body.cinRef, customer.cinRef);
    // Its first service is what the card is for, and stands in it.
    const fleet = { customerNumber: 'ABC1234', services: ['fleet-charging', 'charging'] };
    assert.match((await world.ask('operator', 'POST', path, fleet)).body.cin, /^USALPCFABC1234[A-Z0-9]$/);
    assert.equal(
      (await world.ask('operator', 'POST', path, { customerNumber: 'ABC1234' })).body.code,
      'CIN_TAKEN',
    );
    const { pseudonym_key: key } = await store.db
      .selectFrom('customer')
      .select('pseudonym_key')
      .where('customer_id', '=', customer.customerId)
      .executeTakeFirstOrThrow();
    assert.equal(cinRefOf(key ?? '', second.body.cin), second.body.cinRef);
    assert.notEqual(cinRefOf(newPseudonymKey(), second.body.cin), second.body.cinRef);
  });

  it('cannot choose a payment method that is not offered, nor a login that is taken', async () => {
    const customer = await makeCustomer(world.ask);
    for (const paymentMethod of ['debit', 'credit-card', 'crypto']) {
      await assert.rejects(
        makeCustomer(world.ask, { account: { paymentMethod, currency: 'USD', creditLimitMicros: '0' } }),
        /PAYMENT_METHOD_NOT_OFFERED/,
      );
    }
    const person = {
      name: 'Eve',
      email: 'eve@example.org',
      login: customer.login,
      password: 'another password',
    };
    await assert.rejects(makeCustomer(world.ask, { person }), /LOGIN_TAKEN/);
  });

  it('say in which language stations speak to them, beside what is signed', async () => {
    const customer = await makeCustomer(world.ask);
    const path = `/operator/v1/customers/${customer.customerId}/language`;
    const visited = await startVisited(world);
    const token = await visited.roamingToken();
    const told = async (): Promise<string | undefined> => {
      const { auth_req_id: id } = await visited.swipe(customer.cin, makeOffer());
      const decision = await visited.decision(token, id);
      assert.ok(decision.outcome === 'authorised');
      assert.ok(!('language' in decision.authorisation));
      return decision.language;
    };
    assert.equal(await told(), undefined);
    assert.equal((await world.ask('operator', 'PUT', path, { language: 'es' })).status, 204);
    assert.equal(await told(), 'es');
    assert.equal((await world.ask('operator', 'PUT', path, {})).status, 204);
    assert.equal(await told(), undefined);
    for (const language of ['de-AT', 'DE', ''])
      assert.equal((await world.ask('operator', 'PUT', path, { language })).body.code, 'INVALID_REQUEST');
    const nobody = '/operator/v1/customers/cust-none/language';
    assert.equal((await world.ask('operator', 'PUT', nobody, {})).body.code, 'CUSTOMER_NOT_FOUND');
  });

  it('that are forgotten leave no trace of the person, and the accounts whole', async () => {
    const secret = {
      name: 'Zoe Quixote',
      email: 'zoe.quixote@example.org',
      login: 'zoe-quixote',
      password: 'a long password',
    };
    const customer = await makeCustomer(world.ask, { person: secret });
    const path = `/operator/v1/customers/${customer.customerId}`;
    const visited = await startVisited(world);
    const { auth_req_id: id } = await visited.swipe(customer.cin, makeOffer());
    const token = await visited.roamingToken();
    assert.equal((await visited.decision(token, id)).outcome, 'authorised');

    const pending = await world.ask('operator', 'DELETE', path);
    assert.equal(pending.body.code, 'ERASURE_PENDING');
    assert.match(pending.body.detail, /a session is open; 1 profiles/);
    const again = await visited.swipe(customer.cin, makeOffer());
    const refused = await visited.decision(token, again.auth_req_id);
    assert.equal(refused.outcome === 'refused' && refused.code, 'CUSTOMER_BLOCKED');

    // What was open runs out.
    await store.db.updateTable('hold').set({ expires_at_ms: 0 }).execute();
    await store.db.updateTable('issued_profile').set({ valid_until_ms: 0 }).execute();
    assert.equal((await world.ask('operator', 'DELETE', path)).status, 204);
    assert.equal((await world.ask('operator', 'DELETE', path)).status, 204);
    const { rows } = await store.pool.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'aaa'",
    );
    for (const { name } of rows) {
      const { rows: found } = await store.pool.query(
        `select 1 from aaa.${name} t where t::text ~* 'quixote|${customer.cin}'`,
      );
      assert.equal(found.length, 0, `table ${name} still knows the person`);
    }
    assert.equal(
      (
        await store.db
          .selectFrom('account')
          .selectAll()
          .where('account_id', '=', customer.accountId)
          .execute()
      ).length,
      1,
    );
    await assert.rejects(visited.swipe(customer.cin, makeOffer()), { error: 'unknown_user_id' });
  });
});
