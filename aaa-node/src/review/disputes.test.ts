import assert from 'node:assert/strict';
import type { Store } from '@roamgrid/service-kit';
import {
  activateRules,
  HOME,
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
  nextSessionId,
  STATION,
  VISITED,
  type TestCustomer,
} from '@roamgrid/service-kit/testing';
import {
  disputeAnswer,
  driverContest,
  driverContests,
  type Cdr,
  type DisputeReason,
  type ShownDispute,
} from '@roamgrid/wire';
import { disputeLines, missingLines, type DisputeLine } from '../operator/dispute-routes.ts';
import type { AaaDatabase } from '../store/schema.ts';
import { commit, issueInvoice, settle } from '../testing/records.ts';
import { HOUR_MS, type SettledOptions } from '../testing/settled.ts';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, storeOf, type World } from '../testing/world.ts';

const nextMonth = (): string => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString().slice(0, 7);
};
const PERIOD = new Date().toISOString().slice(0, 7);
/** 10 kWh at 0.30 and 7 % tax; 93 % of it are the visited side's. */
const TOTAL = 3_210_000n;
const PAYABLE = 2_985_300n;
const BILLED = 3_145_800n;

describe('disputes at an AAA node', () => {
  let world: World;
  let visited: Visited;
  let token: string;
  let store: Store<AaaDatabase>;
  let hours = 0;
  let sequence = 0;

  before(async () => {
    world = await startWorld();
    await activateRules(world.ask);
    visited = await startVisited(world);
    token = await visited.roamingToken();
    store = await storeOf(world);
  });
  after(async () => {
    await store.close();
    await world.close();
  });

  const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const found = await ask();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${what} did not come`);
  };
  /** A session that home authorised, with the record that its settled text comes to. */
  const session = async (customer: TestCustomer, changes: SettledOptions = {}): Promise<Cdr> => {
    const offer = makeOffer();
    const { auth_req_id: id } = await visited.swipe(customer.cin, offer);
    const decision = await visited.decision(token, id);
    assert.ok(decision.outcome === 'authorised');
    const { authorisation, signedAuthorisation: evidence } = decision;
    const by = { evidence, cinRef: authorisation.cinRef, offer };
    const consent = await makeConsent(world.keys, makeQuote(authorisation, offer), by);
    assert.equal((await visited.consent(token, id, consent)).status, 204);
    hours += 2;
    const cdr = await settle(world.registry, {
      laneSequence: (sequence += 1),
      sessionId: consent.sessionId,
      cinRef: customer.cinRef,
      openedAtMs: Date.now() - 500 * HOUR_MS + hours * HOUR_MS,
      ...changes,
    });
    commit(world.registry, 'hun', cdr, { cinRef: customer.cinRef, authorisedBy: 'home' });
    return cdr;
  };
  const PADDED = { lengthMs: 600_000 };
  const review = async (invoiceId: string) => {
    const { reviews } = (await world.ask('operator', 'POST', '/operator/v1/invoice-reviews')).body;
    return reviews.find((one) => one.invoiceId === invoiceId);
  };
  const bill = async (customer: TestCustomer, periodId = PERIOD, issue = false) => {
    const { body } = await world.ask('operator', 'POST', `/operator/v1/periods/${periodId}/bills`, { issue });
    const seen = await world.ask('gateway', 'GET', `/internal/v1/customers/${customer.sub}/bills`);
    assert.ok(body.bills);
    return seen.body.bills.find((each) => each.periodId === periodId);
  };
  const sumOf = async (account: string): Promise<bigint> => {
    const rows = await store.db
      .selectFrom('posting')
      .select('micros')
      .where('ledger_account', '=', account)
      .execute();
    return rows.reduce((sum, { micros }) => sum + micros, 0n);
  };
  const owed = async () => -(await sumOf(`payable:${VISITED}`));
  const balanceOf = async ({ accountId }: TestCustomer): Promise<bigint> =>
    (
      await store.db
        .selectFrom('account')
        .select('balance_micros')
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
    ).balance_micros;
  const lines = async (side: 'home' | 'visited'): Promise<readonly DisputeLine[]> => {
    const answer = await world.ask('operator', 'GET', `/operator/v1/disputes?side=${side}`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return disputeLines.parse(answer.body).disputes;
  };
  const lineOf = async (side: 'home' | 'visited', { sessionId }: Cdr): Promise<DisputeLine> => {
    const found = (await lines(side)).find((line) => line.sessionId === sessionId);
    assert.ok(found);
    return found;
  };
  /** What the ledger has of a record's dispute; a test says what the other side said. */
  const shown = ({ sessionId }: Cdr): ShownDispute => {
    const found = world.registry.disputes.find(({ body }) => body?.sessionId === sessionId);
    assert.ok(found);
    return found;
  };
  const change = (cdr: Cdr, to: (dispute: ShownDispute) => ShownDispute): void => {
    const at = world.registry.disputes.indexOf(shown(cdr));
    world.registry.disputes.splice(at, 1, to(shown(cdr)));
  };
  const answers = (cdr: Cdr, outcome: 'upheld' | 'revised' | 'credited', totalMicros = TOTAL): void => {
    change(cdr, ({ record, body }) => {
      assert.ok(body);
      const { disputeId, currency, salt, evidenceHash } = body;
      const part = (micros: bigint) => (micros * totalMicros) / TOTAL;
      const { hun, vun, infrastructure } = body.shares;
      const shares = {
        hun: part(hun),
        vun: part(vun),
        infrastructure: part(infrastructure),
        driver: totalMicros - part(hun) - part(vun) - part(infrastructure),
      };
      const payableMicros = shares.vun + shares.infrastructure;
      const answer = {
        disputeId,
        currency,
        salt,
        evidenceHash,
        outcome,
        energyWh: 5_000n,
        totalMicros,
        shares,
        payableMicros,
      };
      return { record: { ...record, state: outcome }, body, answer };
    });
  };
  const stateIs = (cdr: Cdr, state: DisputeLine['state']) =>
    until(`${cdr.sessionId} ${state}`, async () => {
      const row = await store.db
        .selectFrom('record_dispute')
        .select('state')
        .where('session_id', '=', cdr.sessionId)
        .executeTakeFirst();
      return row?.state === state ? true : undefined;
    });

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
  });

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

  it('demand a record whose time is over, once, and list it', async () => {
    const due = { vun: VISITED, hun: HOME, state: 'opened' as const, openedAtMs: 1, dueAtMs: Date.now() - 1 };
    const sessionId = nextSessionId();
    const early = nextSessionId();
    world.registry.missing.push(
      { ...due, sessionId },
      { ...due, sessionId: early, dueAtMs: Date.now() + HOUR_MS },
    );
    const listed = async () => {
      const { body } = await world.ask('operator', 'GET', '/operator/v1/missing-records?side=home');
      return missingLines.parse(body);
    };
    const { notEnded } = await until('the demand', async () => {
      const now = await listed();
      return now.demanded.length > 0 ? now : undefined;
    });
    assert.deepEqual(notEnded.map((each) => each.sessionId).sort(), [sessionId, early].sort());
    await world.restart();
    await until('another round', async () => (await listed()).demanded[0]);
    assert.deepEqual(world.registry.demanded, [sessionId]);
  });

  describe('about records at this utility’s own outlets', () => {
    /** A record of another utility's customer here, which that utility disputes. */
    const disputed = async (reason: DisputeReason, changes: SettledOptions = {}): Promise<Cdr> => {
      const sessionId = nextSessionId(HOME, VISITED);
      hours += 2;
      const cdr = await settle(world.registry, {
        laneSequence: (sequence += 1),
        sessionId,
        cinRef: 'd2'.repeat(32),
        openedAtMs: Date.now() - 500 * HOUR_MS + hours * HOUR_MS,
        ...changes,
        quote: { vun: HOME, hun: VISITED },
      });
      commit(world.registry, 'vun', cdr, { cinRef: 'd2'.repeat(32), authorisedBy: 'home' });
      const invoiceId = issueInvoice(world.registry, [cdr], {}, { vun: HOME, hun: VISITED });
      const evidence = JSON.stringify({ sessionId, reason });
      const path = `${world.config.gatewayUrl}/internal/v1/invoices/${invoiceId}/disputes`;
      const body = { disputes: [{ sessionId, reason, evidence }] };
      const { disputes } = disputeAnswer.parse(await world.askGateway('POST', path, body));
      assert.equal(disputes.length, 1);
      return cdr;
    };
    const ledgerState = (cdr: Cdr, state: ShownDispute['record']['state']) =>
      until(`${cdr.sessionId} ${state}`, () =>
        Promise.resolve(shown(cdr).record.state === state ? shown(cdr) : undefined),
      );
    const shareOf = async ({ sessionId }: Cdr): Promise<bigint | undefined> =>
      (
        await store.db
          .selectFrom('provider_share')
          .select('micros')
          .where('session_id', '=', sessionId)
          .executeTakeFirst()
      )?.micros;

    before(() => {
      const here = world.registry.stations.get(`${VISITED} ${STATION}`);
      assert.ok(here);
      world.registry.stations.set(`${HOME} ${STATION}`, { ...here, utilityId: HOME });
    });

    it('are answered by itself where figures decide: credited when home is right, upheld when it is not', async () => {
      const right = await disputed('ENERGY', PADDED);
      const wrong = await disputed('RATING');
      const credited = await ledgerState(right, 'credited');
      assert.match(credited.answer?.evidence ?? '', /more energy than the outlet can give/);
      const upheld = await ledgerState(wrong, 'upheld');
      assert.match(upheld.answer?.evidence ?? '', /the record holds/);
      // The outlet's owner gets what the record comes to.
      await until('the share', async () => ((await shareOf(right)) === 0n ? true : undefined));
      assert.equal(await shareOf(wrong), wrong.shares.infrastructure);
      // Home is silent on what was upheld: that is agreement.
      change(wrong, (dispute) => ({ ...dispute, silentUntilMs: Date.now() - 1 }));
      await ledgerState(wrong, 'settled');
    });

    it('wait for a person where figures do not decide, with their deadline', async () => {
      const contested = await disputed('DRIVER');
      const line = await lineOf('visited', contested);
      assert.deepEqual([line.waitsFor, line.isDecidable], ['visited', false]);
      assert.ok(line.untilMs);
      const path = `/operator/v1/disputes/${shown(contested).record.disputeId}/answer`;
      const answer = { outcome: 'upheld', statement: 'The camera shows the car.' };
      const told = await world.ask('operator', 'POST', path, answer);
      assert.equal(told.status, 200, JSON.stringify(told.body));
      assert.equal(shown(contested).answer?.evidence, answer.statement);
      assert.equal((await world.ask('operator', 'POST', path, answer)).body.code, 'DISPUTE_REFUSED');
    });

    it('begin with home’s word on an invoice, whose silence for the agreed time accepts it', async () => {
      const cdr = await disputed('DRIVER');
      const quiet = { vun: HOME, hun: VISITED };
      const young = issueInvoice(world.registry, [cdr], {}, quiet);
      const old = issueInvoice(
        world.registry,
        [cdr],
        {},
        { ...quiet, issuedAtMs: Date.now() - 32 * 24 * HOUR_MS },
      );
      await until('acceptance', () =>
        Promise.resolve(world.registry.accepted.includes(old) ? true : undefined),
      );
      assert.ok(!world.registry.accepted.includes(young));
    });
  });
});
