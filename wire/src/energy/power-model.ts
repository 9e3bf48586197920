import { z } from 'zod';
import { energyWhCodec, instantMs, microsCodec, powerWCodec, ppmCodec } from '../codec/scalars.ts';

/** The power core's own things as messages: limits, claims, sources, policies. Watts and watt-hours are decimal strings. */

/** An id inside a site: of a node, a claim, a source or a load. */
export const siteThingId = z
  .string()
  .regex(/^[\w.:*+@-]{1,96}$/, 'an id of 1–96 letters, digits and . : * + @ _ -');

/** A current in whole amperes, never negative. */
const currentACodec = powerWCodec;

export const powerLimit = z.strictObject({
  totalW: powerWCodec.exactOptional(),
  phaseW: z.array(powerWCodec).max(3).exactOptional(),
  phaseA: z.array(currentACodec).max(3).exactOptional(),
});

export const powerNode = z.strictObject({
  nodeId: siteThingId,
  kind: z.enum(['connection', 'feeder', 'outlet', 'circuit']),
  parentId: siteThingId.exactOptional(),
  hard: powerLimit.exactOptional(),
  soft: powerLimit.exactOptional(),
  exportUpTo: powerLimit.exactOptional(),
});

export const sourceKind = z.enum(['grid', 'renewable', 'ess', 'ev']);
export const urgency = z.enum(['ordinary', 'high', 'urgent']);
export const claimKind = z.enum(['charge', 'discharge', 'compute', 'circuit', 'export']);
export const chargingMode = z.enum(['fast', 'regular', 'slow', 'residential']);
export const chargingState = z.enum(['starting', 'in-progress', 'finishing']);
const lanes = z.array(z.int().min(0).max(2)).min(1).max(3);
const priority = z.int().min(1).max(99);

export const powerStore = z.strictObject({
  storedWh: energyWhCodec,
  capacityWh: energyWhCodec,
  floorWh: energyWhCodec,
  essentialFloorWh: energyWhCodec.exactOptional(),
  tripReserveWh: energyWhCodec.exactOptional(),
});

export const powerSource = z.strictObject({
  sourceId: siteThingId,
  kind: sourceKind,
  nodeId: siteThingId,
  lanes: lanes.exactOptional(),
  availableW: powerWCodec,
  lossPpm: ppmCodec.exactOptional(),
  store: powerStore.exactOptional(),
  measuredAtMs: instantMs.exactOptional(),
  staleAfterMs: z.int().min(1).exactOptional(),
});

const step = z.discriminatedUnion('unit', [
  z.strictObject({ unit: z.literal('W'), everyW: powerWCodec }),
  z.strictObject({ unit: z.literal('A'), everyA: currentACodec }),
  z.strictObject({ unit: z.literal('A-set'), amps: z.array(currentACodec).min(1).max(20) }),
]);

/** A claim as a device tells it, and as the controller takes it. */
export const powerClaim = z.strictObject({
  claimId: siteThingId,
  kind: claimKind,
  nodeId: siteThingId,
  lanes: lanes.exactOptional(),
  minW: powerWCodec,
  maxW: powerWCodec,
  step: step.exactOptional(),
  needWh: energyWhCodec.exactOptional(),
  deadlineMs: instantMs.exactOptional(),
  arrivedMs: instantMs,
  fromMs: instantMs.exactOptional(),
  untilMs: instantMs.exactOptional(),
  urgency: urgency.exactOptional(),
  priority: priority.exactOptional(),
  weight: powerWCodec.exactOptional(),
  preemptible: z.boolean().exactOptional(),
  runningW: powerWCodec.exactOptional(),
  essential: z.boolean().exactOptional(),
  standbyW: powerWCodec.exactOptional(),
  criticalW: powerWCodec.exactOptional(),
  mode: chargingMode.exactOptional(),
  state: chargingState.exactOptional(),
  sourceId: siteThingId.exactOptional(),
  mayStore: z.boolean().exactOptional(),
  fromKinds: z.array(sourceKind).max(4).exactOptional(),
  group: z.string().max(64).exactOptional(),
  area: z.string().max(64).exactOptional(),
});

