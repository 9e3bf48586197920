import assert from 'node:assert/strict';
import { createAssertionSigner, createLogger, type CallResult } from '@roamgrid/service-kit';
import { HOME, makeCustomer, nextSessionId, VISITED } from '@roamgrid/service-kit/testing';
import type { Cdr } from '@roamgrid/wire';
import { createGatewayClient } from '../gateway/client.ts';
import {
  AWAY,
  BILLED,
  disputesAt,
  longPatience,
  nextMonth,
  PADDED,
  PAYABLE,
  PERIOD,
  TOTAL,
} from '../testing/disputes.ts';
import { issueInvoice } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import { until } from '../testing/until.ts';
import type { World } from '../testing/world.ts';
import { createInvoiceReview } from './clear-invoices.ts';
import { createLateDisputes } from './late-disputes.ts';

describe('disputes at an AAA node', () => {
  let roaming: Roaming;
  let world: World;
  const { answers, balanceOf, bill, change, lineOf, owed, review, session, shown, stateIs, ...at } =
    disputesAt(() => roaming);
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

  it('hold a record that a person contests against no other one at the same time', async () => {
    const customer = await makeCustomer(world.ask);
    const contested = await session(customer);
    const other = await session(customer, { openedAtMs: contested.startMs - 1_000 });
    assert.equal((await at.operatorContests(contested)).status, 204);
    const seen = await review(issueInvoice(world.registry, [contested, other]));
    assert.deepEqual(seen?.reasons, [`record ${contested.sessionId} is disputed: DRIVER`]);
  });

  it('come after a reading of all issued invoices, however many pages of them there are', async () => {
    const record = await session(await makeCustomer(world.ask));
    const issued: string[] = [];
    for (let invoices = 0; invoices < 5; invoices += 1)
      issued.push(issueInvoice(world.registry, [record], {}, { vun: HOME, hun: VISITED }));
    const { gatewayUrl, machineKey: key } = world.config;
    const sign = createAssertionSigner({ key, iss: 'aaa', utility: HOME, role: 'aaa' });
    const read = await createGatewayClient(gatewayUrl, HOME, sign).issuedInvoices('vun');
    assert.deepEqual(
      read.map((each) => each.record.invoiceId),
      issued.sort(),
    );
  });

  it('are not looked for again in an invoice that waits, unless more of its records came or an operator asks', async () => {
    const customer = await makeCustomer(world.ask);
    const here = await session(customer);
    const last = { toSequence: here.laneSequence + 1, energyWh: 1n };
    issueInvoice(world.registry, [here], last);
    const entry = world.registry.invoices.pop();
    assert.ok(entry);
    entry.record.toSequence = last.toSequence;
    const notAsked = () => Promise.reject(new Error('not asked'));
    const log = createLogger('review', { level: 'silent' });
    let nowMs = 0;
    const { db } = roaming.store;
    const { now, round } = createInvoiceReview({
      db,
      gateway: {
        issuedInvoices: () => Promise.resolve([entry]),
        acceptInvoice: notAsked,
        disputeRecords: notAsked,
        invoiceRecords: notAsked,
        agreement: notAsked,
        tariff: notAsked,
        demandUnder: notAsked,
      },
      registry: { station: notAsked },
      utilityId: HOME,
      atOnce: 1,
      patience: longPatience(),
      nowMs: () => nowMs,
      log,
    });
    const after = async (work: () => Promise<void>) => {
      nowMs += 1;
      await work();
      return db
        .selectFrom('invoice_review')
        .select(['reviewed_at_ms', 'outcome'])
        .where('invoice_id', '=', entry.record.invoiceId)
        .executeTakeFirstOrThrow();
    };
    const isHere = ({ sessionId }: Cdr) =>
      until('the record', () =>
        db.selectFrom('cdr').select('vun').where('session_id', '=', sessionId).executeTakeFirst(),
      );
    await isHere(here);
    assert.deepEqual(await after(round), { reviewed_at_ms: 1, outcome: 'waiting' });
    assert.equal((await after(round)).reviewed_at_ms, 1);
    assert.equal((await after(now)).reviewed_at_ms, 3);
    await isHere(await session(customer));
    assert.deepEqual(await after(round), { reviewed_at_ms: 4, outcome: 'refused' });
  });

  it('are told together, each by itself when one of them is refused, and not at all while the partner is away', async () => {
    const customer = await makeCustomer(world.ask);
    const raised = [await session(customer), await session(customer)];
    for (const each of raised) assert.equal((await at.operatorContests(each)).status, 204);
    issueInvoice(world.registry, raised);
    const invoice = world.registry.invoices.pop();
    assert.ok(invoice);
    invoice.record.state = 'accepted';
    const tellings = async (answer: CallResult<never>): Promise<readonly number[]> => {
      const told: number[] = [];
      const asked: string[] = [];
      const late = createLateDisputes({
        db: roaming.store.db,
        gateway: {
          invoiceWith: (sessionId) => {
            asked.push(sessionId);
            return Promise.resolve(raised.some((each) => each.sessionId === sessionId) ? invoice : undefined);
          },
          disputeRecords: (_invoiceId, disputes) => {
            told.push(disputes.length);
            return Promise.resolve(answer);
          },
        },
        patience: longPatience(),
        nowMs: Date.now,
      });
      for (const _ of ['first', 'again']) await late.tellAgain();
      assert.equal(new Set(asked).size, asked.length, 'the invoice of each is asked for once');
      return told;
    };
    assert.deepEqual(await tellings(AWAY), [2]);
    const problem = {
      type: 'about:blank',
      title: 'no',
      status: 422,
      code: 'LEDGER_CLOCK_SKEW',
      detail: 'no',
    };
    assert.deepEqual(await tellings({ ok: false, failure: { kind: 'problem', problem } }), [2, 1, 1]);
  });
});
