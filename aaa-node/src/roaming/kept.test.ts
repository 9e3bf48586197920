import assert from 'node:assert/strict';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
  type TestCustomer,
} from '@roamgrid/service-kit/testing';
import {
  DOCUMENT_TYPE,
  signDocument,
  visitorProfile,
  type HomeConsent,
  type Quote,
  type VisitorProfile,
} from '@roamgrid/wire';
import { commit, makeCdr } from '../testing/records.ts';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

interface Told {
  readonly code: string;
  readonly detail: string;
}

describe('a session on a profile that a visited utility keeps', () => {
  let world: World;
  let visited: Visited;
  let token: string;
  let sequence = 0;

  before(async () => {
    world = await startWorld({ profileSessions: 3 });
    await activateRules(world.ask);
    visited = await startVisited(world);
    token = await visited.roamingToken();
  });
  after(() => world.close());

  interface Kept {
    readonly customer: TestCustomer;
    readonly profile: VisitorProfile;
    readonly signedProfile: string;
  }
  const swipe = async (customer: TestCustomer) => {
    const { auth_req_id: id } = await visited.swipe(customer.cin, makeOffer());
    const decision = await visited.decision(token, id);
    assert.ok(decision.outcome === 'authorised');
    return decision;
  };
  /** A customer whose profile the visited utility got with the first yes. */
  const keep = async (creditLimitMicros = '200000000'): Promise<Kept> => {
    const account = { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros };
    const customer = await makeCustomer(world.ask, { account });
    const { profile, signedProfile } = await swipe(customer);
    assert.ok(profile !== undefined && signedProfile !== undefined);
    return { customer, profile, signedProfile };
  };
  const openingOf = (
    { profile, signedProfile }: Kept,
    changes: Partial<Quote> = {},
  ): Promise<HomeConsent> => {
    const quote = makeQuote(profile, makeOffer(), { estimateMicros: 1n, ...changes });
    return makeConsent(world.keys, quote, { evidence: signedProfile, cinRef: profile.cinRef });
  };
  const open = async (body: HomeConsent) => {
    const response = await visited.call(token, 'POST', '/roaming/v1/openings', body);
    const told = response.status === 204 ? { code: '', detail: '' } : ((await response.json()) as Told);
    return { status: response.status, ...told };
  };
  const book = async ({ customer, profile }: Kept, sessionId: string, totalMicros: bigint): Promise<void> => {
    sequence += 1;
    const shares = { hun: 0n, vun: totalMicros, infrastructure: 0n, driver: 0n };
    const cdr = makeCdr({ laneSequence: sequence, sessionId, totalMicros, shares });
    const { profileId } = profile;
    commit(world.registry, 'hun', cdr, {
      cinRef: customer.cinRef,
      authorisedBy: 'cache',
      profileId,
      openedAtMs: profile.validFromMs + 1,
    });
    // A bill is made of all that stands on the ledger by then.
    const period = new Date().toISOString().slice(0, 7);
    await world.ask('operator', 'POST', `/operator/v1/periods/${period}/bills`, {});
  };

  it('is taken when it is good, once, and another opening of it is not', async () => {
    const kept = await keep();
    const body = await openingOf(kept);
    const asked = world.registry.judged.length;
    assert.equal((await open(body)).status, 204);
    assert.equal((await open(body)).status, 204);
    assert.equal(world.registry.judged.length, asked + 1);
    const quote = makeQuote(kept.profile, makeOffer(), { sessionId: body.sessionId, estimateMicros: 1n });
    const by = { evidence: kept.signedProfile, cinRef: kept.profile.cinRef };
    assert.equal((await open(await makeConsent(world.keys, quote, by))).code, 'CONSENT_CONFLICT');
    await world.restart();
    assert.equal((await open(body)).status, 204);
  });

  it('takes its cap of the customer’s means, so that home does not lend the same money again', async () => {
    const kept = await keep('40000000');
    assert.equal((await open(await openingOf(kept, { capMicros: 20_000_000n }))).status, 204);
    // 40, of which 15 are put aside for the swipe before and 20 for the session: no further 10 with headroom.
    const { auth_req_id: id } = await visited.swipe(kept.customer.cin, makeOffer());
    const decision = await visited.decision(token, id);
    assert.ok(decision.outcome === 'refused' && decision.code === 'LIMIT_EXCEEDED');
  });

  it('is refused when caps and totals under the profile would come to more than its exposure', async () => {
    // 40 less 15 for the swipe: a profile of 25.
    const kept = await keep('40000000');
    assert.equal(kept.profile.exposureMicros, 25_000_000n);
    const first = await openingOf(kept, { capMicros: 20_000_000n });
    assert.equal((await open(first)).status, 204);
    const second = await openingOf(kept, { capMicros: 15_000_001n });
    const refused = await open(second);
    assert.deepEqual([refused.status, refused.code], [422, 'OPENING_REFUSED']);
    assert.match(refused.detail, /^OVER_EXPOSURE: /);
    // Once it is booked, its total counts in the place of its cap, and is never given back.
    await book(kept, first.sessionId, 10_000_000n);
    assert.match((await open(second)).detail, /^OVER_EXPOSURE: /);
    assert.equal((await open(await openingOf(kept, { capMicros: 15_000_000n }))).status, 204);
    assert.match((await open(await openingOf(kept, { capMicros: 1n }))).detail, /^OVER_EXPOSURE: /);
  });

  it('is refused when the profile has let as many sessions open as it may, however many are told at once', async () => {
    const kept = await keep();
    const bodies = await Promise.all(
      Array.from({ length: 5 }, () => openingOf(kept, { capMicros: 1_000n, estimateMicros: 1n })),
    );
    const answers = await Promise.all(bodies.map(open));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 204, 204, 422, 422]);
    assert.ok(answers.every(({ status, detail }) => status === 204 || detail.startsWith('OVER_EXPOSURE: ')));
  });

  it('is refused on a profile that is revoked, that another customer has, or that home never signed or gave', async () => {
    const kept = await keep();
    const other = await keep();
    const mixed = { ...kept, profile: { ...kept.profile, cinRef: other.profile.cinRef } };
    assert.match((await open(await openingOf(mixed))).detail, /^BAD_SIGNATURE: /);
    const [head = '', payload = '', signature = ''] = kept.signedProfile.split('.');
    const raised = Buffer.from(payload, 'base64url')
      .toString()
      .replace(/"exposureMicros":"\d+"/, '"exposureMicros":"99000000"');
    const forged = {
      ...kept,
      signedProfile: [head, Buffer.from(raised).toString('base64url'), signature].join('.'),
    };
    assert.match((await open(await openingOf(forged))).detail, /^BAD_SIGNATURE: /);
    const unissued = { ...kept.profile, profileId: 'prof-unheard-of' };
    const { home: key } = world.keys;
    const signer = { kid: key.kid, key };
    const signedProfile = await signDocument(visitorProfile, DOCUMENT_TYPE.profile, unissued, signer);
    assert.match((await open(await openingOf({ ...kept, signedProfile }))).detail, /^NOT_FOUND: /);
    const lost = { cin: kept.customer.cin, state: 'lost' };
    await world.ask('operator', 'POST', '/operator/v1/cins/state', lost);
    assert.match((await open(await openingOf(kept))).detail, /^REVOKED: /);
  });

  it('gets no answer while the own gateway is silent, and is judged when it is told again', async () => {
    const body = await openingOf(await keep());
    world.registry.faults.judgeAfterMs = 1_500;
    try {
      assert.equal((await open(body)).status, 503);
    } finally {
      world.registry.faults.judgeAfterMs = 0;
    }
    assert.equal((await open(body)).status, 204);
  });

  it('of a session that home authorised is told by its own way', async () => {
    const { customer } = await keep();
    const { signedAuthorisation: evidence, authorisation } = await swipe(customer);
    const offer = makeOffer();
    const body = await makeConsent(world.keys, makeQuote(authorisation, offer), {
      evidence,
      cinRef: customer.cinRef,
      offer,
    });
    assert.equal((await open(body)).code, 'OPENING_INVALID');
  });

  describe('its profile', () => {
    const revocations = async (): Promise<string[]> => {
      const response = await visited.call(token, 'GET', '/roaming/v1/revocations?after=');
      const page = (await response.json()) as { revocations: { profileId: string }[] };
      return page.revocations.map(({ profileId }) => profileId);
    };

    it('is given again while it serves, and nothing is revoked for it', async () => {
      const kept = await keep();
      const again = await swipe(kept.customer);
      assert.equal(again.signedProfile, kept.signedProfile);
      assert.ok(!(await revocations()).includes(kept.profile.profileId));
    });

    it('is replaced once it is used up, and the old one is revoked', async () => {
      const kept = await keep();
      for (let session = 0; session < 3; session += 1) {
        assert.equal((await open(await openingOf(kept, { capMicros: 1_000n }))).status, 204);
      }
      const { profile } = await swipe(kept.customer);
      assert.ok(profile !== undefined && profile.profileId !== kept.profile.profileId);
      assert.ok((await revocations()).includes(kept.profile.profileId));
      assert.match((await open(await openingOf(kept))).detail, /^REVOKED: /);
    });

    it('is replaced by a smaller one when the customer’s means have shrunk', async () => {
      const kept = await keep('100000000');
      const smaller = (await swipe(kept.customer)).profile;
      assert.ok(smaller && smaller.exposureMicros < kept.profile.exposureMicros);
      assert.ok((await revocations()).includes(kept.profile.profileId));
    });
  });
});
