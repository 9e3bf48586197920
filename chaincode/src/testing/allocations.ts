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
  energyMicros,
  type AllocatedSlot,
  type AllocationHeader,
  type ChargeItem,
} from '@roamgrid/wire';
import { payableOf } from './invoices.ts';
import {
  AGREEMENT_ID,
  by,
  GIVEN_PRICE_MICROS,
  MONTH,
  NOW_MS,
  saltOf,
  sealedTerms,
  STATION_ID,
  TARIFF_ID,
  type Utility,
} from './parties.ts';

/** A site of 100 kW that gives what cars leave, or give themselves, to servers of another utility. */

export const SLOT_MS = 900_000;
export const FIRST_SLOT_MS = NOW_MS - 8 * SLOT_MS;
const PAIR: Record<'vun' | 'hun', Utility> & { agreementId: string } = {
  ...{ vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID },
};
/** The car that gives, by its source. */
export const CAR = 'car-battery';
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

/** The grid is away: a car gives servers 8 kW, and 2 kWh of it by its meter. */
export const givingSlotAt = (slotMs: number, over: Partial<AllocatedSlot> = {}): AllocatedSlot =>
  slotAt(slotMs, {
    sources: [{ sourceId: CAR, kind: 'ev', nodeId: 'outlet', availableW: 11_000n }],
    claims: [
      { claimId: 'v2l', kind: 'discharge', nodeId: 'outlet', maxW: 8_000n },
      { claimId: 'job', kind: 'compute', nodeId: 'rack', maxW: 60_000n },
    ],
    grants: [{ claimId: 'job', nodeId: 'rack', grantedW: 8_000n, laneW: [8_000n] }],
    sourceShares: [{ sourceId: CAR, kind: 'ev', deliveredW: 8_000n, laneW: [8_000n], lossW: 0n }],
    serversWh: 1_999n,
    cars: [{ sourceId: CAR, givenWh: 2_000n }],
    ...over,
  });

/** What a header says of cars: each whole sum by the price of the terms. */
const givenOf = (slots: readonly AllocatedSlot[]): Pick<AllocationHeader, 'given'> => {
  const sums = new Map<string, bigint>();
  for (const { sourceId, givenWh } of slots.flatMap(({ cars = [] }) => cars))
    sums.set(sourceId, (sums.get(sourceId) ?? 0n) + givenWh);
  if (sums.size === 0) return {};
  const cars = [...sums].map(([sourceId, givenWh]) => ({
    ...{ sourceId, cinRef: saltOf(`card of ${sourceId}`), givenWh },
    micros: energyMicros(givenWh, GIVEN_PRICE_MICROS),
  }));
  return { given: { cars, totalMicros: cars.reduce((sum, { micros }) => sum + micros, 0n) } };
};

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
    totalMicros: energyMicros(serversWh, PRICE_MICROS),
    merkleRoot: root,
    ...givenOf(slots),
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

type Batches = readonly ReturnType<typeof allocation>[];

/** A note over what servers took in some batches. */
export const computeCharge = (
  chargeId: string,
  batches: Batches,
  amountOf: (header: AllocationHeader) => bigint = ({ totalMicros }) => totalMicros,
) =>
  energyCharge(
    chargeId,
    PAIR,
    batches,
    ({ body }) => ({
      ...{ kind: 'compute', batchId: body.batchId, energyWh: body.serversWh },
      amountMicros: amountOf(body),
    }),
    'allocations',
  );

/** A note of the cars' utility over what they gave in some batches. */
export const givenCharge = (
  chargeId: string,
  batches: Batches,
  amountOf: (header: AllocationHeader) => bigint = ({ given }) => given?.totalMicros ?? 0n,
) =>
  energyCharge(
    chargeId,
    { ...PAIR, vun: PAIR.hun, hun: PAIR.vun },
    batches,
    ({ body }) => ({
      ...{ kind: 'v2l', batchId: body.batchId, amountMicros: amountOf(body) },
      energyWh: body.given?.cars.reduce((sum, { givenWh }) => sum + givenWh, 0n) ?? 0n,
    }),
    'given',
  );

const energyCharge = (
  chargeId: string,
  pair: typeof PAIR,
  batches: Batches,
  itemOf: (batch: Batches[number]) => Exclude<ChargeItem, { kind: 'reservation' }>,
  headers: 'allocations' | 'given',
) => {
  const items = batches.map(itemOf);
  const payableMicros = items.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
  const common = { periodId: MONTH, currency: 'USD', payableMicros };
  const sealed = sealBody(chargeBody, {
    ...common,
    ...pair,
    chargeId,
    items,
    energyWh: items.reduce((sum, { energyWh }) => sum + energyWh, 0n),
    salt: saltOf(`charge ${chargeId}`),
  });
  const payable = sealBody(payableStatement, payableOf({ ...common, ...pair, invoiceId: chargeId }));
  return {
    caller: by(pair.vun, 'aaa'),
    verb: 'clearing.charge',
    command: { ...pair, chargeId, periodId: MONTH, bodyHash: sealed.hash, payableHash: payable.hash },
    transient: {
      body: sealed.text,
      payable: payable.text,
      terms: sealedTerms().text,
      [headers]: `[${batches.map(({ text }) => text).join()}]`,
    },
  };
};
