import assert from 'node:assert/strict';
import { activateRules, makeCustomer, makeOffer, putRules } from '@roamgrid/service-kit/testing';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

const GW = 1_000_000_000n;
const MINUTE_MS = 60_000;
const KEPT_MS = 400;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const rulesOf = (more: Record<string, unknown> = {}) => ({
  basePpm: '0',
  byLoyalty: { none: '0', gold: '-50000', diamond: '-80000', platinum: '-120000' },
  byPayment: { postpaid: '0', prepaid: '10000', debit: '0', 'credit-card': '0', crypto: '0' },
  grid: {
    demandAreaId: 'SOCO',
    generationAreaId: 'SOCO-GEN',
    capacityW: (20n * GW).toString(),
    timeZone: 'America/Chicago',
    maxAgeMs: 60 * MINUTE_MS,
    keptProfiles: 'base-rate',
    rules: [
      {
        ruleId: 'scarce',
        when: { demandOfCapacity: { fromPpm: '900000' } },
        addPpm: '30000',
        addByLoyalty: { none: '0', gold: '-5000', diamond: '-10000', platinum: '-15000' },
      },
      { ruleId: 'own-surplus', when: { generationOfDemand: { fromPpm: '1200000' } }, addPpm: '-4000' },
    ],
    ...more,
  },
});

