import {
  allocatedSlot,
  allocationHeader,
  bodyHash,
  canonicalText,
  chargeBody,
  hashTree,
  packBodies,
  payableStatement,
  sealBody,
  serversMicros,
  type AllocatedSlot,
  type AllocationHeader,
} from '@roamgrid/wire';
import { payableOf } from './invoices.ts';
import { AGREEMENT_ID, by, MONTH, NOW_MS, saltOf, sealedTerms, STATION_ID, TARIFF_ID } from './parties.ts';

/** A site of 100 kW that gives what cars leave to servers of another utility. */

export const SLOT_MS = 900_000;
export const FIRST_SLOT_MS = NOW_MS - 8 * SLOT_MS;
const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };
/** The tariff of the tests: 0.30 a kWh. */
const PRICE_MICROS = 300_000n;

export const SITE_TREE: AllocationHeader['tree'] = {
  volts: 230n,
  lanes: 1,
  nodes: [
    { nodeId: 'site', kind: 'connection', hard: { totalW: 100_000n } },
    { nodeId: 'outlet', kind: 'outlet', parentId: 'site', hard: { totalW: 50_000n } },
    { nodeId: 'rack', kind: 'circuit', parentId: 'site' },
  ],
};

/** A car takes 40 kW, servers 30 kW, of which 10 kW come out of the battery. */
export const slotAt = (slotMs: number, over: Partial<AllocatedSlot> = {}): AllocatedSlot => ({
  slotMs,
  sources: [
    { sourceId: 'grid', kind: 'grid', nodeId: 'site', availableW: 100_000n },
    {
      sourceId: 'battery',
      kind: 'ess',
      nodeId: 'site',
      availableW: 20_000n,
      store: { storedWh: 30_000n, capacityWh: 60_000n, floorWh: 6_000n },
    },
  ],
  claims: [
    { claimId: 'car', kind: 'charge', nodeId: 'outlet', maxW: 50_000n },
    { claimId: 'job', kind: 'compute', nodeId: 'rack', maxW: 60_000n },
  ],
  grants: [
    { claimId: 'car', nodeId: 'outlet', grantedW: 40_000n, laneW: [40_000n] },
    { claimId: 'job', nodeId: 'rack', grantedW: 30_000n, laneW: [30_000n] },
  ],
  sourceShares: [
    { sourceId: 'battery', kind: 'ess', deliveredW: 10_000n, laneW: [10_000n], lossW: 500n },
    { sourceId: 'grid', kind: 'grid', deliveredW: 60_000n, laneW: [60_000n], lossW: 0n },
  ],
  serversWh: 7_401n,
  salt: saltOf(`slot ${slotMs}`),
  ...over,
});

export interface AllocationOptions {
  readonly header?: Partial<AllocationHeader>;
  readonly slots?: readonly AllocatedSlot[];
}

export const allocation = (batchId: string, { header = {}, slots: given }: AllocationOptions = {}) => {
  const slots = given ?? [0, 1, 2, 3].map((at) => slotAt(FIRST_SLOT_MS + at * SLOT_MS));
  const texts = slots.map((slot) => canonicalText(allocatedSlot, slot));
  const serversWh = slots.reduce((sum, slot) => sum + slot.serversWh, 0n);
  const fromMs = header.fromMs ?? slots[0]?.slotMs ?? 0;
  const { root } = hashTree(texts.map(bodyHash));
  const body: AllocationHeader = {
    batchId,
    ...PAIR,
    siteId: STATION_ID,
    slotMs: SLOT_MS,
    fromMs,
    untilMs: fromMs + slots.length * SLOT_MS,
    tree: SITE_TREE,
    serversWh,
    tariffId: TARIFF_ID,
    tariffVersion: 1,
    currency: 'USD',
    totalMicros: serversMicros(serversWh, PRICE_MICROS),
    merkleRoot: root,
    salt: saltOf(`allocation ${batchId}`),
    ...header,
  };
  const sealed = sealBody(allocationHeader, body);
  return {
    body,
    text: sealed.text,
    record: {
      caller: by('USDUK', 'aaa'),
      verb: 'grid.recordAllocations',
      command: {
        ...PAIR,
        batchId,
        siteId: STATION_ID,
        headerHash: sealed.hash,
        merkleRoot: root,
        count: slots.length,
      },
      transient: { header: sealed.text, slots: packBodies(texts), terms: sealedTerms().text },
    },
  };
};

/** A note over what servers took in some batches. */
export const computeCharge = (
  chargeId: string,
  batches: readonly ReturnType<typeof allocation>[],
  amountOf: (header: AllocationHeader) => bigint = ({ totalMicros }) => totalMicros,
) => {
  const items = batches.map(({ body }) => ({
    kind: 'compute' as const,
    batchId: body.batchId,
    energyWh: body.serversWh,
    amountMicros: amountOf(body),
  }));
  const payableMicros = items.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
  const common = { periodId: MONTH, currency: 'USD', payableMicros };
  const sealed = sealBody(chargeBody, {
    ...common,
    ...PAIR,
    chargeId,
    items,
    energyWh: items.reduce((sum, { energyWh }) => sum + energyWh, 0n),
    salt: saltOf(`charge ${chargeId}`),
  });
  const payable = sealBody(payableStatement, payableOf({ ...common, ...PAIR, invoiceId: chargeId }));
  return {
    caller: by('USDUK', 'aaa'),
    verb: 'clearing.charge',
    command: { ...PAIR, chargeId, periodId: MONTH, bodyHash: sealed.hash, payableHash: payable.hash },
    transient: {
      body: sealed.text,
      payable: payable.text,
      terms: sealedTerms().text,
      allocations: `[${batches.map(({ text }) => text).join()}]`,
    },
  };
};
