import assert from 'node:assert/strict';
import {
  activateRules,
  issuerOf,
  makeCustomer,
  makeKey,
  makeOffer,
  terms,
  HOME,
} from '@roamgrid/service-kit/testing';
import type { ChargeOffer } from '@roamgrid/wire';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

const OTHER = 'USTVA';
const OTHER_AGREEMENT = 'alp-tva-2026';

describe('what home says yes to', () => {
  let world: World;
  let duke: Visited;
  let other: Visited;
  before(async () => {
    world = await startWorld();
    await activateRules(world.ask);
    const key = makeKey('tva-1');
    const nowhere = { oidcIssuer: 'http://localhost:1/oidc', aaaUrl: 'http://localhost:1' };
    const agreed = terms({ agreementId: OTHER_AGREEMENT, parties: [HOME, OTHER] });
    world.registry.issuers.set(OTHER, issuerOf(OTHER, key, nowhere, agreed));
    duke = await startVisited(world);
    other = await startVisited(world, key, OTHER);
  });
  after(() => world.close());

  const decide = async (visited: Visited, cin: string, offer: ChargeOffer) => {
    const { auth_req_id: id } = await visited.swipe(cin, offer);
    return visited.decision(await visited.roamingToken(), id);
  };
  const offerOfOther = () => makeOffer({ vun: OTHER, agreementId: OTHER_AGREEMENT });

  it('ends with the contract: after its end nothing is granted, and no profile outlives it', async () => {
    const endsMs = Date.now() + 3_600_000;
    const running = await makeCustomer(world.ask, {}, { validUntilMs: endsMs });
    const yes = await decide(duke, running.cin, makeOffer());
    assert.ok(yes.outcome === 'authorised');
    assert.equal(yes.profile?.validUntilMs, endsMs);
    const ended = await makeCustomer(world.ask, {}, { validUntilMs: Date.now() - 1 });
    const no = await decide(duke, ended.cin, makeOffer());
    assert.ok(no.outcome === 'refused');
    assert.equal(no.code, 'SERVICE_NOT_IN_PORTFOLIO');
  });

  it('lends what the customer may owe once: what one visited utility may lend alone, another may not', async () => {
    const customer = await makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '110000000' },
    });
    const atDuke = await decide(duke, customer.cin, makeOffer());
    assert.ok(atDuke.outcome === 'authorised');
    // 110 less 15 put aside for the swipe.
    assert.equal(atDuke.profile?.exposureMicros, 95_000_000n);
    const elsewhere = await decide(other, customer.cin, offerOfOther());
    assert.ok(elsewhere.outcome === 'authorised');
    assert.equal(elsewhere.profile, undefined);

    const poorer = await makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '150000000' },
    });
    const first = await decide(other, poorer.cin, offerOfOther());
    assert.ok(first.outcome === 'authorised');
    assert.equal(first.profile?.exposureMicros, 100_000_000n);
    const second = await decide(duke, poorer.cin, makeOffer());
    assert.ok(second.outcome === 'authorised');
    // 150 less two swipes of 15 and the 100 that the other utility may lend.
    assert.equal(second.profile?.exposureMicros, 20_000_000n);
  });
});
