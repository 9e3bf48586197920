import assert from 'node:assert/strict';
import { makeCustomer, type TestCustomer } from '@roamgrid/service-kit/testing';
import { BILLED, disputesAt, nextMonth, PERIOD } from '../testing/disputes.ts';
import { issueInvoice } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import type { World } from '../testing/world.ts';
import { sessionsOn } from './bill-lines.ts';
import { bookingsOn } from './booking-lines.ts';
import { correctionsOn } from './corrections.ts';

const TODAY = new Date().toISOString().slice(0, 10);

describe('what an account owes', () => {
  let roaming: Roaming;
  let world: World;
  let names = 0;
  const { answers, bill, review, session, stateIs } = disputesAt(() => roaming);

  before(async () => {
    roaming = await startRoaming();
    ({ world } = roaming);
  });
  after(() => roaming.close());

  const accountOf = async ({ customerId }: TestCustomer) => {
    const { status, body } = await world.ask(
      'operator',
      'GET',
      `/operator/v1/customers/${customerId}/account`,
    );
    assert.equal(status, 200, JSON.stringify(body));
    const { balanceMicros, openMicros, creditMicros } = body as unknown as Record<string, string>;
    return [balanceMicros, openMicros, creditMicros].map(String);
  };
  const pay = async ({ customerId }: TestCustomer, micros: bigint, currency = 'USD') => {
    const name = `owed-${(names += 1)}`;
    const told = { paymentId: name, reference: name, micros: micros.toString(), currency, valueDate: TODAY };
    const answer = await world.ask('operator', 'POST', `/operator/v1/customers/${customerId}/payments`, told);
    return (answer.body as unknown as Record<string, string>)['outcome'];
  };
  const micros = (...amounts: readonly bigint[]) => amounts.map(String);

  it('is less by what a later bill gives back, which pays the older one', async () => {
    const customer = await makeCustomer(world.ask);
    const [kept, contested] = [await session(customer), await session(customer)];
    await bill(customer, PERIOD, true);
    assert.deepEqual(await accountOf(customer), micros(-2n * BILLED, 2n * BILLED, 0n));
    const contest = { sessionId: contested.sessionId, reason: 'DRIVER', statement: 'I was not there.' };
    assert.equal((await world.ask('operator', 'POST', '/operator/v1/disputes', contest)).status, 204);
    await review(issueInvoice(world.registry, [kept, contested]));
    await stateIs(contested, 'disputed');
    answers(contested, 'credited', 0n);
    await stateIs(contested, 'credited');
    const later = await bill(customer, nextMonth(), true);
    assert.deepEqual([later?.payableMicros, later?.state], [(-BILLED).toString(), 'paid']);
    assert.deepEqual(await accountOf(customer), micros(-BILLED, BILLED, 0n));
    const older = await bill(customer);
    assert.deepEqual([older?.paidMicros, older?.state], [BILLED.toString(), 'issued']);

    assert.equal(await pay(customer, BILLED), 'exact');
    assert.equal((await bill(customer))?.state, 'paid');
    assert.equal(await pay(customer, 5n), 'over');
    assert.deepEqual(await accountOf(customer), micros(5n, 0n, 5n));
  });

  it('is in the currency of its bills, whatever the station’s was', async () => {
    const rate = {
      from: 'USD',
      to: 'EUR',
      rateMicros: '500000',
      source: 'these tests',
      validFromMs: 0,
      validUntilMs: Date.now() + 86_400_000,
    };
    assert.ok((await world.ask('operator', 'POST', '/operator/v1/exchange-rates', rate)).status < 300);
    const customer = await makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'EUR', creditLimitMicros: '100000000' },
    });
    await session(customer);
    const owed = BILLED / 2n;
    assert.equal((await bill(customer, PERIOD, true))?.payableMicros, owed.toString());
    assert.deepEqual(await accountOf(customer), micros(-owed, owed, 0n));
    assert.equal(await pay(customer, owed, 'EUR'), 'exact');
    assert.deepEqual(await accountOf(customer), micros(0n, 0n, 0n));
  });

  it('is less by a top-up at once, on the bill too', async () => {
    const account = { paymentMethod: 'prepaid', currency: 'USD', creditLimitMicros: '0' };
    const customer = await makeCustomer(world.ask, { account });
    assert.equal(await pay(customer, 5n * BILLED), 'over');
    await session(customer);
    assert.equal((await bill(customer, PERIOD, true))?.state, 'paid');
    const back = `/operator/v1/payments/owed-${names}/reversal`;
    assert.equal(
      (await world.ask('operator', 'POST', back, { reversalId: 'r', reason: 'no funds' })).status,
      200,
    );
    assert.equal((await bill(customer))?.state, 'issued');
    const topUp = { topUpId: 'one', micros: BILLED.toString() };
    const path = `/operator/v1/customers/${customer.customerId}/top-ups`;
    assert.equal((await world.ask('operator', 'POST', path, topUp)).status, 200);
    const paid = await world.ask('gateway', 'GET', `/internal/v1/customers/${customer.sub}/bills`);
    assert.deepEqual(
      paid.body.bills.map(({ state, paidMicros }) => [state, paidMicros]),
      [['paid', BILLED.toString()]],
    );
    assert.deepEqual(await accountOf(customer), micros(0n, 0n, 0n));
  });

  it('is read from however many bills there are, more than a statement has parameters for', async () => {
    const ids = Array.from({ length: 70_000 }, (_, at) => `no bill ${at}`);
    const { db } = roaming.store;
    const found = [await sessionsOn(db, ids), await correctionsOn(db, ids), await bookingsOn(db, ids)];
    assert.deepEqual(
      found.flatMap((on) => [...on]),
      [],
    );
  });
});
