import assert from 'node:assert/strict';
import type { Source } from '@roamgrid/domain/power';
import { canonicalJson, siteSaving } from '@roamgrid/wire';
import { claimOf, gridOf, startStage, type Stage } from '../stage/stage.ts';

const battery = (sourceId: 'ess' | 'ev', percent: number): Source => ({
  ...{ sourceId, kind: sourceId, nodeId: 'storage', availableW: 7_000n },
  store: { storedWh: BigInt(percent) * 1_000n, capacityWh: 100_000n, floorWh: 20_000n },
});
const fills = (sourceId: 'ess' | 'ev') =>
  claimOf(`fill-${sourceId}`, 'storage', 5_000n, { kind: 'charge', sourceId, fromKinds: ['renewable'] });

const tariffJson = canonicalJson({
  ...{ country_code: 'US', party_id: 'DUK', id: 'T', currency: 'USD', last_updated: '2026-01-01T00:00:00Z' },
  elements: [{ price_components: [{ type: 'ENERGY', price: '0.25', vat: '0', step_size: 1 }] }],
});

describe('the sun of a house (PANEL-14)', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      nodes: [
        { nodeId: 'house', kind: 'connection', hard: { totalW: '20000' } },
        { nodeId: 'circuits', kind: 'circuit', parentId: 'house' },
        { nodeId: 'storage', kind: 'circuit', parentId: 'house' },
      ],
      sources: [
        { source: gridOf(20_000n, 'house'), isTold: false },
        {
          source: { ...{ sourceId: 'sun', kind: 'renewable', nodeId: 'house' }, availableW: 4_000n },
          isTold: false,
        },
        { source: battery('ess', 55), isTold: true },
        { source: battery('ev', 62), isTold: true },
      ],
      site: { policyId: 'panel', sampleMs: 10_000 },
      loads: [
        {
          ...{ loadId: 'circuits', nodeId: 'circuits', aloneW: 0n },
          claims: [claimOf('lights', 'circuits', 1_000n, { kind: 'circuit' })],
        },
        { loadId: 'store', nodeId: 'storage', aloneW: 0n, claims: [fills('ess')] },
        { loadId: 'wallbox', nodeId: 'storage', aloneW: 0n, claims: [fills('ev')] },
      ],
    });
  });
  after(() => stage.close());

  const filledAt = async (ess: number, ev: number) => {
    for (const [id, percent] of [
      ['ess', ess],
      ['ev', ev],
    ] as const) {
      const source = stage.plant.sources.get(id);
      assert.ok(source);
      source.source = battery(id, percent);
    }
    await stage.step();
    const { 'fill-ess': toEss, 'fill-ev': toEv } = await stage.granted();
    return [toEss, toEv];
  };

  it('fills the lower battery with the 3 kW that the loads leave of it, the stationary one at a tie', async () => {
    assert.deepEqual(await filledAt(55, 62), [3_000n, 0n]);
    assert.deepEqual(await filledAt(70, 62), [0n, 3_000n]);
    assert.deepEqual(await filledAt(62, 62), [3_000n, 0n]);
    const { reasons } = (await stage.decisions())[0] ?? assert.fail();
    assert.ok(reasons.some(({ of }) => of === 'sun-fills-the-lower-battery'));
  });

  it('saves the bill without it less the bill with it, to the micro', async () => {
    const fromMs = stage.nowMs();
    for (let tick = 0; tick < 40; tick += 1) await stage.step(10_000);
    const asked = { tariffJson, timeZone: 'America/New_York', fromMs, untilMs: stage.nowMs() };
    const answer = await stage.ask('POST', '/operator/v1/sites/s1/saving', asked);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const { takenWh, boughtWh, withoutMicros, withMicros, savedMicros } = siteSaving.parse(answer.body);
    // The lights' 1 kW of almost seven minutes; what filled the store is none of it.
    assert.ok(takenWh > 90n && takenWh < 120n && boughtWh === 0n, `${takenWh} Wh, ${boughtWh} Wh bought`);
    assert.deepEqual([withoutMicros, withMicros], [takenWh * 250n, boughtWh * 250n]);
    assert.equal(savedMicros, withoutMicros - withMicros);
    for (const wrong of [
      { untilMs: fromMs },
      { tariffJson: '{}' },
      { timeZone: 'Nowhere' },
      { fromMs: 0, untilMs: 1 },
    ])
      assert.equal(
        (await stage.ask('POST', '/operator/v1/sites/s1/saving', { ...asked, ...wrong })).status,
        422,
      );
  });
});
