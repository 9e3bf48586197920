import assert from 'node:assert/strict';
import { makeCustomer, nextSessionId } from '@roamgrid/service-kit/testing';
import { BILLED, disputesAt, nextMonth, PADDED, PAYABLE, PERIOD, TOTAL } from '../testing/disputes.ts';
import { issueInvoice } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { until } from '../testing/until.ts';
import type { World } from '../testing/world.ts';

describe('disputes at an AAA node', () => {
  let roaming: Roaming;
  let world: World;
  const { answers, balanceOf, bill, change, lineOf, owed, review, session, shown, stateIs } = disputesAt(
    () => roaming,
  );
  const sumOf = (account: string) => roaming.sumOf(account);

  before(async () => {
    roaming = await startRoaming();
    ({ world } = roaming);
  });
  after(() => roaming.close());

  it('take a record that fails its checks off its invoice, by itself, and accept the others', async () => {
    const customer = await makeCustomer(world.ask);
    const good = await session(customer);
    const padded = await session(customer, PADDED);
    assert.equal((await bill(customer))?.lines.length, 2);
    const before = await owed();
    // The ledger takes it, and the answer is lost, as in a crash between the two.
    world.registry.faults.answersLost = true;
    const invoiceId = issueInvoice(world.registry, [good, padded]);
    assert.equal((await review(invoiceId))?.outcome, 'waiting');
    const evidence = (await lineOf('home', padded)).evidence;
    assert.match(evidence ?? '', /more energy than the outlet can give/);
    await world.restart();
    world.registry.faults.answersLost = false;
    await stateIs(padded, 'disputed');
    const line = await lineOf('home', padded);
    assert.deepEqual(
      [line.state, line.reason, line.evidence, line.waitsFor, line.disputedMicros],
      ['disputed', 'ENERGY', evidence, 'visited', TOTAL],
    );
    assert.deepEqual(
      world.registry.disputes.map(({ body }) => body?.sessionId),
      [padded.sessionId],
    );
    assert.equal(world.registry.accepted.filter((id) => id === invoiceId).length, 1);
    assert.equal(before - (await owed()), PAYABLE);
    assert.deepEqual(
      (await bill(customer))?.lines.map(({ sessionId }) => sessionId),
      [good.sessionId],
    );
    assert.equal(await balanceOf(customer), -2n * BILLED);

    // Credited: nothing of it is ever billed, and it is given back once.
    answers(padded, 'credited', 0n);
    await stateIs(padded, 'credited');
    await world.restart();
    await until('rounds', async () =>
      (await lineOf('home', padded)).state === 'credited' ? true : undefined,
    );
    assert.equal(await balanceOf(customer), -BILLED);
    assert.equal(await sumOf('payable:disputed'), 0n);
    assert.equal((await bill(customer))?.payableMicros, BILLED.toString());
  });

  it('bill a record that was revised or upheld by what it came to, once', async () => {
    const customer = await makeCustomer(world.ask);
    const before = await owed();
    const [upheld, revised] = [await session(customer, PADDED), await session(customer, PADDED)];
    const invoiceId = issueInvoice(world.registry, [upheld, revised]);
    assert.equal((await review(invoiceId))?.outcome, 'in-part');
    assert.equal(await bill(customer), undefined);
    answers(upheld, 'upheld');
    answers(revised, 'revised', TOTAL / 2n);
    // What is revised is what home asked for, what is upheld a person's to look at.
    await stateIs(revised, 'settled');
    await stateIs(upheld, 'upheld');
    assert.equal((await lineOf('home', upheld)).waitsFor, 'home');
    const path = `/operator/v1/disputes/${shown(upheld).record.disputeId}/accept`;
    const told = await world.ask('operator', 'POST', path);
    assert.equal(told.status, 200, JSON.stringify(told.body));
    await stateIs(upheld, 'settled');
    assert.equal((await owed()) - before, PAYABLE + PAYABLE / 2n);
    const made = await bill(customer);
    assert.deepEqual(
      made?.lines.map(({ sessionId, totalMicros }) => [sessionId, totalMicros]),
      [
        [upheld.sessionId, TOTAL.toString()],
        [revised.sessionId, (TOTAL / 2n).toString()],
      ],
    );
    assert.equal(-(await balanceOf(customer)), BigInt(made.payableMicros));
  });

  it('correct a bill that was issued on a later one, which what was paid too much then pays', async () => {
    const customer = await makeCustomer(world.ask);
    const [kept, contested] = [await session(customer), await session(customer)];
    const issued = await bill(customer, PERIOD, true);
    assert.equal(issued?.payableMicros, (2n * BILLED).toString());
    const contest = { sessionId: contested.sessionId, reason: 'DRIVER', statement: 'I was not there.' };
    assert.equal((await world.ask('operator', 'POST', '/operator/v1/disputes', contest)).status, 204);
    assert.equal(
      (await world.ask('operator', 'POST', '/operator/v1/disputes', contest)).body.code,
      'DISPUTE_RAISED',
    );
    assert.equal((await lineOf('home', contested)).waitsFor, 'invoice');
    await review(issueInvoice(world.registry, [kept, contested]));
    await stateIs(contested, 'disputed');
    const nobody = { ...contest, sessionId: nextSessionId() };
    assert.equal(
      (await world.ask('operator', 'POST', '/operator/v1/disputes', nobody)).body.code,
      'RECORD_UNKNOWN',
    );
    assert.deepEqual(await bill(customer), issued);
    // The visited utility is silent, and its time is over.
    change(contested, (dispute) => ({ ...dispute, silentUntilMs: Date.now() - 1 }));
    await stateIs(contested, 'credited');
    assert.deepEqual(await bill(customer), issued);
    const later = await bill(customer, nextMonth(), true);
    assert.deepEqual(later?.corrections, [
      {
        sessionId: contested.sessionId,
        outcome: 'credited',
        totalMicros: (-TOTAL).toString(),
        driverShareMicros: '-64200',
      },
    ]);
    assert.equal(later.payableMicros, (-BILLED).toString());
    assert.equal(await balanceOf(customer), -BILLED);

    // Once he has paid and is forgotten, no table has a word of his.
    const owner = `/operator/v1/customers/${customer.customerId}`;
    const paid = { paymentId: 'disputed', reference: 'bank 1', micros: BILLED.toString(), currency: 'USD' };
    await world.ask('operator', 'POST', `${owner}/payments`, { ...paid, valueDate: `${PERIOD}-01` });
    const { db, pool } = roaming.store;
    // Its term is over.
    const over = { valid_until_ms: Date.now() - 1 };
    await db.updateTable('issued_profile').set(over).where('customer_id', '=', customer.customerId).execute();
    const forgotten = await world.ask('operator', 'DELETE', owner);
    assert.equal(forgotten.status, 204, JSON.stringify(forgotten.body));
    const tables = await pool.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'aaa'",
    );
    for (const { name } of tables.rows) {
      const found = await pool.query(`select 1 from aaa.${name} t where t::text like '%I was not there%'`);
      assert.equal(found.rows.length, 0, `table ${name} still has his words`);
    }
  });
});
