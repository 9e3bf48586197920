import assert from 'node:assert/strict';
import { makeCustomer, nextSessionId, type RegistryWorld } from '@roamgrid/service-kit/testing';
import { driverContest, driverContests as driverContestsShape, type Cdr } from '@roamgrid/wire';
import { BILLED, disputesAt, nextMonth, PADDED, PAYABLE, PERIOD } from '../testing/disputes.ts';
import { commit, issueInvoice, settle } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { HOUR_MS } from '../testing/settled.ts';
import { until } from '../testing/until.ts';
import type { World } from '../testing/world.ts';
import { raiseDispute } from './raise.ts';

type Refusal = NonNullable<RegistryWorld['faults']['refusesDisputes']>;

describe('disputes at an AAA node', () => {
  let roaming: Roaming;
  let world: World;
  const {
    acceptedBySilence,
    answers,
    balanceOf,
    bill,
    change,
    driverContests,
    lineOf,
    operatorContests,
    owed,
    review,
    session,
    shown,
    stateIs,
  } = disputesAt(() => roaming);
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
    const contest = operatorContests;
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

    // What is credited took nobody's time: another session of the customer then is no second one.
    const then = await session(customer, { openedAtMs: credited.startMs - 1_000 });
    assert.equal((await review(issueInvoice(world.registry, [then])))?.outcome, 'accepted');
  });

  it('take a driver’s word on a line of the bill: home answers by itself, or disputes the record with it', async () => {
    const customer = await makeCustomer(world.ask);
    const [answered, raised] = [await session(customer), await session(customer)];
    await review(issueInvoice(world.registry, [answered, raised]));
    const path = `/internal/v1/customers/${customer.sub}/contests`;
    const { tell: contest, word } = driverContests(customer);
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
      driverContestsShape.parse(waiting.body).contests.map(({ sessionId }) => sessionId),
      [answered.sessionId, raised.sessionId],
    );
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
    const { contests } = driverContestsShape.parse((await world.ask('gateway', 'GET', path)).body);
    assert.deepEqual(Object.fromEntries(contests.map(({ sessionId, state }) => [sessionId, state])), {
      [answered.sessionId]: 'answered',
      [raised.sessionId]: 'credited',
    });
    const left = await world.ask('operator', 'GET', '/operator/v1/contests');
    assert.deepEqual(driverContestsShape.parse(left.body).contests, []);
  });

  describe('about records whose invoice was accepted although home does not accept them', () => {
    const refuse = (code: Refusal['code'], above = 0): void => {
      world.registry.faults.refusesDisputes = { code, above };
    };
    afterEach(() => {
      world.registry.faults.refusesDisputes = undefined;
    });

    it('are contested by themselves when silence accepted it: found by the node, or contested before it came', async () => {
      const customer = await makeCustomer(world.ask);
      const [padded, early, good] = [
        await session(customer, PADDED),
        await session(customer),
        await session(customer),
      ];
      assert.equal((await operatorContests(early)).status, 204);
      refuse('LEDGER_CLOCK_SKEW');
      const reviewed = issueInvoice(world.registry, [padded]);
      assert.equal((await review(reviewed))?.outcome, 'waiting');
      acceptedBySilence(reviewed);
      // Of this one the node sees nothing before it is accepted.
      acceptedBySilence(issueInvoice(world.registry, [early, good]));
      world.registry.faults.refusesDisputes = undefined;
      for (const each of [padded, early]) {
        await stateIs(each, 'disputed');
        assert.equal(shown(each).record.late, true);
      }
      assert.ok(!world.registry.disputes.some(({ body }) => body?.sessionId === good.sessionId));
    });

    it('are contested by a driver although this node never reviewed the invoice', async () => {
      const customer = await makeCustomer(world.ask);
      const unseen = await session(customer);
      acceptedBySilence(issueInvoice(world.registry, [unseen]));
      await bill(customer, PERIOD, true);
      const { tell, word } = driverContests(customer);
      assert.equal((await tell(unseen)).status, 200);
      assert.equal((await word(unseen, 'raise')).status, 200);
      assert.equal(shown(unseen).record.late, true);
      await stateIs(unseen, 'disputed');
    });

    it('are more than one command names: a hundred are taken off the invoice, the others contested once it is accepted', async () => {
      const records: Cdr[] = [];
      for (let at = 1; at <= 101; at += 1) {
        const sessionId = nextSessionId();
        const openedAtMs = Date.now() - 1_000 * HOUR_MS + 2 * at * HOUR_MS;
        const of = { cinRef: 'e3'.repeat(32), authorisedBy: 'home' } as const;
        const cdr = await settle(world.registry, {
          ...of,
          laneSequence: 1_000 + at,
          sessionId,
          openedAtMs,
          ...PADDED,
        });
        commit(world.registry, 'hun', cdr, of);
        records.push(cdr);
      }
      assert.equal((await review(issueInvoice(world.registry, records)))?.outcome, 'in-part');
      const last = records
        .map(({ sessionId }) => sessionId)
        .sort()
        .at(-1);
      for (const each of records) await stateIs(each, 'disputed');
      assert.deepEqual(
        records.filter((each) => shown(each).record.late === true).map(({ sessionId }) => sessionId),
        [last],
      );
    });

    it('are more than one command carries: as many as it does are taken off the invoice, the others contested', async () => {
      const customer = await makeCustomer(world.ask);
      const records = [
        await session(customer, PADDED),
        await session(customer, PADDED),
        await session(customer, PADDED),
      ];
      refuse('LEDGER_TOO_LARGE', 1);
      assert.equal((await review(issueInvoice(world.registry, records)))?.outcome, 'in-part');
      for (const each of records) await stateIs(each, 'disputed');
      assert.equal(records.filter((each) => shown(each).record.late === true).length, 2);
    });

    describe('when a driver contests', () => {
      it('wait for what time cures, such as a clock, and are told again', async () => {
        const customer = await makeCustomer(world.ask);
        const record = await session(customer);
        await review(issueInvoice(world.registry, [record]));
        await bill(customer, PERIOD, true);
        const { all, tell, word } = driverContests(customer);
        assert.equal((await tell(record)).status, 200);
        refuse('LEDGER_CLOCK_SKEW');
        assert.equal((await word(record, 'raise')).status, 200);
        assert.deepEqual(
          (await all()).map(({ state }) => state),
          ['raised'],
        );
        assert.ok(!world.registry.disputes.some(({ body }) => body?.sessionId === record.sessionId));
        world.registry.faults.refusesDisputes = undefined;
        await stateIs(record, 'disputed');
      });

      it('end with the time to contest: the contest is open again, with the reason, and home can answer it', async () => {
        const customer = await makeCustomer(world.ask);
        const [at, later] = [await session(customer), await session(customer)];
        await review(issueInvoice(world.registry, [at, later]));
        await bill(customer, PERIOD, true);
        const { all, tell, word } = driverContests(customer);
        const contestOf = async ({ sessionId }: Cdr) =>
          (await all()).find((each) => each.sessionId === sessionId);
        for (const each of [at, later]) assert.equal((await tell(each)).status, 200);
        refuse('LEDGER_CLOCK_SKEW');
        assert.equal((await word(later, 'raise')).status, 200);
        refuse('LEDGER_EXPIRED');
        assert.equal((await word(at, 'raise')).body.code, 'DISPUTE_REFUSED');
        for (const each of [at, later]) {
          const open = await until('the contest is open', async () => {
            const found = await contestOf(each);
            return found?.state === 'open' ? found : undefined;
          });
          assert.match(open.refusal ?? '', /^LEDGER_EXPIRED: /);
        }
        assert.equal(
          (await word(at, 'answer', { statement: 'It is too late to ask; it was your card.' })).status,
          200,
        );
        assert.deepEqual(
          [(await contestOf(at))?.state, (await contestOf(at))?.refusal],
          ['answered', undefined],
        );
        world.registry.faults.refusesDisputes = undefined;
        assert.equal((await word(later, 'raise')).status, 200);
        assert.equal((await contestOf(later))?.refusal, undefined);
        await stateIs(later, 'disputed');
      });

      it('are raised once, also when the node dies before anybody is told of it', async () => {
        const customer = await makeCustomer(world.ask);
        const record = await session(customer);
        await bill(customer, PERIOD, true);
        const { tell, word } = driverContests(customer);
        const statement = 'I was not there.';
        assert.equal((await tell(record, statement)).status, 200);
        const { sessionId } = record;
        const contest = { sessionId, reason: 'DRIVER', statement, by: 'alice', isDrivers: true } as const;
        await raiseDispute(roaming.store.db, contest, Date.now(), {});
        for (const _ of ['first', 'again']) assert.equal((await word(record, 'raise')).body.state, 'raised');
        assert.equal((await word(record, 'answer', { statement: 'No.' })).body.code, 'DISPUTE_RAISED');
        acceptedBySilence(issueInvoice(world.registry, [record]));
        await stateIs(record, 'disputed');
      });
    });
  });
});
