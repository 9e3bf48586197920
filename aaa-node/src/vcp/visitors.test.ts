import assert from 'node:assert/strict';
import {
  chargeOffer,
  DOCUMENT_TYPE,
  signDocument,
  visitorProfile,
  type ChargeOffer,
  type VisitorProfile,
} from '@roamgrid/wire';
import { makeCin, unwrap } from '@roamgrid/domain';
import {
  CHANNEL,
  DAY_MS,
  HOME,
  issuerOf,
  makeKey,
  makeOffer,
  nextSessionId,
  terms,
  VISITED,
  type TestKey,
} from '@roamgrid/service-kit/testing';
import { commit, makeCdr } from '../testing/records.ts';
import { startWorld, type World } from '../testing/world.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Here the node is the visited one: the roles of the two utilities are swapped, Duke is the home. */
describe('a visitor’s kept profile', () => {
  let world: World;
  const dukeKey: TestKey = makeKey('duk-1');
  let visitors = 0;
  let sequence = 0;
  const cin = () => {
    visitors += 1;
    const customer = `V${visitors.toString().padStart(6, '0')}`;
    return unwrap(makeCin({ country: 'US', party: 'DUK', service: 'E', customer }));
  };

  before(async () => {
    world = await startWorld();
    const urls = { oidcIssuer: 'http://localhost:1/oidc', aaaUrl: 'http://localhost:1' };
    world.registry.issuers.set(VISITED, issuerOf(VISITED, dukeKey, urls, terms()));
  });
  after(() => world.close());

  const profileOf = (changes: Partial<VisitorProfile> = {}): VisitorProfile => ({
    iss: VISITED,
    aud: HOME,
    channel: CHANNEL,
    laneId: `${HOME}-${VISITED}-g0`,
    profileId: `prof-${Math.random().toString(36).slice(2)}`,
    cinRef: 'c'.repeat(64),
    service: 'charging',
    whitelist: 'ALLOWED',
    loyalty: 'gold',
    customerClass: 'residential',
    paymentMethod: 'postpaid',
    adjustmentPpm: -10_000n,
    currency: 'USD',
    perSessionMicros: 20_000_000n,
    exposureMicros: 50_000_000n,
    maxSessions: 10,
    validFromMs: Date.now() - 1_000,
    validUntilMs: Date.now() + DAY_MS,
    ...changes,
  });
  const keep = async (number: string, profile: VisitorProfile, key = dukeKey) =>
    world.ask('router', 'PUT', '/internal/v1/visitor-profiles', {
      cin: number,
      signedProfile: await signDocument(visitorProfile, DOCUMENT_TYPE.profile, profile, {
        kid: key.kid,
        key,
      }),
    });
  const askFor = async (
    number: string,
    offerChanges: Partial<ChargeOffer> = {},
    more: Record<string, unknown> = {},
  ) => {
    const offer = makeOffer({ vun: HOME, ...offerChanges });
    const body = { cin: number, offer: chargeOffer.encode(offer), ...more };
    const answer = await world.ask('router', 'POST', '/internal/v1/visitor-authorisations', body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return { sessionId: offer.sessionId, says: answer.body.why ?? answer.body.outcome };
  };
  const consent = (sessionId: string, capMicros = '20000000') =>
    world.ask('router', 'POST', `/internal/v1/visitor-authorisations/${sessionId}/consent`, { capMicros });

  it('authorises on the spot, and nobody without one', async () => {
    const known = cin();
    assert.equal((await keep(known, profileOf())).status, 204);
    assert.equal((await askFor(known)).says, 'granted');
    assert.equal((await askFor(cin())).says, 'unknown');
  });

  it('is kept only when its home signed it for this utility, for a time inside the agreement', async () => {
    const rows: readonly (readonly [string, VisitorProfile, TestKey?])[] = [
      ['another key', profileOf(), makeKey('duk-1')],
      ['another audience', profileOf({ aud: 'USTVA' })],
      ['another home', profileOf({ iss: 'USTVA' })],
      ['another channel', profileOf({ channel: 'another' })],
      ['another utility’s lane', profileOf({ laneId: `USTVA-${VISITED}-g0` })],
      ['a lane of another home', profileOf({ laneId: `${HOME}-USTVA-g0` })],
      ['past', profileOf({ validUntilMs: Date.now() - 1 })],
      ['too long', profileOf({ validUntilMs: Date.now() + 8 * DAY_MS })],
    ];
    for (const [what, profile, key] of rows) {
      const answer = await keep(cin(), profile, key);
      assert.equal(answer.body.code, 'PROFILE_REFUSED', what);
    }
  });

  it('serves the lane that it names alone, beside that of another', async () => {
    const number = cin();
    const there = `${HOME}-${VISITED}-g1`;
    assert.equal((await keep(number, profileOf())).status, 204);
    assert.equal((await askFor(number, { sessionId: `${there}-1` })).says, 'unknown');
    assert.equal((await keep(number, profileOf({ laneId: there, maxSessions: 1 }))).status, 204);
    assert.equal((await askFor(number, { sessionId: `${there}-1` })).says, 'granted');
    assert.equal((await askFor(number, { sessionId: `${there}-2` })).says, 'exposure');
    assert.equal((await askFor(number)).says, 'granted');
  });

  it('names why home must be asked', async () => {
    const rows: readonly (readonly [string, Partial<VisitorProfile>, Partial<ChargeOffer>])[] = [
      ['whitelist-never', { whitelist: 'NEVER' }, {}],
      ['offline-only', { whitelist: 'ALLOWED_OFFLINE' }, {}],
      ['not-yet-valid', { validFromMs: Date.now() + 60_000 }, {}],
      ['limit', {}, { estimateMicros: 30_000_000n }],
      ['adjustment', {}, { minAdjustmentPpm: 0n, maxAdjustmentPpm: 10n }],
      ['adjustment', { currency: 'EUR' }, {}],
    ];
    for (const [why, profile, offer] of rows) {
      const number = cin();
      assert.equal((await keep(number, profileOf(profile))).status, 204);
      assert.equal((await askFor(number, offer)).says, why);
    }
    const offline = cin();
    await keep(offline, profileOf({ whitelist: 'ALLOWED_OFFLINE' }));
    assert.equal((await askFor(offline, {}, { homeDown: true })).says, 'granted');
  });

  it('never lends more than its exposure, however many swipe at once; what home signs anew begins anew', async () => {
    const number = cin();
    await keep(number, profileOf());
    const answers = await Promise.all(Array.from({ length: 6 }, () => askFor(number)));
    const granted = answers.filter(({ says }) => says === 'granted');
    assert.equal(granted.length, 2);
    assert.ok(answers.every(({ says }) => says === 'granted' || says === 'exposure'));
    const [first] = granted;
    assert.ok(first);
    assert.equal((await consent(first.sessionId, '1000000')).status, 204);
    assert.equal((await askFor(number)).says, 'granted');
    assert.equal((await askFor(number)).says, 'exposure');
    await keep(number, profileOf());
    assert.equal((await askFor(number)).says, 'granted');
  });

  it('lends for few offers at a time, each no longer than it stands: one that lapsed is good while there is room', async () => {
    const [roomy, tight] = [cin(), cin()];
    await keep(roomy, profileOf({ perSessionMicros: 10_000_000n }));
    await keep(tight, profileOf({ perSessionMicros: 10_000_000n, exposureMicros: 30_000_000n }));
    for (const [number, expected] of [
      [roomy, 204],
      [tight, 410],
    ] as const) {
      const answers = [];
      for (let time = 0; time < 8; time += 1)
        answers.push(await askFor(number, { estimateMicros: 5_000_000n }));
      assert.ok(answers.every(({ says }) => says === 'granted'));
      assert.equal((await consent(answers[0]?.sessionId ?? '', '10000000')).status, expected);
    }
    const brief = cin();
    await keep(brief, profileOf({ exposureMicros: 20_000_000n }));
    assert.equal((await askFor(brief, { validUntilMs: Date.now() + 500 })).says, 'granted');
    await sleep(600);
    assert.equal((await askFor(brief)).says, 'granted');
  });

  it('never lends to more sessions than it allows, however little each takes', async () => {
    const number = cin();
    await keep(number, profileOf({ maxSessions: 3 }));
    for (let round = 0; round < 3; round += 1) {
      const { sessionId, says } = await askFor(number);
      assert.equal(says, 'granted');
      await consent(sessionId, '1');
    }
    assert.equal((await askFor(number)).says, 'exposure');
  });

  it('counts a session once, also when it is asked again', async () => {
    const number = cin();
    await keep(number, profileOf());
    const sessionId = nextSessionId(HOME, VISITED);
    for (let round = 0; round < 4; round += 1) {
      assert.equal((await askFor(number, { sessionId })).says, 'granted');
    }
    assert.equal((await askFor(number)).says, 'granted');
    assert.equal((await askFor(number)).says, 'exposure');
  });

  it('is used up by what its sessions come to on the ledger, for its whole life', async () => {
    const number = cin();
    await keep(number, profileOf({ exposureMicros: 40_000_000n }));
    const book = async (totalMicros: bigint) => {
      const { sessionId, says } = await askFor(number);
      assert.equal(says, 'granted');
      assert.equal((await consent(sessionId)).status, 204);
      assert.equal((await consent(sessionId)).status, 204);
      assert.equal((await consent(sessionId, '1')).body.code, 'CONSENT_CONFLICT');
      sequence += 1;
      const cdr = makeCdr({ laneSequence: sequence, sessionId, vun: HOME, hun: VISITED, totalMicros });
      commit(world.registry, 'vun', cdr, { cinRef: 'c'.repeat(64), authorisedBy: 'cache' });
      return sessionId;
    };
    const booked = await book(12_000_000n);
    // Until the ledger has it, the cap counts: there is room for one more session at its largest, and no second.
    await book(8_000_000n);
    const until = Date.now() + 5_000;
    let third = await askFor(number);
    while (third.says !== 'granted') {
      assert.ok(Date.now() < until, 'the totals do not count in the place of the caps');
      await sleep(50);
      third = await askFor(number);
    }
    assert.equal((await consent(third.sessionId)).status, 204);
    // A consent that was held up on its way is no other one: the ledger told of its session first.
    assert.equal((await consent(booked)).status, 204);
    // 12 + 8 + 20 of 40: nothing is ever given back.
    await sleep(200);
    assert.equal((await askFor(number)).says, 'exposure');
  });

  it('serves no offer of another channel, or under a number of another pair', async () => {
    const number = cin();
    await keep(number, profileOf());
    for (const change of [
      { channel: 'another' },
      { vun: VISITED },
      { sessionId: nextSessionId(HOME, 'USTVA') },
      { sessionId: nextSessionId(VISITED, HOME) },
    ]) {
      const offer = chargeOffer.encode({ ...makeOffer({ vun: HOME }), ...change });
      const answer = await world.ask('router', 'POST', '/internal/v1/visitor-authorisations', {
        cin: number,
        offer,
      });
      assert.equal(answer.body.code, 'OFFER_INVALID', JSON.stringify(change));
    }
  });

  it('takes no cap above what the profile allows', async () => {
    const number = cin();
    await keep(number, profileOf());
    const { sessionId } = await askFor(number);
    assert.equal((await consent(sessionId, '20000001')).body.code, 'QUOTE_INVALID');
    assert.equal((await consent(nextSessionId(HOME, VISITED))).body.code, 'EXPOSURE_UNKNOWN');
  });

  it('ends with its revocation, and the same profile cannot be brought back', async () => {
    const number = cin();
    const profile = profileOf();
    await keep(number, profile);
    const revocations = [{ profileId: profile.profileId, revokedAtMs: Date.now() }];
    const revoke = { hun: VISITED, revocations, cursor: '17' };
    assert.equal((await world.ask('router', 'POST', '/internal/v1/visitor-revocations', revoke)).status, 204);
    const { body } = await world.ask('router', 'GET', '/internal/v1/visitor-homes');
    assert.deepEqual(body.homes, [{ hun: VISITED, cursor: '17' }]);
    assert.equal((await askFor(number)).says, 'revoked');
    await keep(number, profile);
    assert.equal((await askFor(number)).says, 'revoked');
    await keep(number, profileOf());
    assert.equal((await askFor(number)).says, 'granted');
  });

  it('is not used when the home’s revocations were not read for too long, unless home is silent too', async () => {
    const stale = await startWorld({
      times: { revocationsStale: 2_000, registryFresh: 50, registryStale: 50 },
    });
    const before = world;
    try {
      world = stale;
      const urls = { oidcIssuer: 'http://localhost:1/oidc', aaaUrl: 'http://localhost:1' };
      stale.registry.issuers.set(VISITED, issuerOf(VISITED, dukeKey, urls, terms()));
      const [allowed, always] = [cin(), cin()];
      await keep(allowed, profileOf());
      await keep(always, profileOf({ whitelist: 'ALWAYS' }));
      await sleep(2_050);
      assert.equal((await askFor(allowed)).says, 'stale');
      assert.equal((await askFor(always)).says, 'granted');
      assert.equal((await askFor(allowed, {}, { homeDown: true })).says, 'granted');
      const read = { hun: VISITED, revocations: [], cursor: '' };
      await world.ask('router', 'POST', '/internal/v1/visitor-revocations', read);
      assert.equal((await askFor(allowed)).says, 'granted');
    } finally {
      world = before;
      await stale.close();
    }
  });

  it('is no business of an operator’s key, nor of one that is not registered', async () => {
    const body = { cin: cin(), offer: chargeOffer.encode(makeOffer({ vun: HOME })) };
    assert.equal(
      (await world.ask('operator', 'POST', '/internal/v1/visitor-authorisations', body)).status,
      403,
    );
  });
});
