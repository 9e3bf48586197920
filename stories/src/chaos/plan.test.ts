import assert from 'node:assert/strict';
import { chaosParts } from './cast.ts';
import { FAULT_KINDS, kindsOf, planChaos, type ChaosPlan } from './plan.ts';
import { powerOf } from './press.ts';
import { recordedSessions } from './recorded.ts';

const textOf = (plan: ChaosPlan): string =>
  JSON.stringify(plan, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));

describe('the plan of a chaos run', () => {
  const recorded = recordedSessions();
  let embedded: readonly string[] = [];
  before(async () => {
    embedded = await chaosParts({ kind: 'embedded' });
  });
  it('is the same byte for byte for a seed, and another one for another', () => {
    assert.equal(textOf(planChaos(7, 40, embedded, recorded)), textOf(planChaos(7, 40, embedded, recorded)));
    assert.notEqual(
      textOf(planChaos(7, 40, embedded, recorded)),
      textOf(planChaos(8, 40, embedded, recorded)),
    );
  });

  it('lives a stretch of recorded sessions in their order, as much as each charged and pressed from as long', () => {
    const { sessions, recorded: file } = planChaos(7, 40, embedded, recorded);
    assert.equal(file, 'perth_kinross_2017-10.csv');
    const first = recorded.sessions.findIndex(({ sessionId }) => sessionId === sessions[0]?.recordedAs);
    for (const [at, { recordedAs, energyWh, staysMs }] of sessions.entries()) {
      const row = recorded.sessions[(first + at) % recorded.sessions.length];
      assert.ok(row !== undefined);
      assert.deepEqual([recordedAs, energyWh], [row.sessionId, row.energyWh]);
      assert.equal(staysMs, Math.min(10_000, Math.max(3_000, Math.round((row.endMs - row.startMs) / 450))));
      assert.equal(powerOf(energyWh, staysMs), (energyWh * 3_600_000n) / BigInt(staysMs));
    }
  });

  it('goes on with the first recorded session after the last', () => {
    const few = { ...recorded, sessions: recorded.sessions.slice(0, 3) };
    const ids = planChaos(7, 7, embedded, few).sessions.map(({ recordedAs }) => recordedAs);
    assert.deepEqual(ids.slice(3), ids.slice(0, 4));
    assert.equal(new Set(ids).size, 3);
  });

  it('strikes each part more than three times in 1,000 sessions, in every way that it can be struck', () => {
    const { faults } = planChaos(1, 1_000, embedded, recorded);
    for (const part of embedded) {
      const own = faults.filter(({ target }) => target === part);
      assert.ok(own.length > 3, part);
      assert.deepEqual(new Set(own.map(({ kind }) => kind)), new Set(kindsOf(part)), part);
    }
    assert.deepEqual(new Set(faults.map(({ kind }) => kind)), new Set(FAULT_KINDS));
  });

  it('strikes every peer, orderer and chaincode of Fabric’s own, in each way there is', async () => {
    for (const [orderer, orderers] of [
      ['bft', 4],
      ['raft', 3],
    ] as const) {
      const parts = await chaosParts({ kind: 'native', orderer });
      assert.equal(parts.filter((part) => part.startsWith('ordering/')).length, orderers);
      for (const part of ['usalp/peer', 'usduk/peer', 'auditor/peer', 'usalp/chaincode', 'usduk/chaincode'])
        assert.ok(parts.includes(part), part);
      const { faults } = planChaos(1, 1_400, parts, recorded);
      for (const part of parts) {
        const own = faults.filter(({ target }) => target === part);
        assert.deepEqual(new Set(own.map(({ kind }) => kind)), new Set(kindsOf(part)), part);
      }
    }
  });

  it('strikes each part in the shortest run, while cars come', () => {
    const { faults, sessions } = planChaos(3, 40, embedded, recorded);
    assert.deepEqual(new Set(faults.map(({ target }) => target)), new Set(embedded));
    const lastMs = Math.max(...sessions.map(({ arrivesAtMs }) => arrivesAtMs));
    assert.ok(faults.every(({ atMs }) => atMs < lastMs));
  });

  it('lets one car at a time use an outlet', () => {
    const { sessions } = planChaos(5, 200, embedded, recorded);
    for (const [at, { evseId, arrivesAtMs }] of sessions.entries()) {
      const before = sessions.slice(0, at).findLast((one) => one.evseId === evseId);
      if (before !== undefined) assert.ok(arrivesAtMs > before.arrivesAtMs + before.staysMs);
    }
  });
});
