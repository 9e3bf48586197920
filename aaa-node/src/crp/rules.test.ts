import assert from 'node:assert/strict';
import { activateRules } from '@roamgrid/service-kit/testing';
import { startWorld, type World } from '../testing/world.ts';

const rules = (gold: string) => ({
  basePpm: '0',
  byLoyalty: { none: '0', gold, diamond: '-60000', platinum: '-70000' },
  byPayment: { postpaid: '0', prepaid: '0', debit: '0', 'credit-card': '0', crypto: '0' },
});

describe('the charging rules', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.close());
  const base = '/operator/v1/crp/residential/versions';
  const draft = (gold: string, effectiveFromMs = 0) =>
    world.ask('operator', 'POST', base, { rules: rules(gold), effectiveFromMs });
  const step = (who: 'operator' | 'reviewer', version: number, verb: string) =>
    world.ask(who, 'POST', `${base}/${version}/${verb}`);
  const range = async (hun: string) =>
    (await world.ask('router', 'GET', `/internal/v1/crp/partner-range?hun=${hun}`)).body;

  it('take effect only after somebody else reviewed them', async () => {
    const { version } = (await draft('-10000')).body;
    assert.equal((await step('operator', version, 'activate')).body.code, 'RULE_STATE');
    assert.equal((await step('operator', version, 'review')).body.code, 'RULE_REVIEW_OWN');
    const reviewed = await step('reviewer', version, 'review');
    assert.deepEqual([reviewed.body.state, reviewed.body.reviewer], ['reviewed', 'bob']);
    assert.equal((await step('reviewer', version, 'review')).body.code, 'RULE_STATE');
    assert.equal((await step('operator', version, 'activate')).body.state, 'active');
    assert.equal((await step('operator', 99_999, 'activate')).body.code, 'RULE_VERSION_NOT_FOUND');
  });

  it('must be whole, and better for a higher level', async () => {
    assert.equal((await draft('-65000')).body.code, 'INVALID_REQUEST');
    for (const wrong of [
      {},
      { ...rules('0'), byLoyalty: { none: '0' } },
      { ...rules('0'), basePpm: 5 },
      [],
    ]) {
      const answer = await world.ask('operator', 'POST', base, { rules: wrong, effectiveFromMs: 0 });
      assert.equal(answer.status, 400, JSON.stringify(wrong));
    }
    const partner = '/operator/v1/crp/partner/versions';
    for (const wrong of [
      [{ hun: 'USDUK', minPpm: '0', maxPpm: '1' }],
      [{ hun: '*', minPpm: '2', maxPpm: '1' }],
      [
        { hun: '*', minPpm: '0', maxPpm: '1' },
        { hun: '*', minPpm: '0', maxPpm: '1' },
      ],
    ]) {
      const answer = await world.ask('operator', 'POST', partner, { rules: wrong, effectiveFromMs: 0 });
      assert.equal(answer.body.code, 'INVALID_REQUEST');
    }
  });

  it('change from their effective date on, without a restart, and back when withdrawn', async () => {
    assert.equal((await range('USDUK')).code, 'RULE_NONE_ACTIVE');
    await activateRules(world.ask);
    const first = await range('USDUK');
    const partner = '/operator/v1/crp/partner/versions';
    const put = async (effectiveFromMs: number, minPpm: string): Promise<number> => {
      const rows = [
        { hun: '*', minPpm: '-1', maxPpm: '0' },
        { hun: 'USDUK', minPpm, maxPpm: '0' },
      ];
      const { version } = (await world.ask('operator', 'POST', partner, { rules: rows, effectiveFromMs }))
        .body;
      await world.ask('reviewer', 'POST', `${partner}/${version}/review`);
      await world.ask('operator', 'POST', `${partner}/${version}/activate`);
      return version;
    };
    await put(Date.now() + 3_600_000, '-999');
    assert.deepEqual(await range('USDUK'), first);
    const now = await put(Date.now() - 1, '-5');
    assert.deepEqual(await range('USDUK'), { minAdjustmentPpm: '-5', maxAdjustmentPpm: '0', version: now });
    assert.equal((await range('USTVA')).minAdjustmentPpm, '-1');
    await world.ask('operator', 'POST', `${partner}/${now}/withdraw`);
    assert.deepEqual(await range('USDUK'), first);
    const { versions } = (await world.ask('operator', 'GET', partner)).body;
    assert.deepEqual(
      versions.map(({ state }) => state),
      ['withdrawn', 'active', 'active'],
    );
  });
});
