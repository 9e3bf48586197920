import assert from 'node:assert/strict';
import type { Store } from '@roamgrid/service-kit';
import {
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
  type TestCustomer,
} from '@roamgrid/service-kit/testing';
import type { AaaDatabase } from '../store/schema.ts';
import { sql } from 'kysely';
import { commit, makeCdr } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import type { Visited } from '../testing/visited.ts';
import type { World } from '../testing/world.ts';

const TODAY = new Date().toISOString().slice(0, 10);
const PERIOD = TODAY.slice(0, 7);
const nextPeriod = (): string => {
  const today = new Date();
  return new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 1)).toISOString().slice(0, 7);
};
/** What a session of these tests comes to: 10.00 less the driver's 0.20. */
const OWED = 9_800_000n;

describe('what customers pay', () => {
  let roaming: Roaming;
  let world: World;
  let visited: Visited;
  let token: string;
  let store: Store<AaaDatabase>;
  let sequence = 0;
  let names = 0;

  before(async () => {
    roaming = await startRoaming();
    ({ world, visited, token, store } = roaming);
  });
  after(() => roaming.close());

  const id = (what: string): string => `${what}-${(names += 1)}`;
  const customerWith = (creditLimitMicros: string, more: Record<string, unknown> = {}) =>
    makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros },
      whitelist: 'NEVER',
      ...more,
    });
  const swipe = async ({ cin }: TestCustomer) => {
    const offer = makeOffer();
    const { auth_req_id: authReqId } = await visited.swipe(cin, offer);
    return { authReqId, offer, decision: await visited.decision(token, authReqId) };
  };
  /** A session that the ledger tells of. */
  const charge = async (customer: TestCustomer): Promise<void> => {
    const { authReqId, offer, decision } = await swipe(customer);
    assert.ok(decision.outcome === 'authorised');
    const { authorisation, signedAuthorisation: evidence } = decision;
    const by = { evidence, cinRef: authorisation.cinRef, offer };
    const body = await makeConsent(world.keys, makeQuote(authorisation, offer), by);
    assert.equal((await visited.consent(token, authReqId, body)).status, 204);
    sequence += 1;
    const cdr = makeCdr({ laneSequence: sequence, sessionId: body.sessionId });
    commit(world.registry, 'hun', cdr, { cinRef: customer.cinRef, authorisedBy: 'home' });
  };
  const issue = async (periodId = PERIOD): Promise<void> => {
    const path = `/operator/v1/periods/${periodId}/bills`;
    assert.equal((await world.ask('operator', 'POST', path, { issue: true })).status, 200);
  };
  const billsOf = async ({ sub }: TestCustomer) =>
    (await world.ask('gateway', 'GET', `/internal/v1/customers/${sub}/bills`)).body.bills;
  const paymentOf = (micros: bigint, changes: Record<string, unknown> = {}) => ({
    paymentId: id('pay'),
    reference: id('BANK/2026'),
    micros: micros.toString(),
    currency: 'USD',
    valueDate: TODAY,
    ...changes,
  });
  const tell = async (
    { customerId }: TestCustomer,
    body: object,
    kind: 'payments' | 'refunds' = 'payments',
  ) => {
    const answer = await world.ask('operator', 'POST', `/operator/v1/customers/${customerId}/${kind}`, body);
    return answer.body as unknown as Record<string, string>;
  };
  const pay = (customer: TestCustomer, micros: bigint) => tell(customer, paymentOf(micros));
  const accountOf = async ({ customerId }: TestCustomer) =>
    (await world.ask('operator', 'GET', `/operator/v1/customers/${customerId}/account`))
      .body as unknown as Record<string, string> & { payments: Record<string, unknown>[] };
  const paidOf = async (customer: TestCustomer) =>
    (await billsOf(customer)).map(({ state, paidMicros }) => [state, paidMicros]);

  it('frees the limit at once and pays the issued bill: a part, exactly, or more, which the next bill gets', async () => {
    const customer = await customerWith('25000000');
    await charge(customer);
    await charge(customer);
    await issue();
    assert.equal((await swipe(customer)).decision.outcome, 'refused');
    assert.deepEqual(await pay(customer, OWED), {
      outcome: 'partial',
      balanceMicros: (-OWED).toString(),
      openMicros: OWED.toString(),
      creditMicros: '0',
    });
    assert.equal((await swipe(customer)).decision.outcome, 'authorised');
    assert.deepEqual(await paidOf(customer), [['issued', OWED.toString()]]);
    assert.equal((await pay(customer, OWED))['outcome'], 'exact');
    assert.deepEqual(await paidOf(customer), [['paid', (2n * OWED).toString()]]);
    const over = await pay(customer, 5_000_000n);
    assert.deepEqual(
      [over['outcome'], over['creditMicros'], over['balanceMicros']],
      ['over', '5000000', '5000000'],
    );

    await charge(customer);
    await issue(nextPeriod());
    assert.deepEqual(await paidOf(customer), [
      ['issued', '5000000'],
      ['paid', (2n * OWED).toString()],
    ]);
    assert.equal((await pay(customer, OWED - 5_000_000n))['outcome'], 'exact');
    assert.deepEqual((await accountOf(customer))['balanceMicros'], '0');
  });

  it('is booked once, however often and by however many it is told', async () => {
    const customer = await customerWith('25000000');
    const payment = paymentOf(7_000_000n);
    const told = await Promise.all(Array.from({ length: 4 }, () => tell(customer, payment)));
    assert.deepEqual(new Set(told.map((answer) => answer['balanceMicros'])), new Set(['7000000']));
    const other = await customerWith('25000000');
    for (const [who, body, code] of [
      [customer, { ...payment, micros: '7000001' }, 'PAYMENT_CONFLICT'],
      [customer, { ...payment, valueDate: '2026-01-01' }, 'PAYMENT_CONFLICT'],
      [other, payment, 'PAYMENT_CONFLICT'],
      [customer, { ...payment, paymentId: id('pay') }, 'PAYMENT_DOUBLED'],
      [other, { ...payment, paymentId: id('pay') }, 'PAYMENT_DOUBLED'],
      [customer, paymentOf(1n, { currency: 'EUR' }), 'PAYMENT_CURRENCY'],
      [customer, paymentOf(1n, { valueDate: '2199-01-01' }), 'PAYMENT_NOT_VALUED'],
      [customer, paymentOf(0n), 'INVALID_REQUEST'],
      [customer, paymentOf(1n, { valueDate: '2026-02-30' }), 'INVALID_REQUEST'],
      [{ ...other, customerId: 'cust-nobody' }, paymentOf(1n), 'CUSTOMER_NOT_FOUND'],
    ] as const) {
      assert.equal((await tell(who, body))['code'], code, JSON.stringify(body));
    }
    const account = await accountOf(customer);
    assert.deepEqual([account['balanceMicros'], account.payments.length], ['7000000', 1]);
    assert.equal((await accountOf(other)).payments.length, 0);
  });

  it('meets the bill that is issued at the same moment', async () => {
    const customer = await customerWith('25000000');
    await charge(customer);
    await issue();
    await charge(customer);
    const { customerId } = customer;
    const told: Promise<unknown>[] = [];
    await store.db.transaction().execute(async (trx) => {
      // Holds up whoever spreads the customer's payments, in the middle of it.
      await sql`select 1 from bill where customer_id = ${customerId} for update`.execute(trx);
      told.push(pay(customer, 2n * OWED), issue(nextPeriod()));
      for (let waiting = 0; waiting < told.length;) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const { rows } = await sql<{ waiting: number }>`select count(*)::int as waiting from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(store.db);
        waiting = rows[0]?.waiting ?? 0;
      }
    });
    await Promise.all(told);
    const paid = ['paid', OWED.toString()];
    assert.deepEqual(await paidOf(customer), [paid, paid]);
  });

  it('and the bank takes back opens the bills again that it paid, once', async () => {
    const customer = await customerWith('15000000');
    await charge(customer);
    await issue();
    const payment = paymentOf(OWED);
    assert.equal((await tell(customer, payment))['outcome'], 'exact');
    const path = `/operator/v1/payments/${payment.paymentId}/reversal`;
    const reversal = { reversalId: id('rev'), reason: 'no funds' };
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await world.ask('operator', 'POST', path, reversal);
      assert.deepEqual([status, body.balanceMicros], [200, (-OWED).toString()]);
    }
    assert.deepEqual(await paidOf(customer), [['issued', '0']]);
    assert.equal((await swipe(customer)).decision.outcome, 'refused');
    assert.equal((await tell(customer, payment))['outcome'], 'reversed');
    const again = await world.ask('operator', 'POST', path, { ...reversal, reversalId: id('rev') });
    assert.equal(again.body.code, 'PAYMENT_REVERSED');
    const nothing = await world.ask('operator', 'POST', '/operator/v1/payments/none/reversal', reversal);
    assert.equal(nothing.body.code, 'PAYMENT_NOT_FOUND');
    // Paid anew, by another transfer.
    assert.equal((await pay(customer, OWED))['outcome'], 'exact');
    assert.deepEqual(await paidOf(customer), [['paid', OWED.toString()]]);
  });

  it('too much goes back on request, and no more than that', async () => {
    const customer = await customerWith('25000000');
    await charge(customer);
    await issue();
    assert.equal((await pay(customer, OWED + 3_000_000n))['outcome'], 'over');
    const refund = (micros: bigint) => {
      const { paymentId: refundId, ...rest } = paymentOf(micros);
      return tell(customer, { refundId, ...rest }, 'refunds');
    };
    assert.equal((await refund(3_000_001n))['code'], 'REFUND_TOO_LARGE');
    assert.deepEqual(await refund(3_000_000n), {
      outcome: 'exact',
      balanceMicros: '0',
      openMicros: '0',
      creditMicros: '0',
    });
    assert.deepEqual(await paidOf(customer), [['paid', OWED.toString()]]);
  });

  it('lets who charged and paid be forgotten: nothing personal is left, and the accounts stay whole', async () => {
    const person = {
      name: 'Zoe Quixote',
      email: 'zoe.quixote@example.org',
      login: id('zoe-quixote'),
      password: 'a long password',
    };
    const customer = await customerWith('25000000', { person });
    await charge(customer);
    await issue();
    const path = `/operator/v1/customers/${customer.customerId}`;
    const pending = await world.ask('operator', 'DELETE', path);
    assert.deepEqual(
      [pending.body.code, pending.body.detail],
      ['ERASURE_PENDING', 'the account is not settled'],
    );
    assert.equal(
      (await tell(customer, paymentOf(OWED, { reference: 'QUIXOTE Z, bill of July' })))['outcome'],
      'exact',
    );
    assert.equal((await world.ask('operator', 'DELETE', path)).status, 204);

    const { rows } = await store.pool.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'aaa'",
    );
    for (const { name } of rows) {
      const found = await store.pool.query(
        `select 1 from aaa.${name} t where t::text ~* 'quixote|${customer.cin}'`,
      );
      assert.equal(found.rows.length, 0, `table ${name} still knows the person`);
    }
    const [bill] = await billsOf(customer);
    assert.deepEqual([bill?.state, bill?.lines.length], ['paid', 1]);
    const postings = await store.db
      .selectFrom('posting')
      .select('micros')
      .where('ledger_account', '=', `customer:${customer.accountId}`)
      .execute();
    assert.equal(postings.length, 3);
    assert.equal(
      postings.reduce((sum, { micros }) => sum + micros, 0n),
      0n,
    );
    assert.equal((await accountOf(customer)).payments[0]?.['reference'], null);
  });
});
