import { createHash } from 'node:crypto';
import type { PowerNode } from '@roamgrid/domain/power';
import {
  allocatedSlot,
  allocationHeader,
  bodyHash,
  canonicalText,
  hashTree,
  packBodies,
  energyMicros,
  sealBody,
  type AllocatedSlot,
  type AllocationHeader,
} from '@roamgrid/wire';
import type { SiteSpec } from '../site/spec.ts';
import type { RecordConfig } from './config.ts';
import { meteredBetween, type Metered } from './metered.ts';
import { computeW, ledgerId, mostShareW, type DecidedSlot } from './slot.ts';

const MILLI = 1_000n;
const MS_PER_HOUR = 3_600_000n;

export interface BatchParts {
  readonly utilityId: string;
  readonly config: RecordConfig;
  readonly spec: Pick<SiteSpec, 'nodes' | 'volts' | 'lanes'>;
  /** In a row, without a gap. */
  readonly slots: readonly DecidedSlot[];
  readonly meters: readonly Metered[];
  /** Of the configuration's cars, in their order. */
  readonly cars: readonly Metered[];
  /** Up to here energy was looked at by the batch before; the first slot's start when there is none. */
  readonly meteredFromMs: number;
  /** What was signed and not charged by then, mWh. */
  readonly carryMilliWh: bigint;
  /** The same of each car, by its source. */
  readonly carCarry: ReadonlyMap<string, bigint>;
}

