import assert from 'node:assert/strict';
import { beginCredit, COST, started } from '../testing/credit-session.ts';
import { DECK, startCredit } from '../testing/credit.ts';
import { disputesAt, nextMonth, PERIOD, TOTAL } from '../testing/disputes.ts';
import { issueInvoice } from '../testing/records.ts';
import { roamingAt, type Roaming } from '../testing/roaming.ts';

describe('home and the credit of phones, when a bill comes to something else', function () {
  this.timeout(60_000);
  let credit: Awaited<ReturnType<typeof startCredit>>;
  let roaming: Roaming;
  const { answers, bill, operatorContests, review, stateIs } = disputesAt(() => roaming);
  before(async () => {
    credit = await startCredit();
    roaming = await roamingAt(credit.world, credit.store);
  });
  after(() => credit.close());

  /** A session that is booked, and a phone that has told home of it. */
  const booked = async (sessions = 20) => {
    const customer = await credit.newCustomer();
    const of = await beginCredit(credit, { sessions }, customer.newPhone);
    const reservation = await started(of.ledger, of.token, DECK[0]);
    await of.ledger.debit(reservation, { number: 1, energyWh: 10_000n, micros: COST });
    const cdr = await of.phone.settled(of.token.name, 1);
    const balances = () => of.ledger.tokens.get(of.token.name)?.balances;
    return { ...of, customer, cdr, balances };
  };
  const contest = async ({ cdr }: Awaited<ReturnType<typeof booked>>) => {
    assert.equal((await operatorContests(cdr)).status, 204);
    await review(issueInvoice(credit.world.registry, [cdr]));
    await stateIs(cdr, 'disputed');
  };

  it('tells a phone of what is revised before the bill is out, which then has of the token what the account has', async () => {
    const of = await booked();
    await of.sync();
    // What is beyond the charger’s word comes out of what is left.
    const left = 5_000_000n - TOTAL;
    assert.deepEqual(of.balances(), {
      home: -5_000_000n,
      available: left,
      reserved: 0n,
      spent: 0n,
      billed: TOTAL,
    });
    await contest(of);
    answers(of.cdr, 'revised', TOTAL / 2n);
    await stateIs(of.cdr, 'settled');
    for (const _ of [1, 2]) await of.sync();
    const home = TOTAL / 2n - 5_000_000n;
    assert.deepEqual(of.balances(), { home, available: left, reserved: 0n, spent: 0n, billed: TOTAL / 2n });
    // Nothing more is said of it.
    const { seq } = of.ledger.head;
    await of.sync();
    assert.equal(of.ledger.head.seq, seq);
  });

  it('tells it of what is credited once the bill is out and the token is over, whether it heard of the session before or not', async () => {
    for (const hasHeard of [true, false]) {
      const of = await booked(1);
      if (hasHeard) await of.sync();
      assert.ok(await bill(of.customer, PERIOD, true));
      await contest(of);
      answers(of.cdr, 'credited', 0n);
      await stateIs(of.cdr, 'credited');
      assert.ok(await bill(of.customer, nextMonth(), true));
      await of.sync();
      assert.deepEqual(of.balances(), { home: 0n, available: 0n, reserved: 0n, spent: 0n, billed: 0n });
      assert.equal(of.ledger.tokens.get(of.token.name)?.isClosed, true);
    }
  });
});