const selector = z.strictObject({
  kind: claimKind.exactOptional(),
  urgency: z.array(urgency).exactOptional(),
  mode: z.array(chargingMode).exactOptional(),
  state: z.array(chargingState).exactOptional(),
  group: z.string().max(64).exactOptional(),
  claimIds: z.array(siteThingId).max(1_000).exactOptional(),
  priorityFrom: priority.exactOptional(),
});

const condition = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('outage') }),
  z.strictObject({ is: z.literal('peak-window') }),
  z.strictObject({ is: z.literal('dr-event') }),
  z.strictObject({ is: z.literal('grid-demand-above'), permille: z.int().min(0) }),
  z.strictObject({ is: z.literal('price-above'), microsPerKWh: microsCodec }),
  z.strictObject({ is: z.literal('temperature-outside'), lowMilliC: z.int(), highMilliC: z.int() }),
  z.strictObject({ is: z.literal('load-above-batteries') }),
  z.strictObject({ is: z.literal('load-within-batteries') }),
  z.strictObject({ is: z.literal('load-below'), limitW: powerWCodec }),
  z.strictObject({ is: z.literal('battery-below-floor') }),
  z.strictObject({ is: z.literal('claim'), select: selector }),
  z.strictObject({ is: z.literal('no-claim'), select: selector }),
]);

const sourceRank = z.union([sourceKind, z.literal('batteries-by-charge')]);

const effect = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('mode'), select: selector, mode: chargingMode }),
  z.strictObject({ do: z.literal('cap'), select: selector, capW: powerWCodec }),
  z.strictObject({ do: z.literal('scale'), select: selector, permille: powerWCodec }),
  z.strictObject({ do: z.literal('suspend'), select: selector }),
  z.strictObject({ do: z.literal('critical-only'), select: selector }),
  z.strictObject({ do: z.literal('band'), select: selector, band: z.int().min(-50).max(50) }),
  z.strictObject({
    do: z.literal('switch-off-empty'),
    emptyForMs: z.int().min(0),
    overMs: z.int().min(1),
    savingWh: energyWhCodec,
  }),
  z.strictObject({ do: z.literal('surplus-to-lower-battery') }),
  z.strictObject({ do: z.literal('sources'), order: z.array(sourceRank).max(5) }),
  z.strictObject({ do: z.literal('sources-off'), kinds: z.array(sourceKind).max(4) }),
  z.strictObject({
    do: z.literal('notice'),
    code: z.string().min(1).max(64),
    to: z.array(z.string().min(1).max(64)).max(20),
  }),
]);

const modePower = z.strictObject({
  leastW: powerWCodec,
  mostW: powerWCodec,
  byStateW: z.strictObject({ starting: powerWCodec, 'in-progress': powerWCodec, finishing: powerWCodec }),
});

/** A policy as a file: numbers and an ordered list of rules. */
export const powerPolicy = z.strictObject({
  policyId: siteThingId,
  version: z.int().min(1),
  serve: z.enum(['llf', 'edf', 'fcfs', 'share']),
  bands: z.partialRecord(claimKind, z.int().min(-9).max(9)),
  modeTable: z.strictObject({
    modes: z.strictObject({ fast: modePower, regular: modePower, slow: modePower, residential: modePower }),
    inProgressFromPpm: ppmCodec,
    finishingFromPpm: ppmCodec,
  }),
  sources: z.array(sourceRank).max(5),
  holdAheadMs: z.int().min(0).max(86_400_000),
  noticeEveryMs: z.int().min(0).max(86_400_000),
  aboveSoft: selector,
  rules: z
    .array(
      z.strictObject({
        name: siteThingId,
        when: z.array(condition).max(20),
        then: z.array(effect).max(20),
      }),
    )
    .max(100),
});
