import assert from 'node:assert/strict';
import { bodyHash, isIncluded, hashTree, privateKey, unpackBodies, type AllocatedSlot } from '@roamgrid/wire';
import {
  allocation,
  computeCharge,
  FIRST_SLOT_MS,
  SITE_TREE,
  SLOT_MS,
  slotAt,
  type AllocationOptions,
} from '../../testing/allocations.ts';
import { by, call, MSP, NOW_MS, saltOf } from '../../testing/parties.ts';
import { amend, but, withGroundwork } from '../../testing/prepared.ts';

const BOTH = [MSP.USALP, MSP.USDUK];
const one = (over: Partial<AllocatedSlot>): AllocationOptions => ({ slots: [slotAt(FIRST_SLOT_MS, over)] });
const { grants, sources, claims, sourceShares } = slotAt(FIRST_SLOT_MS);
const [car = assert.fail(), job = assert.fail()] = grants;
const [battery = assert.fail(), grid = assert.fail()] = sourceShares;

describe('grid.recordAllocations', () => {
  it('puts root and hash on the channel, and slots, sums and prices with the two utilities', async () => {
    const ledger = await withGroundwork();
    const { record, body } = allocation('a1');
    const { writes } = await ledger.submit(call(record));
    assert.deepEqual(writes.public['allocation:a1'], {
      type: 'allocation',
      version: 1,
      batchId: 'a1',
      agreementId: body.agreementId,
      vun: 'USDUK',
      hun: 'USALP',
      siteId: body.siteId,
      headerHash: record.command.headerHash,
      merkleRoot: body.merkleRoot,
      slots: 4,
      fromMs: FIRST_SLOT_MS,
      untilMs: FIRST_SLOT_MS + 4 * SLOT_MS,
      recordedAtMs: NOW_MS,
    });
    assert.deepEqual(writes.endorsers['allocation:a1'], BOTH);
    const until = `allocatedUntil:USDUK:${body.siteId}`;
    assert.deepEqual(
      [until, `${until}:USALP`].map((key) => writes.endorsers[key]),
      [[MSP.USDUK], BOTH],
    );
    // The site's utility sets its own mark back by a peer of its own making: what home signed for stays.
    amend(ledger, until, { untilMs: 0 });
    assert.equal(await ledger.refusal(call(allocation('a2').record)), 'OVERLAP');
    // 29.604 kWh at 0.30: 8.8812 USD.
    assert.equal(body.totalMicros, 8_881_200n);
    const packed = writes.private[`_implicit_org_${MSP.USALP}/${privateKey.allocatedSlots('a1')}`];
    const texts = unpackBodies(JSON.stringify(packed));
    assert.ok(texts.ok && texts.value.length === 4);
    const path = hashTree(texts.value.map(bodyHash)).pathTo(2);
    assert.ok(isIncluded(bodyHash(texts.value[2] ?? ''), path, body.merkleRoot));
    assert.ok(!JSON.stringify(writes.public).includes('battery'));
  });

  it('refuses what does not add up or is over a limit, and nothing for not being the best', async () => {
    const ledger = await withGroundwork();
    const loaded = (carW: bigint, jobW: bigint, gridW: bigint): Partial<AllocatedSlot> => ({
      grants: [
        { ...car, grantedW: carW, laneW: [carW] },
        { ...job, grantedW: jobW, laneW: [jobW] },
      ],
      sourceShares: [battery, { ...grid, deliveredW: gridW, laneW: [gridW] }],
    });
    const cases: readonly (readonly [string, Partial<AllocatedSlot>])[] = [
      // Nobody gets anything: as good as any other, for the ledger.
      ['ok', { grants: [], sourceShares: [], serversWh: 0n }],
      ['ok', loaded(0n, 40_000n, 30_000n)],
      ['NOT_BALANCED', loaded(40_000n, 30_000n, 59_999n)],
      // More than the outlet, than the claim, than the site.
      ['NOT_BALANCED', loaded(50_001n, 30_000n, 70_001n)],
      ['NOT_BALANCED', loaded(10_000n, 60_001n, 60_001n)],
      [
        'NOT_BALANCED',
        {
          ...loaded(50_000n, 60_000n, 100_001n),
          sourceShares: [{ ...grid, deliveredW: 110_000n, laneW: [110_000n] }],
        },
      ],
      // More than the battery has, with what is lost.
      ['NOT_BALANCED', { sourceShares: [{ ...battery, lossW: 10_001n }, grid] }],
      ['NOT_BALANCED', { grants: [{ ...car, laneW: [39_999n] }, job] }],
      [
        'NOT_BALANCED',
        {
          grants: [{ ...car, claimId: 'nobody' }, job],
          claims: [...claims, { claimId: 'x', kind: 'charge', nodeId: 'outlet', maxW: 1n }],
        },
      ],
      // What servers were not granted they cannot take: 30 kW for a quarter are 7,500 Wh.
      ['ok', { serversWh: 7_500n }],
      ['NOT_BALANCED', { serversWh: 7_501n }],
      [
        'INVALID_ARGUMENT',
        {
          sources: sources.map((each) =>
            each.store === undefined ? each : { ...each, store: { ...each.store, storedWh: 60_001n } },
          ),
        },
      ],
      ['INVALID_ARGUMENT', { grants: [{ ...car, nodeId: 'rack' }, job] }],
      ['INVALID_ARGUMENT', { grants: [car, car, job] }],
      ['INVALID_ARGUMENT', { claims: claims.map((each) => ({ ...each, nodeId: 'nowhere' })) }],
      ['INVALID_ARGUMENT', { sourceShares: [{ ...battery, kind: 'grid' }, grid] }],
      ['INVALID_ARGUMENT', { grants: [{ ...car, laneW: [20_000n, 20_000n] }, job] }],
    ];
    for (const [at, [code, over]] of cases.entries()) {
      // An unknown grant is a breach of the core's check, before anything else is said of it.
      const refused = await ledger.refusal(call(allocation('a1', one(over)).record));
      const expected =
        code === 'NOT_BALANCED' && over.grants?.[0]?.claimId === 'nobody' ? 'INVALID_ARGUMENT' : code;
      assert.equal(refused, expected, at.toString());
    }
  });

  it('refuses gaps, slots to come, slots twice, other sums and prices, and who is not the site’s', async () => {
    const ledger = await withGroundwork();
    await ledger.submit(call(allocation('a1').record));
    const next = FIRST_SLOT_MS + 4 * SLOT_MS;
    const fresh = (options: AllocationOptions = {}) =>
      allocation('a2', { slots: [slotAt(next), slotAt(next + SLOT_MS)], ...options }).record;
    const cases = [
      ['ok', fresh()],
      ['OVERLAP', fresh({ slots: [slotAt(next - SLOT_MS)] })],
      ['SEQUENCE_GAP', fresh({ slots: [slotAt(next), slotAt(next + 2 * SLOT_MS)] })],
      ['SEQUENCE_GAP', fresh({ header: { untilMs: next + SLOT_MS } })],
      ['CLOCK_SKEW', fresh({ slots: [slotAt(NOW_MS)] })],
      ['NOT_BALANCED', fresh({ header: { serversWh: 1n } })],
      ['CDR_MISMATCH', fresh({ header: { totalMicros: 1n } })],
      ['OUTSIDE_AGREEMENT', fresh({ header: { currency: 'EUR' } })],
      ['NOT_FOUND', fresh({ header: { tariffVersion: 2 } })],
      ['HASH_MISMATCH', fresh({ header: { merkleRoot: saltOf('other') } })],
      ['INVALID_ARGUMENT', fresh({ header: { siteId: 'duk-9' } })],
      [
        'INVALID_ARGUMENT',
        fresh({ header: { tree: { ...SITE_TREE, nodes: [...SITE_TREE.nodes, ...SITE_TREE.nodes] } } }),
      ],
      ['NOT_FOUND', but(fresh(), { command: { siteId: 'duk-9' } })],
      ['CONFLICT', but(fresh(), { command: { batchId: 'a1' } })],
      ['FORBIDDEN', but(fresh(), { caller: by('USALP', 'aaa') })],
      ['HASH_MISMATCH', but(fresh(), { command: { headerHash: saltOf('other') } })],
    ] as const;
    for (const [at, [code, told]] of cases.entries())
      assert.equal(await ledger.refusal('nowMs' in told ? told : call(told)), code, at.toString());
    amend(ledger, 'utility:USDUK', { status: 'suspended' });
    assert.equal(await ledger.refusal(call(fresh())), 'WRONG_STATE');
  });

  it('is charged once, at what the contract worked out, and netted like charging', async () => {
    const ledger = await withGroundwork();
    const batch = allocation('a1');
    await ledger.submit(call(batch.record));
    assert.equal(await ledger.refusal(call(computeCharge('c1', [batch], () => 1n))), 'CDR_MISMATCH');
    const { writes } = await ledger.submit(call(computeCharge('c1', [batch])));
    const payable = writes.private[`_implicit_org_${MSP.USALP}/payable:c1`] as { payableMicros: string };
    assert.equal(payable.payableMicros, '8881200');
    assert.equal((writes.public['allocation:a1'] as { chargeId: string }).chargeId, 'c1');
    assert.equal(await ledger.refusal(call(computeCharge('c2', [batch]))), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(computeCharge('c2', [batch, batch]))), 'CONFLICT');
  });
});
