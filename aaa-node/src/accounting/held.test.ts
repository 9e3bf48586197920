import assert from 'node:assert/strict';
import type { Store } from '@roamgrid/service-kit';
import {
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
  type TestCustomer,
} from '@roamgrid/service-kit/testing';
import type { Cdr, HomeConsent } from '@roamgrid/wire';
import type { AaaDatabase } from '../store/schema.ts';
import { commit, issueInvoice, makeCdr, settle } from '../testing/records.ts';
import { startRoaming, type Roaming } from '../testing/roaming.ts';
import type { Visited } from '../testing/visited.ts';
import type { World } from '../testing/world.ts';

const PERIOD = new Date().toISOString().slice(0, 7);

describe('a record that could not be billed at once', () => {
  let roaming: Roaming;
  let world: World;
  let visited: Visited;
  let token: string;
  let store: Store<AaaDatabase>;
  let sequence = 0;

  before(async () => {
    roaming = await startRoaming();
    ({ world, visited, token, store } = roaming);
  });
  after(() => roaming.close());

  /** A swipe that home said yes to, with the consent that its driver gave; home has not heard of it yet. */
  const consented = async (
    customer: TestCustomer,
  ): Promise<{ readonly id: string; readonly consent: HomeConsent }> => {
    const offer = makeOffer();
    const { auth_req_id: id } = await visited.swipe(customer.cin, offer);
    const decision = await visited.decision(token, id);
    assert.ok(decision.outcome === 'authorised');
    const { authorisation, signedAuthorisation: evidence } = decision;
    const by = { evidence, cinRef: authorisation.cinRef, offer };
    return { id, consent: await makeConsent(world.keys, makeQuote(authorisation, offer), by) };
  };
  const tell = async (id: string, consent: HomeConsent): Promise<number> =>
    (await visited.consent(token, id, consent)).status;
  const record = (
    customer: TestCustomer,
    { sessionId, openBody }: Pick<HomeConsent, 'sessionId' | 'openBody'>,
    changes: Partial<Cdr> = {},
  ): Cdr => {
    sequence += 1;
    const cdr = makeCdr({ laneSequence: sequence, sessionId, ...changes });
    commit(world.registry, 'hun', cdr, { cinRef: customer.cinRef, authorisedBy: 'home', openBody });
    return cdr;
  };
  const billedTo = async (customer: TestCustomer): Promise<readonly string[]> => {
    const answer = await world.ask('operator', 'POST', `/operator/v1/periods/${PERIOD}/bills`, {});
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const seen = await world.ask('gateway', 'GET', `/internal/v1/customers/${customer.sub}/bills`);
    return seen.body.bills.flatMap(({ lines }) => lines.map(({ sessionId }) => sessionId));
  };
  const held = async () => (await world.ask('operator', 'GET', '/operator/v1/held-cdrs')).body.cdrs;
  const sumOf = (account: string) => roaming.sumOf(account);

  it('is billed by the opening on the ledger when the consent is late, and once when it comes after all', async () => {
    const customer = await makeCustomer(world.ask);
    const { id, consent } = await consented(customer);
    const cdr = record(customer, consent);
    assert.deepEqual(await billedTo(customer), [cdr.sessionId]);
    assert.equal(await tell(id, consent), 204);
    assert.equal(await tell(id, consent), 204);
    assert.deepEqual(await billedTo(customer), [cdr.sessionId]);
    // What was reported meanwhile can still be told: nobody polls for ever for a token of a session that was taken.
    assert.ok((await visited.chargingToken(id)).access_token);
    const { state } = await store.db
      .selectFrom('home_session')
      .innerJoin('hold', 'hold.hold_id', 'home_session.hold_id')
      .select('hold.state')
      .where('session_id', '=', cdr.sessionId)
      .executeTakeFirstOrThrow();
    assert.equal(state, 'settled');
  });

  it('is not billed by an opening on another word than home’s own', async () => {
    const customer = await makeCustomer(world.ask);
    const { consent } = await consented(customer);
    const other = await consented(customer);
    const { openBody } = other.consent;
    const cdr = record(customer, { sessionId: consent.sessionId, openBody });
    assert.deepEqual(await billedTo(customer), []);
    const [found] = (await held()).filter(({ sessionId }) => sessionId === cdr.sessionId);
    assert.deepEqual(found?.reasons, ['no consent of this session reached this node']);
  });

  it('is judged again by itself, billed when nothing is wrong any more, and holds no other up', async () => {
    const customer = await makeCustomer(world.ask);
    const [early, other] = [await consented(customer), await consented(customer)];
    // What the ledger tells lacks the opening, so that this record waits for the consent itself.
    const settled = (laneSequence: number, { sessionId }: HomeConsent) =>
      settle(world.registry, {
        laneSequence,
        sessionId,
        cinRef: customer.cinRef,
        openedAtMs: Date.now() - (10 - laneSequence) * 2 * 3_600_000,
      });
    const first = await settled((sequence += 1), early.consent);
    commit(world.registry, 'hun', first, { cinRef: customer.cinRef, authorisedBy: 'home' });
    const second = record(customer, other.consent, await settled(sequence + 1, other.consent));
    assert.deepEqual(await billedTo(customer), [second.sessionId]);
    const owed = await sumOf(`payable:${first.vun}`);
    const waiting = await sumOf('receivable:held');
    // Both records are owed, whoever is billed: the invoice over them is accepted and says what is held.
    const invoiceId = issueInvoice(world.registry, [first, second]);
    const { reviews } = (await world.ask('operator', 'POST', '/operator/v1/invoice-reviews')).body;
    const review = reviews.find((one) => one.invoiceId === invoiceId);
    assert.equal(review?.outcome, 'accepted');
    assert.match(review.reasons.join(), new RegExp(`${first.sessionId} is held`));

    assert.equal(await tell(early.id, early.consent), 204);
    while ((await held()).some(({ sessionId }) => sessionId === first.sessionId)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(await billedTo(customer), [first.sessionId, second.sessionId].sort());
    assert.equal(await sumOf(`payable:${first.vun}`), owed);
    assert.equal(waiting - (await sumOf('receivable:held')), first.shares.vun + first.shares.infrastructure);
  });

  it('stays held when interim reports told of more energy than it', async () => {
    const customer = await makeCustomer(world.ask);
    const { id, consent } = await consented(customer);
    assert.equal(await tell(id, consent), 204);
    const { access_token: charging } = await visited.chargingToken(id);
    const report = (reportSequence: number, energyWh: string) =>
      visited.call(charging, 'POST', `/roaming/v1/sessions/${consent.sessionId}/reports`, {
        sequence: reportSequence,
        atMs: Date.now(),
        energyWh,
        powerW: '0',
        runningMicros: '9000000',
      });
    assert.equal((await report(1, '25001')).status, 200);
    assert.equal((await report(2, '20000')).status, 200);
    const cdr = record(customer, consent, { energyWh: 25_000n });
    assert.deepEqual(await billedTo(customer), []);
    const [found] = (await held()).filter(({ sessionId }) => sessionId === cdr.sessionId);
    assert.deepEqual(found?.reasons, ['interim reports told of more energy than the record']);
  });
});
