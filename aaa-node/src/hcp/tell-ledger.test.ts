import assert from 'node:assert/strict';
import { activateRules, makeCustomer, makeOffer } from '@roamgrid/service-kit/testing';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a revocation', () => {
  let world: World;
  let visited: Visited;
  before(async () => {
    world = await startWorld();
    await activateRules(world.ask);
    visited = await startVisited(world);
  });
  after(() => world.close());

  /** A customer, and the profile that the visited utility keeps. */
  const keep = async () => {
    const customer = await makeCustomer(world.ask);
    const { auth_req_id: id } = await visited.swipe(customer.cin, makeOffer());
    const decision = await visited.decision(await visited.roamingToken(), id);
    assert.ok(decision.outcome === 'authorised' && decision.profile !== undefined);
    return { customer, profileId: decision.profile.profileId };
  };
  const untilRevoked = async (profileId: string): Promise<void> => {
    const endMs = Date.now() + 8_000;
    while (!world.registry.revoked.includes(profileId)) {
      assert.ok(Date.now() < endMs, 'the ledger is not told');
      await sleep(50);
    }
  };

  it('is told to the ledger, whatever it is for', async () => {
    const [lost, loyal, erased] = [await keep(), await keep(), await keep()];
    const spoken = await keep();
    const { cin } = lost.customer;
    await world.ask('operator', 'POST', '/operator/v1/cins/state', { cin, state: 'lost' });
    const path = `/operator/v1/customers/${loyal.customer.customerId}/loyalty`;
    await world.ask('operator', 'PUT', path, { loyalty: 'gold' });
    await world.ask('operator', 'DELETE', `/operator/v1/customers/${erased.customer.customerId}`);
    const language = `/operator/v1/customers/${spoken.customer.customerId}/language`;
    await world.ask('operator', 'PUT', language, { language: 'de' });
    for (const { profileId } of [lost, loyal, erased, spoken]) await untilRevoked(profileId);
    const told = world.registry.revoked.length;
    await sleep(300);
    assert.equal(world.registry.revoked.length, told);
  });

  it('waits for the ledger when it is away, over a restart, and is told then', async () => {
    const { customer, profileId } = await keep();
    world.registry.faults.ledgerAway = true;
    await world.ask('operator', 'POST', '/operator/v1/cins/state', { cin: customer.cin, state: 'lost' });
    await sleep(300);
    await world.restart();
    await sleep(300);
    assert.ok(!world.registry.revoked.includes(profileId));
    world.registry.faults.ledgerAway = false;
    await untilRevoked(profileId);
  });
});
