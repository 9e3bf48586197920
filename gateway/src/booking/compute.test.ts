import assert from 'node:assert/strict';
import { growTree, allocate, type Claim, type PowerNode, type Source } from '@roamgrid/domain/power';
import { VEHICLES_FIRST } from '@roamgrid/domain/power';
import {
  allocatedSlot,
  allocationHeader,
  auditedAllocationPage,
  auditedChargePage,
  bodyHash,
  canonicalText,
  chargeRunAnswer,
  givenPage,
  hashTree,
  packBodies,
  sealBody,
  energyMicros,
  unpackBodies,
  type AllocatedSlot,
} from '@roamgrid/wire';
import { randomBytes } from 'node:crypto';
import { testNow } from '../testing/clock.ts';
import { AGREEMENT_ID, ALABAMA, DUKE, STATION_ID, TARIFF_ID } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { proveAll } from '../testing/prove-all.ts';
import { readPurge } from '../testing/rows.ts';

const SLOT_MS = 900_000;
const HOUR_MS = 3_600_000n;
const newSalt = () => randomBytes(32).toString('hex');

const NODES: readonly PowerNode[] = [
  { nodeId: 'site', kind: 'connection', hard: { totalW: 100_000n } },
  { nodeId: 'outlet', kind: 'outlet', parentId: 'site', hard: { totalW: 50_000n } },
  { nodeId: 'rack', kind: 'circuit', parentId: 'site' },
];

/** What the power core gives at a site where a car charges and servers take what is left, or where a car alone feeds them. */
const slotOf = (slotMs: number, carW: bigint, isFed = true): AllocatedSlot => {
  const grown = growTree(NODES, { volts: 230n, lanes: 1 });
  assert.ok(grown.ok);
  const car: Source = {
    ...{ sourceId: 'car-battery', kind: 'ev', nodeId: 'outlet', availableW: 11_000n },
    store: { storedWh: 40_000n, capacityWh: 60_000n, floorWh: 20_000n },
  };
  const stationary: Source[] = [
    { sourceId: 'grid', kind: 'grid', nodeId: 'site', availableW: 60_000n },
    {
      sourceId: 'battery',
      kind: 'ess',
      nodeId: 'site',
      availableW: 20_000n,
      store: { storedWh: 40_000n, capacityWh: 60_000n, floorWh: 6_000n },
    },
  ];
  const sources = isFed ? stationary : [car];
  const claims: Claim[] = [
    isFed
      ? { claimId: 'car', kind: 'charge', nodeId: 'outlet', minW: 0n, maxW: carW, arrivedMs: 0 }
      : {
          ...{ claimId: 'v2l', kind: 'discharge', nodeId: 'outlet', minW: 0n, maxW: carW, arrivedMs: 0 },
          sourceId: car.sourceId,
        },
    { claimId: 'job', kind: 'compute', nodeId: 'rack', minW: 0n, maxW: 60_000n, arrivedMs: 0 },
  ];
  const state = { tree: grown.value, sources, claims, signals: {}, policy: VEHICLES_FIRST, tickMs: SLOT_MS };
  const { grants, sourceShares } = allocate(state, slotMs);
  const computeW = grants.find(({ claimId }) => claimId === 'job')?.grantedW ?? 0n;
  return {
    slotMs,
    sources: sources.map(({ sourceId, kind, nodeId, availableW, store }) => ({
      ...{ sourceId, kind, nodeId, availableW },
      ...(store && { store }),
    })),
    claims: claims.map(({ claimId, kind, nodeId, maxW }) => ({ claimId, kind, nodeId, maxW })),
    grants: grants.map(({ claimId, nodeId, grantedW, laneW }) => ({
      claimId,
      nodeId,
      grantedW,
      laneW: [...laneW],
    })),
    sourceShares: sourceShares.map((share) => ({ ...share, laneW: [...share.laneW] })),
    // All that they were granted, metered.
    serversWh: (computeW * BigInt(SLOT_MS)) / HOUR_MS,
    ...(!isFed && {
      cars: [{ sourceId: car.sourceId, givenWh: (computeW * BigInt(SLOT_MS)) / HOUR_MS }],
    }),
    salt: newSalt(),
  };
};