/** A batch as it is told to the gateway. */
export interface Batch {
  readonly batchId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly serversWh: bigint;
  /** What was signed by its end and is not charged, mWh: it comes into later slots. */
  readonly carryMilliWh: bigint;
  /** What cars gave, and what of each was signed and stands in no slot yet, mWh. */
  readonly givenWh: bigint;
  readonly carCarry: ReadonlyMap<string, bigint>;
  /** Body of the request, ready for JSON. */
  readonly body: { readonly command: unknown; readonly transient: unknown };
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

type Told = Pick<BatchParts, 'slots' | 'config' | 'meteredFromMs'>;

/**
 * What meters counted by slots, whole watt-hours: never more than a slot's power allows, which no contract would take. What is above
 * that, and the parts of a watt-hour, are carried to the next slot: what was signed counts once.
 */
const bySlot = (
  { slots, config, meteredFromMs }: Told,
  meters: readonly Metered[],
  carryMilliWh: bigint,
  allowedW: (slot: DecidedSlot) => bigint,
) => {
  let [leftMilliWh, lookedMs] = [carryMilliWh, meteredFromMs];
  const energiesWh = slots.map((slot) => {
    const untilMs = slot.slotMs + config.slotMs;
    leftMilliWh += meteredBetween(meters, lookedMs, untilMs);
    lookedMs = untilMs;
    const wholeWh = least(leftMilliWh / MILLI, (allowedW(slot) * BigInt(config.slotMs)) / MS_PER_HOUR);
    leftMilliWh -= wholeWh * MILLI;
    return wholeWh;
  });
  return { energiesWh, leftMilliWh };
};

const total = (energiesWh: readonly bigint[]): bigint => energiesWh.reduce((sum, each) => sum + each, 0n);

/** What each car gave, by slots. */
const givenBy = (parts: BatchParts) =>
  parts.config.cars.map(({ sourceId, cinRef }, at) => {
    const metered = parts.cars[at] ?? [];
    const carryMilliWh = parts.carCarry.get(sourceId) ?? 0n;
    const id = ledgerId(sourceId);
    return {
      id,
      sourceId,
      cinRef,
      ...bySlot(parts, [metered], carryMilliWh, (slot) => mostShareW(slot, id)),
    };
  });

/** What the header says of cars; nothing when none gave anything. */
const givenOf = (
  cars: ReturnType<typeof givenBy>,
  { givenMicrosPerKWh = 0n }: RecordConfig,
): Pick<AllocationHeader, 'given'> => {
  const gave = cars
    .map(({ id: sourceId, cinRef, energiesWh }) => ({ sourceId, cinRef, givenWh: total(energiesWh) }))
    .filter(({ givenWh }) => givenWh > 0n)
    .map((car) => ({ ...car, micros: energyMicros(car.givenWh, givenMicrosPerKWh) }));
  if (gave.length === 0) return {};
  return { given: { cars: gave, totalMicros: gave.reduce((sum, { micros }) => sum + micros, 0n) } };
};

/** Slots with what servers took and cars gave in each. Decisions stay for cars that gave something by them. */
const metered = (parts: BatchParts, serversWh: readonly bigint[], cars: ReturnType<typeof givenBy>) =>
  parts.slots.map(({ carsBy, ...slot }, at): AllocatedSlot => {
    const gave = cars
      .map(({ id: sourceId, energiesWh }) => ({ sourceId, givenWh: energiesWh[at] ?? 0n }))
      .filter(({ givenWh }) => givenWh > 0n);
    return {
      ...slot,
      serversWh: serversWh[at] ?? 0n,
      ...(gave.length > 0 && { cars: gave, ...(carsBy && { carsBy }) }),
    };
  });

const nodeOf = ({ nodeId, kind, parentId, hard, exportUpTo }: PowerNode) => ({
  ...{ nodeId: ledgerId(nodeId), kind },
  ...(parentId !== undefined && { parentId: ledgerId(parentId) }),
  ...(hard !== undefined && { hard }),
  ...(exportUpTo !== undefined && { exportUpTo }),
});

/** Of the slots' own secrets, so that the same slots make the same header. */
const headerSalt = (slots: readonly DecidedSlot[]): string =>
  createHash('sha256')
    .update(`header ${slots.map(({ salt }) => salt).join(' ')}`)
    .digest('hex');

/** The batch of some slots: the same for the same slots, meters and configuration. */
export const batchOf = (parts: BatchParts): Batch => {
  const { config, spec, slots, utilityId } = parts;
  const { agreementId, hun, stationId: siteId, tariffId, tariffVersion, currency, slotMs } = config;
  const fromMs = slots[0]?.slotMs ?? 0;
  const untilMs = fromMs + slots.length * slotMs;
  const servers = bySlot(parts, parts.meters, parts.carryMilliWh, computeW);
  const cars = givenBy(parts);
  const texts = metered(parts, servers.energiesWh, cars).map((slot) => canonicalText(allocatedSlot, slot));
  const serversWh = total(servers.energiesWh);
  const { root: merkleRoot } = hashTree(texts.map(bodyHash));
  const batchId = `alloc-${createHash('sha256').update(`${utilityId} ${siteId}`).digest('hex').slice(0, 12)}-${fromMs}`;
  const pair = { agreementId, vun: utilityId, hun, siteId };
  const tree = { volts: spec.volts, lanes: spec.lanes, nodes: spec.nodes.map(nodeOf) };
  const header = sealBody(allocationHeader, {
    ...{
      batchId,
      ...pair,
      slotMs,
      fromMs,
      untilMs,
      serversWh,
      tariffId,
      tariffVersion,
      currency,
      merkleRoot,
    },
    tree: tree as never,
    totalMicros: energyMicros(serversWh, config.microsPerKWh),
    ...givenOf(cars, config),
    salt: headerSalt(slots),
  });
  return {
    ...{ batchId, fromMs, untilMs, serversWh, carryMilliWh: servers.leftMilliWh },
    givenWh: total(cars.flatMap(({ energiesWh }) => energiesWh)),
    carCarry: new Map(cars.map(({ sourceId, leftMilliWh }) => [sourceId, leftMilliWh])),
    body: {
      command: {
        ...{ commandId: batchId, batchId, ...pair },
        ...{ headerHash: header.hash, merkleRoot, count: slots.length },
      },
      transient: {
        header: JSON.parse(header.text) as unknown,
        slots: JSON.parse(packBodies(texts)) as unknown,
      },
    },
  };
};
