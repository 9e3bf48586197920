import assert from 'node:assert/strict';
import pg from 'pg';
import type { Store } from '@roamgrid/service-kit';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
  nextSessionId,
  type TestCustomer,
} from '@roamgrid/service-kit/testing';
import type { Cdr, ConsentKind, VisitorProfile } from '@roamgrid/wire';
import type { AaaDatabase } from '../store/schema.ts';
import { commit, issueInvoice, makeCdr, settle } from '../testing/records.ts';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, storeOf, type World } from '../testing/world.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const PERIOD = new Date().toISOString().slice(0, 7);

/** How a record stands in the gateway's feed. */
interface Committed {
  readonly openedAtMs?: number;
  readonly consentBy?: ConsentKind;
}

describe('accounting', () => {
  let world: World;
  let visited: Visited;
  let token: string;
  let store: Store<AaaDatabase>;
  let sequence = 0;

  beforeEach(async () => {
    world = await startWorld();
    await activateRules(world.ask);
    visited = await startVisited(world);
    token = await visited.roamingToken();
    store = await storeOf(world);
    sequence = 0;
  });
  afterEach(async () => {
    await store.close();
    await world.close();
  });

  /** A swipe that home said yes to. */
  const swipe = async (customer: TestCustomer) => {
    const offer = makeOffer();
    const { auth_req_id: id } = await visited.swipe(customer.cin, offer);
    const decision = await visited.decision(token, id);
    assert.ok(decision.outcome === 'authorised');
    return { id, offer, decision };
  };
  /** A session that was authorised by home, and consented to. */
  const homeSession = async (customer: TestCustomer): Promise<string> => {
    const { id, offer, decision } = await swipe(customer);
    const { authorisation, signedAuthorisation: evidence } = decision;
    const by = { evidence, cinRef: authorisation.cinRef, offer };
    const body = await makeConsent(world.keys, makeQuote(authorisation, offer), by);
    assert.equal((await visited.consent(token, id, body)).status, 204);
    return body.sessionId;
  };
  /** The profile that home lets the visited utility keep of a customer. */
  const profileOf = async (customer: TestCustomer): Promise<VisitorProfile> => {
    const { profile } = (await swipe(customer)).decision;
    assert.ok(profile);
    return profile;
  };
  const record = (
    customer: TestCustomer,
    by: 'home' | VisitorProfile,
    changes: Partial<Cdr> = {},
    { openedAtMs = Date.now() + 1, consentBy = 'station' }: Committed = {},
  ): Cdr => {
    sequence += 1;
    const cdr = makeCdr({ laneSequence: sequence, ...changes });
    const kept = by === 'home' ? {} : { profileId: by.profileId };
    const authorisedBy = by === 'home' ? 'home' : 'cache';
    const { cinRef } = customer;
    commit(world.registry, 'hun', cdr, { cinRef, authorisedBy, openedAtMs, consentBy, ...kept });
    return cdr;
  };
  const runBills = async (body: Record<string, unknown> = {}) => {
    const answer = await world.ask('operator', 'POST', `/operator/v1/periods/${PERIOD}/bills`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body.bills;
  };
  const heldReasons = async (): Promise<string[]> =>
    (await world.ask('operator', 'GET', '/operator/v1/held-cdrs')).body.cdrs.flatMap(
      ({ reasons }) => reasons,
    );
  const review = async () =>
    (await world.ask('operator', 'POST', '/operator/v1/invoice-reviews')).body.reviews;

  it('makes one bill of all sessions of a customer, from home alone, and books it once and in balance', async () => {
    const customer = await makeCustomer(world.ask);
    const first = record(customer, 'home', { sessionId: await homeSession(customer) });
    const second = record(customer, await profileOf(customer), {}, { consentBy: 'device' });
    const [bill, ...others] = await runBills();
    assert.ok(bill);
    assert.deepEqual(others, []);
    assert.deepEqual(
      bill.lines.map(({ sessionId }) => sessionId).sort(),
      [first.sessionId, second.sessionId].sort(),
    );
    assert.deepEqual(
      new Map(bill.lines.map(({ sessionId, consentBy }) => [sessionId, consentBy])),
      new Map([
        [first.sessionId, 'station'],
        [second.sessionId, 'device'],
      ]),
    );
    assert.deepEqual(
      [bill.sessionsMicros, bill.creditMicros, bill.payableMicros, bill.state],
      ['20000000', '400000', '19600000', 'open'],
    );
    assert.deepEqual(await runBills(), [bill]);
    await world.restart();
    assert.deepEqual(await runBills(), [bill]);
    const seen = await world.ask('gateway', 'GET', `/internal/v1/customers/${customer.sub}/bills`);
    assert.deepEqual(seen.body.bills, [bill]);

    const postings = await store.db.selectFrom('posting').selectAll().execute();
    assert.equal(postings.length, 8);
    assert.equal(
      postings.reduce((sum, { micros }) => sum + micros, 0n),
      0n,
    );
    const account = await store.db.selectFrom('account').selectAll().executeTakeFirstOrThrow();
    assert.equal(account.balance_micros, -19_600_000n);
    const holds = await store.db.selectFrom('hold').select('state').orderBy('state').execute();
    // The swipe without a consent leaves its own open.
    assert.deepEqual(holds, [{ state: 'open' }, { state: 'settled' }]);
  });

  it('puts a late record on the next bill once a bill was issued', async () => {
    const customer = await makeCustomer(world.ask);
    record(customer, 'home', { sessionId: await homeSession(customer) });
    const [issued] = await runBills({ issue: true });
    assert.ok(issued);
    assert.equal(issued.state, 'issued');
    record(customer, 'home', { sessionId: await homeSession(customer) });
    assert.deepEqual(await runBills(), [issued]);
    const next = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 1))
      .toISOString()
      .slice(0, 7);
    const later = await world.ask('operator', 'POST', `/operator/v1/periods/${next}/bills`, {});
    assert.equal(later.body.bills.length, 1);
    assert.equal(later.body.bills[0]?.lines.length, 1);
    const wrong = await world.ask('operator', 'POST', '/operator/v1/periods/2026-02-30/bills', {});
    assert.equal(wrong.body.code, 'PERIOD_INVALID');
  });

  it('holds a record that nobody authorised, each with its reason, and bills nobody for it', async () => {
    const customer = await makeCustomer(world.ask);
    const over = await homeSession(customer);
    const profile = await profileOf(customer);
    const elsewhere = { ...profile, profileId: 'prof-unheard-of' };
    const stranger = await profileOf(await makeCustomer(world.ask));
    const total = (micros: bigint) => ({
      totalMicros: micros,
      shares: { hun: 1n, vun: micros - 1n, infrastructure: 0n, driver: 0n },
    });
    const rows: readonly (readonly ['home' | VisitorProfile, Partial<Cdr>, RegExp, number?])[] = [
      ['home', {}, /no consent of this session/],
      ['home', { sessionId: over, ...total(12_000_001n) }, /above the consented cap/],
      ['home', { cdrId: 'another' }, /number is not of its pair/],
      ['home', { sessionId: nextSessionId('USTVA') }, /number is not of its pair/],
      [profile, { currency: 'EUR' }, /the record is in EUR, the profile in USD/],
      [elsewhere, {}, /no profile of this node/],
      [stranger, {}, /no profile of this node/],
      [profile, total(60_000_001n), /above the profile’s largest session/],
      [profile, {}, /opened outside the profile’s time/, profile.validFromMs - 1],
    ];
    for (const [by, changes, , openedAtMs] of rows)
      record(customer, by, changes, openedAtMs === undefined ? {} : { openedAtMs });
    commit(world.registry, 'hun', makeCdr({ laneSequence: 90 }), {
      cinRef: 'a'.repeat(64),
      authorisedBy: 'home',
    });
    assert.deepEqual(await runBills(), []);
    const reasons = await heldReasons();
    for (const expected of [...rows.map(([, , pattern]) => pattern), /no customer has this CIN/]) {
      assert.ok(
        reasons.some((reason) => expected.test(reason)),
        `${expected} in ${reasons.join(' | ')}`,
      );
    }
  });

  it('books no more under a profile than its exposure and its count, over its whole life', async () => {
    const customer = await makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '40000000' },
    });
    const profile = await profileOf(customer);
    // 40 less 15 put aside for the swipe.
    assert.equal(profile.exposureMicros, 25_000_000n);
    for (let session = 0; session < 3; session += 1) record(customer, profile);
    const [bill] = await runBills();
    assert.equal(bill?.lines.length, 2);
    assert.deepEqual(await heldReasons(), [
      `with it more would be booked under profile ${profile.profileId} than its exposure`,
    ]);
    await store.db
      .updateTable('issued_profile')
      .set({ max_sessions: 2, exposure_micros: 99_000_000n })
      .execute();
    record(customer, profile);
    await runBills();
    assert.ok((await heldReasons()).some((reason) => /more sessions would be booked under/.test(reason)));
  });

  it('books no session that opened after its profile’s revocation could be read', async () => {
    const customer = await makeCustomer(world.ask);
    const profile = await profileOf(customer);
    const lost = { cin: customer.cin, state: 'lost' };
    assert.equal((await world.ask('operator', 'POST', '/operator/v1/cins/state', lost)).status, 204);
    const { revoked_at_ms: revokedAtMs } = await store.db
      .selectFrom('issued_profile')
      .select('revoked_at_ms')
      .executeTakeFirstOrThrow();
    assert.ok(revokedAtMs !== null);
    record(customer, profile, {}, { openedAtMs: revokedAtMs + 60_000 });
    record(customer, profile, {}, { openedAtMs: revokedAtMs + 60_001 });
    const [bill] = await runBills();
    assert.equal(bill?.lines.length, 1);
    assert.deepEqual(await heldReasons(), [
      'the session opened after the profile’s revocation could be read',
    ]);
  });

  it('of a prepaid customer takes the session off the balance once', async () => {
    const customer = await makeCustomer(world.ask, {
      account: { paymentMethod: 'prepaid', currency: 'USD', creditLimitMicros: '0' },
    });
    const topUps = `/operator/v1/customers/${customer.customerId}/top-ups`;
    await world.ask('operator', 'POST', topUps, { topUpId: 't1', micros: '30000000' });
    record(customer, 'home', { sessionId: await homeSession(customer) });
    await runBills();
    const again = await world.ask('operator', 'POST', topUps, { topUpId: 't1', micros: '30000000' });
    assert.equal(again.body.balanceMicros, (30_000_000n - 9_800_000n).toString());
  });

  it('accepts an invoice that agrees with its own records, and says why it does not accept another', async () => {
    const customer = await makeCustomer(world.ask);
    const { cinRef } = customer;
    const settled = (laneSequence: number, sessionId?: string) =>
      settle(world.registry, {
        laneSequence,
        cinRef,
        openedAtMs: Date.now() - (10 - laneSequence) * 2 * 3_600_000,
        ...(sessionId !== undefined && { sessionId }),
      });
    const cdrs = [];
    for (const laneSequence of [1, 2]) {
      const cdr = await settled(laneSequence, await homeSession(customer));
      cdrs.push(record(customer, 'home', cdr));
    }
    const right = issueInvoice(world.registry, cdrs);
    const [accepted] = await review();
    assert.ok(accepted);
    assert.deepEqual([accepted.invoiceId, accepted.outcome], [right, 'accepted']);
    assert.ok(world.registry.accepted.includes(right));

    const padded = issueInvoice(world.registry, cdrs, { totalMicros: 6_420_001n, energyWh: 20_001n });
    const early = issueInvoice(world.registry, [...cdrs, makeCdr({ laneSequence: 3 })]);
    const unknown = await settled(4);
    commit(world.registry, 'hun', unknown, { cinRef: customer.cinRef, authorisedBy: 'home' });
    const foreign = issueInvoice(world.registry, [unknown]);
    const otherLane = issueInvoice(world.registry, cdrs, { laneId: 'USTVA-USALP-g0' });
    const secondLane = issueInvoice(world.registry, cdrs, { laneId: 'USDUK-USALP-g1' });
    const reviews = new Map((await review()).map((one) => [one.invoiceId, one] as const));
    const outcome = (id: string) => {
      const found = reviews.get(id);
      assert.ok(found);
      return found;
    };
    assert.equal(outcome(padded).outcome, 'refused');
    assert.match(outcome(padded).reasons.join(), /total: 6420001 on the invoice, 6420000/);
    assert.match(outcome(padded).reasons.join(), /energy: 20001/);
    assert.deepEqual(outcome(early), {
      ...outcome(early),
      outcome: 'waiting',
      reasons: ['1 of 3 charge records are not here yet'],
    });
    assert.equal(outcome(foreign).outcome, 'accepted');
    assert.match(outcome(foreign).reasons.join(), /is held/);
    assert.match(outcome(otherLane).reasons.join(), /of another pair’s lane/);
    // Numbers count by lane: those of one say nothing about another's.
    assert.equal(outcome(secondLane).outcome, 'waiting');
    assert.deepEqual(world.registry.accepted, [right, foreign]);
  });

  it('reads every record once although it is cut off between a page and its cursor', async () => {
    const customer = await makeCustomer(world.ask);
    // The database refuses the cursor: the page that was written with it must go too.
    const client = new pg.Client(store.pool.options);
    await client.connect();
    await client.query(
      "create function aaa.cut() returns trigger language plpgsql as $$ begin raise exception 'cut'; end $$",
    );
    await client.query(
      "create trigger cut before insert or update on aaa.feed for each row when (new.feed = 'cdrs:hun' and new.cursor <> '0') execute function aaa.cut()",
    );
    record(customer, 'home', { sessionId: await homeSession(customer) });
    await sleep(300);
    const { rows } = await client.query('select count(*)::int as n from aaa.cdr');
    assert.deepEqual(rows, [{ n: 0 }]);
    await client.query('drop trigger cut on aaa.feed');
    await client.end();
    const [bill] = await runBills();
    assert.equal(bill?.lines.length, 1);
    assert.equal((await store.db.selectFrom('journal').selectAll().execute()).length, 1);
  });
});
