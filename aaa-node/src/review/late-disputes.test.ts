import assert from 'node:assert/strict';
import { makeCustomer } from '@roamgrid/service-kit/testing';
import { driverContest, driverContests, type Cdr } from '@roamgrid/wire';
import { BILLED, disputesAt, nextMonth, PAYABLE, PERIOD } from '../testing/disputes.ts';
import { issueInvoice } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
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

  it('contest a record after its invoice was accepted: what is less goes back by a note, what stands stays', async () => {
    const customer = await makeCustomer(world.ask);
    const before = await owed();
    const records = [await session(customer), await session(customer), await session(customer)] as const;
    const [upheld, credited, silent] = records;
    const contest = ({ sessionId }: Cdr) =>
      world.ask('operator', 'POST', '/operator/v1/disputes', {
        sessionId,
        reason: 'DRIVER',
        statement: 'I was not there.',
      });
    const invoiceId = issueInvoice(world.registry, records);
    assert.equal((await review(invoiceId))?.outcome, 'accepted');
    const issued = await bill(customer, PERIOD, true);
    // The ledger takes it, and the answer is lost: it is told again.
    world.registry.faults.answersLost = true;
    assert.equal((await contest(upheld)).status, 204);
    world.registry.faults.answersLost = false;
    await stateIs(upheld, 'disputed');
    assert.equal((await contest(upheld)).body.code, 'DISPUTE_RAISED');
    for (const record of [credited, silent]) assert.equal((await contest(record)).status, 204);
    assert.equal((await lineOf('home', silent)).isLate, true);
    const contested = world.registry.disputes.filter(({ record }) => record.invoiceId === invoiceId);
    assert.deepEqual(
      contested.map(({ record }) => record.late),
      [true, true, true],
    );
    answers(upheld, 'upheld');
    answers(credited, 'credited', 0n);
    change(silent, (dispute) => ({ ...dispute, silentUntilMs: Date.now() - 1 }));
    for (const record of records) await stateIs(record, 'settled');
    assert.equal((await lineOf('home', upheld)).waitsFor, 'nobody');
    for (const record of [credited, silent]) assert.ok((await lineOf('home', record)).creditId);
    assert.equal(shown(upheld).record.state, 'upheld');
    assert.equal((await owed()) - before, PAYABLE);
    assert.equal(await sumOf('payable:disputed'), 0n);
    assert.deepEqual(await bill(customer), issued);
    const later = await bill(customer, nextMonth(), true);
    assert.deepEqual(
      later?.corrections?.map(({ sessionId, outcome }) => [sessionId, outcome]).sort(),
      [credited, silent].map(({ sessionId }) => [sessionId, 'credited']).sort(),
    );
    assert.equal(await balanceOf(customer), -BILLED);
  });

  it('take a driver’s word on a line of the bill: home answers by itself, or disputes the record with it', async () => {
    const customer = await makeCustomer(world.ask);
    const [answered, raised] = [await session(customer), await session(customer)];
    await review(issueInvoice(world.registry, [answered, raised]));
    const path = `/internal/v1/customers/${customer.sub}/contests`;
    const contest = ({ sessionId }: Cdr, statement = 'I was not there.') =>
      world.ask('gateway', 'POST', path, { sessionId, statement });
    assert.equal((await contest(answered)).body.code, 'RECORD_UNKNOWN');
    await bill(customer, PERIOD, true);
    const stranger = await makeCustomer(world.ask);
    const foreign = `/internal/v1/customers/${stranger.sub}/contests`;
    const body = { sessionId: answered.sessionId, statement: 'Mine.' };
    assert.equal((await world.ask('gateway', 'POST', foreign, body)).body.code, 'RECORD_UNKNOWN');
    for (const each of [answered, raised, raised]) assert.equal((await contest(each)).status, 200);
    assert.equal((await contest(answered, 'Something else.')).body.code, 'DISPUTE_RAISED');
    assert.equal((await world.ask('router', 'GET', path)).status, 403);
    const waiting = await world.ask('operator', 'GET', '/operator/v1/contests');
    assert.deepEqual(
      driverContests.parse(waiting.body).contests.map(({ sessionId }) => sessionId),
      [answered.sessionId, raised.sessionId],
    );
    const word = (cdr: Cdr, verb: string, said?: unknown) =>
      world.ask('operator', 'POST', `/operator/v1/contests/${cdr.sessionId}/${verb}`, said);
    const answer = { statement: 'Your card was in the car; here is the photograph.' };
    for (const _ of ['first', 'again'])
      assert.equal(
        driverContest.parse((await word(answered, 'answer', answer)).body).answer,
        answer.statement,
      );
    assert.equal((await word(answered, 'raise')).body.code, 'DISPUTE_RAISED');
    for (const _ of ['first', 'again'])
      assert.equal(driverContest.parse((await word(raised, 'raise')).body).state, 'raised');
    assert.equal((await word(raised, 'answer', answer)).body.code, 'DISPUTE_RAISED');
    assert.match(shown(raised).body?.evidence ?? '', /I was not there/);
    answers(raised, 'credited', 0n);
    await stateIs(raised, 'settled');
    const { contests } = driverContests.parse((await world.ask('gateway', 'GET', path)).body);
    assert.deepEqual(Object.fromEntries(contests.map(({ sessionId, state }) => [sessionId, state])), {
      [answered.sessionId]: 'answered',
      [raised.sessionId]: 'credited',
    });
    const left = await world.ask('operator', 'GET', '/operator/v1/contests');
    assert.deepEqual(driverContests.parse(left.body).contests, []);
  });
});