describe('energy for servers', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('compute');
  });
  after(() => rig.close());

  it('is recorded slot by slot as the power core divided it, charged by the agreed tariff, and seen by both and an auditor', async () => {
    const fromMs = Math.floor(testNow() / SLOT_MS) * SLOT_MS - 5 * SLOT_MS;
    const slots = [
      ...[0n, 40_000n, 50_000n, 10_000n].map((carW, at) => slotOf(fromMs + at * SLOT_MS, carW)),
      slotOf(fromMs + 4 * SLOT_MS, 8_000n, false),
    ];
    const given = {
      // 8 kW for a quarter of an hour, at 0.15.
      cars: [{ ...{ sourceId: 'car-battery', cinRef: newSalt(), givenWh: 2_000n, micros: 300_000n } }],
      totalMicros: 300_000n,
    };
    const texts = slots.map((slot) => canonicalText(allocatedSlot, slot));
    const serversWh = slots.reduce((sum, slot) => sum + slot.serversWh, 0n);
    assert.ok(serversWh > 0n);
    const { root } = hashTree(texts.map(bodyHash));
    const batchId = `alloc-${fromMs}`;
    const pair = { agreementId: AGREEMENT_ID, vun: DUKE, hun: ALABAMA };
    const header = sealBody(allocationHeader, {
      batchId,
      ...pair,
      siteId: STATION_ID,
      slotMs: SLOT_MS,
      fromMs,
      untilMs: fromMs + slots.length * SLOT_MS,
      tree: { volts: 230n, lanes: 1, nodes: NODES.map((node) => ({ ...node }) as never) },
      serversWh,
      tariffId: TARIFF_ID,
      tariffVersion: 1,
      currency: 'USD',
      totalMicros: energyMicros(serversWh, 250_000n),
      given,
      merkleRoot: root,
      salt: newSalt(),
    });
    const told = await rig.duke.tell(
      {
        path: 'grid/recordAllocations',
        command: {
          commandId: batchId,
          batchId,
          ...pair,
          siteId: STATION_ID,
          headerHash: header.hash,
          merkleRoot: root,
          count: slots.length,
        },
        transient: {
          header: JSON.parse(header.text) as unknown,
          slots: JSON.parse(packBodies(texts)) as unknown,
        },
      },
      'aaa',
    );
    assert.equal(told.status, 200, JSON.stringify(told.body));

    const batchAt = async (gateway: Awaited<ReturnType<GatewayRig['auditor']>>) => {
      const { body } = await gateway.ask('auditor', 'GET', `/auditor/v1/allocations?siteId=${STATION_ID}`);
      return auditedAllocationPage.parse(body).items.find(({ record }) => record.batchId === batchId);
    };
    for (const gateway of [rig.duke, rig.alabama]) {
      const shown = await until('the batch is read', () => batchAt(gateway));
      assert.equal(shown.header?.totalMicros, energyMicros(serversWh, 250_000n));
      const unpacked = unpackBodies(shown.slots ?? '');
      assert.ok(unpacked.ok);
      assert.equal(hashTree(unpacked.value.map(bodyHash)).root, shown.record.merkleRoot);
    }
    const outside = await rig.auditor();
    const third = await until('an auditor reads it', () => batchAt(outside));
    assert.deepEqual([third.record.merkleRoot, third.header, third.slots], [root, undefined, undefined]);

    const periodId = new Date(testNow()).toISOString().slice(0, 7);
    const run = async (gateway = rig.duke) => {
      const { status, body } = await gateway.ask('aaa', 'POST', `/internal/v1/periods/${periodId}/charges`);
      assert.equal(status, 200, JSON.stringify(body));
      return chargeRunAnswer.parse(body).charges;
    };
    const items = (await run())
      .flatMap(({ body }) => body.items)
      .filter((item) => item.kind === 'compute' && item.batchId === batchId);
    assert.deepEqual(items, [
      { kind: 'compute', batchId, energyWh: serversWh, amountMicros: energyMicros(serversWh, 250_000n) },
    ]);
    assert.equal(
      (await run()).flatMap(({ body }) => body.items).filter((item) => item.kind === 'compute').length,
      1,
    );
    const noted = await until('the debtor reads the note', async () => {
      const { body } = await rig.alabama.ask('auditor', 'GET', `/auditor/v1/charges?utilityId=${ALABAMA}`);
      return auditedChargePage
        .parse(body)
        .items.find((item) => item.body?.items.some(({ kind }) => kind === 'compute'));
    });
    assert.equal(noted.record.state, 'accepted');

    for (const _again of [1, 2]) {
      const [note, ...others] = await run(rig.alabama);
      assert.deepEqual([note?.record.vun, note?.record.hun, others], [ALABAMA, DUKE, []]);
      assert.deepEqual(note?.body.items, [
        { kind: 'v2l', batchId, energyWh: 2_000n, amountMicros: 300_000n },
      ]);
    }
    const page = await rig.alabama.ask('aaa', 'GET', '/internal/v1/given');
    const [shown, ...more] = givenPage.parse(page.body).items;
    assert.deepEqual([shown?.header.given, more], [given, []]);
    assert.equal(shown?.record.givenChargeId, (await run(rig.alabama))[0]?.record.chargeId);
    const ofSite = await rig.duke.ask('aaa', 'GET', '/internal/v1/given');
    assert.deepEqual(givenPage.parse(ofSite.body).items, [], 'no car of its own customers gave anything');

    const tampered = await rig.duke.tell(
      {
        path: 'grid/recordTampering',
        command: {
          ...{ commandId: 'tamper-1', utilityId: DUKE, siteId: STATION_ID },
          events: [
            { eventId: newSalt(), deviceId: 'gate-1', device: 'gate', code: 'BADGES_REFUSED', atMs: fromMs },
          ],
        },
      },
      'aaa',
    );
    assert.equal(tampered.status, 200, JSON.stringify(tampered.body));
    const { ledger } = await proveAll(rig, []);
    assert.equal(ledger.tampering, 1);
    const { allocations, serversWh: taken, givenWh, charges } = ledger.bodies ?? assert.fail();
    // Notes of other tests lie on the same ledger.
    const notes = [...ledger.charges.values()].reduce((sum, each) => sum + each, 0);
    assert.deepEqual([allocations, taken, givenWh, charges], [1, serversWh, 2_000n, notes]);
    assert.ok(ledger.allocations > 0 && (ledger.charges.get('accepted') ?? 0) > 0);

    await readPurge(rig, 'compute_duke', [`allocation:${batchId}`, `allocatedSlots:${batchId}`]);
    const purged = await batchAt(rig.duke);
    assert.deepEqual(
      [purged?.record.merkleRoot, purged?.header, purged?.slots],
      [root, undefined, undefined],
      'what was purged on the ledger is not kept here either',
    );
  });
});
