import { divide } from '@roamgrid/domain';
import { z } from 'zod';
import {
  cinRef,
  currencyCode,
  energyWhCodec,
  instantMs,
  naturalMicrosCodec,
  powerWCodec,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { commandId } from '../ledger/envelope.ts';

/**
 * How a site divided its power, slot by slot, what its servers took of it and what cars gave, in batches: a root and the sums on the
 * channel, the slots with the two utilities, the site's and the one that the servers work for and whose cars gave. Energy for servers is
 * paid by a tariff with one energy price, that of cars at the price of the agreement's terms, both through charge notes.
 */

export const ALLOCATION_LIMITS = {
  /** Slots in one batch: a day of quarter-hours, or an eighth of one of seconds 30 s apart. */
  slots: 360,
  nodes: 256,
  /** Sources, claims and grants of one slot. */
  parts: 256,
  /** Further decisions of one slot, in which cars gave most. */
  decisions: 4,
  slotMs: 3_600_000,
} as const;

const { parts, nodes, decisions } = ALLOCATION_LIMITS;

/** Ids within a site: of no interest outside it. */
export const localId = z.string().regex(/^[\w.:*-]{1,64}$/, 'an id of 1–64 letters, digits, . : * - _');
const byLane = z.array(powerWCodec).min(1).max(3);

const limit = z.strictObject({
  totalW: powerWCodec.exactOptional(),
  phaseW: byLane.exactOptional(),
  phaseA: z.array(powerWCodec).min(1).max(3).exactOptional(),
});

/** Limits of the site, as `growTree` of `@roamgrid/domain/power` takes them. */
export const siteTree = z.strictObject({
  volts: powerWCodec,
  lanes: z.literal([1, 3]),
  nodes: z
    .array(
      z.strictObject({
        nodeId: localId,
        kind: z.enum(['connection', 'feeder', 'outlet', 'circuit']),
        parentId: localId.exactOptional(),
        hard: limit.exactOptional(),
        exportUpTo: limit.exactOptional(),
      }),
    )
    .min(1)
    .max(nodes),
});

/** What was decided and what on, as far as sums and limits need it. */
const decision = {
  sources: z
    .array(
      z.strictObject({
        sourceId: localId,
        kind: z.enum(['grid', 'renewable', 'ess', 'ev']),
        nodeId: localId,
        availableW: powerWCodec,
        /** Of a battery, at the slot's start: its state of charge. */
        store: z
          .strictObject({
            storedWh: energyWhCodec,
            capacityWh: energyWhCodec,
            floorWh: energyWhCodec,
          })
          .exactOptional(),
      }),
    )
    .max(parts),
  claims: z
    .array(
      z.strictObject({
        claimId: localId,
        kind: z.enum(['charge', 'discharge', 'compute', 'circuit', 'export']),
        nodeId: localId,
        maxW: powerWCodec,
      }),
    )
    .max(parts),
  grants: z
    .array(z.strictObject({ claimId: localId, nodeId: localId, grantedW: powerWCodec, laneW: byLane }))
    .max(parts),
  sourceShares: z
    .array(
      z.strictObject({
        sourceId: localId,
        kind: z.enum(['grid', 'renewable', 'ess', 'ev']),
        deliveredW: powerWCodec,
        laneW: byLane,
        lossW: powerWCodec,
      }),
    )
    .max(parts),
};
export const slotDecision = z.strictObject(decision);
export type SlotDecision = z.infer<typeof slotDecision>;

/** Of all decisions that held in a slot the one that left servers most; `serversWh` and `givenWh` are metered. */
export const allocatedSlot = z.strictObject({
  slotMs: instantMs,
  ...decision,
  serversWh: energyWhCodec,
  /** What each car gave that did, by its source: no more than its share in one of the slot's decisions. */
  cars: z
    .array(z.strictObject({ sourceId: localId, givenWh: energyWhCodec }))
    .max(parts)
    .exactOptional(),
  /** Those in which cars gave more than in the slot's own. */
  carsBy: z.array(slotDecision).max(decisions).exactOptional(),
  salt,
});
export type AllocatedSlot = z.infer<typeof allocatedSlot>;

/** What one car of the HUN's gave in a batch; whose it is, by its card. */
const givenByCar = z.strictObject({
  sourceId: localId,
  cinRef,
  /** Σ of the slots. */
  givenWh: energyWhCodec,
  micros: naturalMicrosCodec,
});
export type GivenByCar = z.infer<typeof givenByCar>;

/** Private body of a batch, in both parties' implicit collections under `allocation:<batchId>`. */
export const allocationHeader = z.strictObject({
  batchId: recordId,
  agreementId: recordId,
  /** Whose site it is, and for whom its servers work. */
  vun: utilityId,
  hun: utilityId,
  siteId: recordId,
  /** Length of each slot. */
  slotMs: z.int().min(1_000).max(ALLOCATION_LIMITS.slotMs),
  fromMs: instantMs,
  untilMs: instantMs,
  tree: siteTree,
  /** Σ of the slots. */
  serversWh: energyWhCodec,
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  currency: currencyCode,
  totalMicros: naturalMicrosCodec,
  /** What cars gave, in the same currency: the VUN owes it to the HUN, and that one to whose cars they are. */
  given: z
    .strictObject({ cars: z.array(givenByCar).min(1).max(parts), totalMicros: naturalMicrosCodec })
    .exactOptional(),
  merkleRoot: sha256Hex,
  salt,
});
export type AllocationHeader = z.infer<typeof allocationHeader>;

/** What the channel sees. */
export const allocationRecord = z.strictObject({
  type: z.literal('allocation'),
  version: z.int().min(1),
  batchId: recordId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  siteId: recordId,
  headerHash: sha256Hex,
  merkleRoot: sha256Hex,
  slots: z.int().min(1).max(ALLOCATION_LIMITS.slots),
  fromMs: instantMs,
  untilMs: instantMs,
  /** Time of the transaction. */
  recordedAtMs: instantMs,
  /** Note of what servers took, and the one of what cars gave. */
  chargeId: recordId.exactOptional(),
  givenChargeId: recordId.exactOptional(),
});
export type AllocationRecord = z.infer<typeof allocationRecord>;

/**
 * Until when a site's slots are recorded: no slot is recorded twice, for whomever its servers work. There is one more for each
 * home utility, which both endorse, so that the site's utility alone sets it back for none.
 */
export const allocatedUntilRecord = z.strictObject({
  type: z.literal('allocatedUntil'),
  version: z.int().min(1),
  utilityId,
  siteId: recordId,
  hun: utilityId.exactOptional(),
  untilMs: instantMs,
});

const WH_PER_KWH = 1_000n;

/** What energy for servers, or of a car, comes to at one price a kWh, micros; half to even. */
export const energyMicros = (energyWh: bigint, microsPerKWh: bigint): bigint =>
  divide(energyWh * microsPerKWh, WH_PER_KWH, 'half-even');

export const allocationCommands = {
  /**
   * Role station or aaa of the VUN. Transient `header`: AllocationHeader, `slots`: packed AllocatedSlots in time order,
   * `terms`. Each slot's allocation must add up and keep the site's limits (`checkAllocation`): NOT_BALANCED says which does
   * not. That a better one exists is no fault. Cars give by terms with a price for it alone.
   */
  recordAllocations: z.strictObject({
    commandId,
    batchId: recordId,
    agreementId: recordId,
    vun: utilityId,
    hun: utilityId,
    siteId: recordId,
    headerHash: sha256Hex,
    merkleRoot: sha256Hex,
    count: z.int().min(1).max(ALLOCATION_LIMITS.slots),
  }),
} as const;

export const allocationQueries = {
  getAllocation: z.strictObject({ batchId: recordId }),
  /** Of the caller's own organisation: ask its own peer. */
  getAllocationHeader: z.strictObject({ batchId: recordId }),
} as const;
