import assert from 'node:assert/strict';
import { authorisation, DOCUMENT_TYPE, openDocument, visitorProfile } from '@roamgrid/wire';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
  publicKey,
} from '@roamgrid/service-kit/testing';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

describe('a swipe at the home utility', () => {
  let world: World;
  let visited: Visited;
  let token: string;

  before(async () => {
    world = await startWorld();
    await activateRules(world.ask);
    visited = await startVisited(world);
    token = await visited.roamingToken();
  });
  after(() => world.close());

  it('is decided at once, signed, and gives a token only after the driver’s consent', async () => {
    const customer = await makeCustomer(world.ask, { loyalty: 'gold' });
    const offer = makeOffer();
    const { auth_req_id: id } = await visited.swipe(customer.cin, offer);
    const decision = await visited.decision(token, id);
    assert.ok(decision.outcome === 'authorised');
    const keys = [publicKey(world.keys.home)];
    const yes = await openDocument(
      authorisation,
      DOCUMENT_TYPE.authorisation,
      decision.signedAuthorisation,
      keys,
    );
    assert.ok(yes.ok);
    assert.deepEqual(yes.value, decision.authorisation);
    assert.equal(yes.value.cinRef, customer.cinRef);
    assert.equal(yes.value.adjustmentPpm, -50_000n);
    assert.equal(yes.value.limitMicros, 14_250_000n);
    const profile = await openDocument(
      visitorProfile,
      DOCUMENT_TYPE.profile,
      decision.signedProfile ?? '',
      keys,
    );
    assert.ok(profile.ok && profile.value.perSessionMicros === 60_000_000n);

    await assert.rejects(visited.chargingToken(id), { error: 'authorization_pending' });
    const body = await makeConsent(world.keys, makeQuote(yes.value, offer));
    assert.equal((await visited.consent(token, id, body)).status, 204);
    assert.equal((await visited.consent(token, id, body)).status, 204);
    const tokens = await visited.chargingToken(id);
    assert.equal(tokens.token_type, 'dpop');
    const [detail] = tokens.authorization_details ?? [];
    assert.equal(detail?.['sessionId'], body.sessionId);
    assert.equal(detail['capMicros'], '12000000');
    await assert.rejects(visited.chargingToken(id), { error: 'invalid_grant' });
  });
});