describe('a swipe under rules that ask for the grid', () => {
  let world: World;
  let visited: Visited;
  let token: string;
  let version: number;

  before(async () => {
    world = await startWorld({
      times: { registryFresh: 50, registryStale: 5_000, feed: 50, gridFigures: 30, gridFiguresKept: KEPT_MS },
    });
    await activateRules(world.ask);
    version = await putRules(world.ask, 'residential', rulesOf());
    visited = await startVisited(world);
    token = await visited.roamingToken();
  });
  after(() => world.close());

  const record = (areaId: string, powerW: bigint, agoMs = MINUTE_MS) =>
    world.registry.grid.set(areaId, [{ atMs: Date.now() - agoMs, powerW }]);
  const swipe = async (cin: string) => {
    const { auth_req_id: id } = await visited.swipe(cin, makeOffer());
    const decision = await visited.decision(token, id);
    assert.ok(decision.outcome === 'authorised');
    return decision;
  };
  const rateOf = async (customerId: string): Promise<Record<string, unknown>> => {
    const { body } = await world.ask('operator', 'GET', `/operator/v1/decisions?customerId=${customerId}`);
    return body.decisions[0]?.['rate'] as Record<string, unknown>;
  };
  /** Swipes until the rule that took part is the wanted one: figures are read in rounds. */
  const swipeUntil = async (wanted: string, customer: { cin: string; customerId: string }) => {
    for (let left = 100; ; left -= 1) {
      const decision = await swipe(customer.cin);
      const rate = await rateOf(customer.customerId);
      const grid = rate['grid'] as Record<string, unknown> | undefined;
      if ((grid?.['ruleId'] ?? grid?.['outcome'] ?? 'none') === wanted) return { decision, rate };
      assert.ok(left > 0, JSON.stringify(rate));
      await sleep(20);
    }
  };
  const rich = { account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '99000000000' } };

  it('gets the base rate while nothing is recorded, and what is added once it is', async () => {
    const customer = await makeCustomer(world.ask, { loyalty: 'gold', ...rich });
    const before = await swipeUntil('no-figures', customer);
    assert.equal(before.decision.authorisation.adjustmentPpm, -50_000n);
    record('SOCO', 19n * GW);
    const scarce = await swipeUntil('scarce', customer);
    assert.equal(scarce.decision.authorisation.adjustmentPpm, -25_000n);
    record('SOCO', 10n * GW);
    const ordinary = await swipeUntil('no-match', customer);
    assert.equal(ordinary.decision.authorisation.adjustmentPpm, -50_000n);
    record('SOCO-GEN', 12n * GW);
    const surplus = await swipeUntil('own-surplus', customer);
    assert.equal(surplus.decision.authorisation.adjustmentPpm, -54_000n);
    record('SOCO', 19n * GW, 61 * MINUTE_MS);
    const old = await swipeUntil('no-figures', customer);
    assert.equal(old.decision.authorisation.adjustmentPpm, -50_000n);
  });

  it('of the other class is not touched by this class’s rules', async () => {
    record('SOCO', 19n * GW);
    const residential = await makeCustomer(world.ask, rich);
    await swipeUntil('scarce', residential);
    const commercial = await makeCustomer(world.ask, { customerClass: 'commercial', ...rich });
    const { decision, rate } = await swipeUntil('none', commercial);
    assert.equal(decision.authorisation.adjustmentPpm, 20_000n);
    assert.equal(rate['customerClass'], 'commercial');
  });

  it('leaves a profile at the base rate, or one that asks home each time, as the rules say', async () => {
    record('SOCO', 19n * GW);
    const customer = await makeCustomer(world.ask, { loyalty: 'gold', ...rich });
    const { decision } = await swipeUntil('scarce', customer);
    assert.equal(decision.authorisation.adjustmentPpm, -25_000n);
    assert.deepEqual([decision.profile?.adjustmentPpm, decision.profile?.whitelist], [-50_000n, 'ALLOWED']);
    const stricter = await putRules(world.ask, 'residential', rulesOf({ keptProfiles: 'ask-home' }));
    const asking = await swipeUntil('scarce', customer);
    assert.deepEqual(
      [asking.decision.profile?.adjustmentPpm, asking.decision.profile?.whitelist],
      [-50_000n, 'ALLOWED_OFFLINE'],
    );
    assert.equal(asking.rate['ruleVersion'], stricter);
    await world.ask('operator', 'POST', `/operator/v1/crp/residential/versions/${stricter}/withdraw`);
  });

  it('shows an operator, and nobody else, each rate with its version and inputs', async () => {
    const atMs = Date.now() - MINUTE_MS;
    world.registry.grid.set('SOCO', [
      { atMs: atMs - 1, powerW: 19n * GW },
      { atMs, powerW: 18n * GW },
    ]);
    world.registry.grid.delete('SOCO-GEN');
    await sleep(200);
    const customer = await makeCustomer(world.ask, { loyalty: 'platinum', ...rich });
    for (let swipes = 0; swipes < 3; swipes += 1) await swipe(customer.cin);
    const list = async (more = '') =>
      (
        await world.ask(
          'operator',
          'GET',
          `/operator/v1/decisions?limit=2&customerId=${customer.customerId}${more}`,
        )
      ).body;
    const first = await list();
    const second = await list(`&before=${first.cursor ?? ''}`);
    assert.deepEqual([first.decisions.length, second.decisions.length, second.cursor], [2, 1, undefined]);
    const all = [...first.decisions, ...second.decisions];
    assert.equal(new Set(all.map((each) => each['sessionId'])).size, 3);
    const { atMs: computedAtMs, grid, ...rate } = first.decisions[0]?.['rate'] as Record<string, unknown>;
    assert.ok(Math.abs(Number(computedAtMs) - Date.now()) < MINUTE_MS);
    assert.deepEqual(rate, {
      customerClass: 'residential',
      ruleVersion: version,
      loyalty: 'platinum',
      paymentMethod: 'postpaid',
      basePpm: '-120000',
      proposedPpm: '-105000',
      adjustmentPpm: '-105000',
    });
    const { dayPeak: _dayPeak, ...figures } = grid as Record<string, unknown>;
    assert.deepEqual(figures, {
      outcome: 'rule',
      ruleId: 'scarce',
      demand: { atMs, powerW: (18n * GW).toString() },
    });
    assert.equal((await world.ask('router', 'GET', '/operator/v1/decisions')).status, 403);
  });

  it('is answered at the base rate once the own gateway has failed for long enough, and by the grid again after', async () => {
    record('SOCO', 19n * GW);
    const customer = await makeCustomer(world.ask, rich);
    await swipeUntil('scarce', customer);
    const answer = world.registry.grid.get.bind(world.registry.grid);
    try {
      world.registry.grid.get = () => {
        throw new Error('the gateway fails');
      };
      await swipeUntil('no-figures', customer);
      const { decision } = await swipeUntil('no-figures', customer);
      assert.equal(decision.authorisation.adjustmentPpm, 0n);
    } finally {
      world.registry.grid.get = answer;
    }
    await swipeUntil('scarce', customer);
  });
});
