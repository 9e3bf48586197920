import { createHash } from 'node:crypto';
import type { PowerNode } from '@roamgrid/domain/power';
import {
  allocatedSlot,
  allocationHeader,
  bodyHash,
  canonicalText,
  hashTree,
  packBodies,
  sealBody,
  energyMicros,
} from '@roamgrid/wire';
import type { SiteSpec } from '../site/spec.ts';
import type { RecordConfig } from './config.ts';
import { meteredBetween, type Metered } from './metered.ts';
import { computeW, ledgerId, type DecidedSlot } from './slot.ts';

const MILLI = 1_000n;
const MS_PER_HOUR = 3_600_000n;

export interface BatchParts {
  readonly utilityId: string;
  readonly config: RecordConfig;
  readonly spec: Pick<SiteSpec, 'nodes' | 'volts' | 'lanes'>;
  /** In a row, without a gap. */
  readonly slots: readonly DecidedSlot[];
  readonly meters: readonly Metered[];
  /** Up to here energy was looked at by the batch before; the first slot's start when there is none. */
  readonly meteredFromMs: number;
  /** What was signed and not charged by then, mWh. */
  readonly carryMilliWh: bigint;
}

/** A batch as it is told to the gateway. */
export interface Batch {
  readonly batchId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly serversWh: bigint;
  /** What was signed by its end and is not charged, mWh: it comes into later slots. */
  readonly carryMilliWh: bigint;
  /** Body of the request, ready for JSON. */
  readonly body: { readonly command: unknown; readonly transient: unknown };
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * What servers took by slots, whole watt-hours: never more than they were granted in a slot, which no contract would take. What is above
 * that, and the parts of a watt-hour, are carried to the next slot: what was signed is charged once.
 */
const charged = ({ slots, meters, config, meteredFromMs, carryMilliWh }: BatchParts) => {
  let [leftMilliWh, lookedMs] = [carryMilliWh, meteredFromMs];
  const energies = slots.map((slot) => {
    const untilMs = slot.slotMs + config.slotMs;
    leftMilliWh += meteredBetween(meters, lookedMs, untilMs);
    lookedMs = untilMs;
    const serversWh = least(leftMilliWh / MILLI, (computeW(slot) * BigInt(config.slotMs)) / MS_PER_HOUR);
    leftMilliWh -= serversWh * MILLI;
    return { ...slot, serversWh };
  });
  return { energies, leftMilliWh };
};

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
  const { energies, leftMilliWh } = charged(parts);
  const texts = energies.map((slot) => canonicalText(allocatedSlot, slot));
  const serversWh = energies.reduce((sum, slot) => sum + slot.serversWh, 0n);
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
    salt: headerSalt(slots),
  });
  return {
    ...{ batchId, fromMs, untilMs, serversWh, carryMilliWh: leftMilliWh },
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
