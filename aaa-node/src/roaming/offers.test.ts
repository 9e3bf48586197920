import assert from 'node:assert/strict';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
} from '@roamgrid/service-kit/testing';
import type { ChargeOffer } from '@roamgrid/wire';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('offers that nobody takes', () => {
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

  /** A card whose owner may owe so much; each swipe puts 15 aside. */
  const cardOf = async (creditLimitMicros: string): Promise<string> => {
    const account = { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros };
    return (await makeCustomer(world.ask, { account, whitelist: 'NEVER' })).cin;
  };
  const swipe = async (cin: string, changes: Partial<ChargeOffer> = {}) => {
    const offer = makeOffer(changes);
    const { auth_req_id: id } = await visited.swipe(cin, offer);
    return { id, offer, decision: await visited.decision(token, id) };
  };
  type Swiped = Awaited<ReturnType<typeof swipe>>;
  const says = ({ decision }: Swiped) => (decision.outcome === 'refused' ? decision.code : decision.outcome);
  /** What the visited utility tells of a driver who consents now. */
  const consentTo = ({ offer, decision }: Swiped) => {
    assert.ok(decision.outcome === 'authorised');
    const { authorisation, signedAuthorisation: evidence } = decision;
    const by = { evidence, cinRef: authorisation.cinRef, offer };
    return makeConsent(world.keys, makeQuote(authorisation, offer), by);
  };
  const bring = async ({ id }: Swiped, body: object): Promise<number | string> => {
    const response = await visited.consent(token, id, body);
    return response.ok ? response.status : ((await response.json()) as { code: string }).code;
  };

  it('never lock the owner of a card out, however often somebody else swipes it', async () => {
    const cin = await cardOf('45000000');
    for (let time = 0; time < 10; time += 1) assert.equal(says(await swipe(cin)), 'authorised');
    const owner = await swipe(cin);
    assert.equal(await bring(owner, await consentTo(owner)), 204);
  });

  it('free what was put aside for them when their time is over', async () => {
    const cin = await cardOf('16000000');
    assert.equal(says(await swipe(cin, { validUntilMs: Date.now() + 3_000 })), 'authorised');
    const endMs = Date.now() + 30_000;
    let next = await swipe(cin);
    while (says(next) !== 'authorised') {
      assert.ok(Date.now() < endMs, 'what was put aside is not freed');
      await sleep(100);
      next = await swipe(cin);
    }
  });

  it('are as good as before when the driver’s consent comes late', async () => {
    const cin = await cardOf('16000000');
    const validUntilMs = Date.now() + 3_000;
    const first = await swipe(cin, { validUntilMs });
    const inTime = await consentTo(first);
    await sleep(validUntilMs + 50 - Date.now());
    assert.equal(says(await swipe(cin)), 'authorised');
    assert.equal(await bring(first, inTime), 204);
  });

  it('are good only as far as the means suffice once newer swipes of the card put an end to them', async () => {
    for (const [limit, expected] of [
      ['45000000', 'AUTHORISATION_EXPIRED'],
      ['60000000', 204],
    ] as const) {
      const cin = await cardOf(limit);
      const first = await swipe(cin);
      for (let time = 0; time < 3; time += 1) assert.equal(says(await swipe(cin)), 'authorised');
      assert.equal(await bring(first, await consentTo(first)), expected);
    }
  });
});
