import { DAY_SLOTS } from '@roamgrid/domain/flexibility';
import { z } from 'zod';
import { meterJwk } from '../codec/meter-jwk.ts';
import {
  cinRef,
  currencyCode,
  energyMilliWhCodec,
  energyWhCodec,
  instantMs,
  naturalMicrosCodec,
  powerWCodec,
  ppmCodec,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { commandId } from '../ledger/envelope.ts';

/**
 * A house's flexibility on the ledger (HOME-8, PANEL-7): its meter, the meter's days in the order of time, events that are called before they
 * begin, and what a day comes to. The channel sees hashes and times; readings and amounts lie with the two utilities.
 */

export const FLEXIBILITY_LIMITS = {
  /** Days in one command. */
  days: 31,
  /** Days that travel with a settlement: its own, and ten for each event. */
  daysOfSettlement: 46,
  eventsOfDay: 24,
} as const;

const pair = {
  agreementId: recordId,
  /** Whose grid the house is on, and whose customer it is. */
  vun: utilityId,
  hun: utilityId,
} as const;

/** Private body of a house, in both parties' implicit collections under `flexHouse:<houseId>`. */
export const flexHouseBody = z.strictObject({
  houseId: recordId,
  ...pair,
  /** Who is paid, by his card. */
  cinRef,
  meterId: recordId,
  meterKey: meterJwk,
  salt,
});
export type FlexHouseBody = z.infer<typeof flexHouseBody>;

export const flexHouseRecord = z.strictObject({
  type: z.literal('flexHouse'),
  version: z.literal(1),
  houseId: recordId,
  ...pair,
  bodyHash: sha256Hex,
  enrolledAtMs: instantMs,
});
export type FlexHouseRecord = z.infer<typeof flexHouseRecord>;

const registers = z.array(energyMilliWhCodec).length(DAY_SLOTS + 1);

/** Private body of a meter's day, under `flexDay:<houseId>:<dayMs>`: both registers as the meter signed them, by quarter-hour. */
export const flexDayBody = z.strictObject({
  houseId: recordId,
  dayMs: instantMs,
  importMilliWh: registers,
  exportMilliWh: registers,
  /** SHA-256 of the meter's OCMF statement, which lies beside it. */
  statementHash: sha256Hex,
  salt,
});
export type FlexDayBody = z.infer<typeof flexDayBody>;

export const flexDayRecord = z.strictObject({
  type: z.literal('flexDay'),
  version: z.literal(1),
  houseId: recordId,
  ...pair,
  dayMs: instantMs,
  bodyHash: sha256Hex,
  recordedAtMs: instantMs,
});
export type FlexDayRecord = z.infer<typeof flexDayRecord>;

/** Until when a house's days are recorded: each follows the one before it, so none is left out or told twice. */
export const flexUntilRecord = z.strictObject({
  type: z.literal('flexUntil'),
  version: z.int().min(1),
  houseId: recordId,
  untilMs: instantMs,
});

/** Private body of an event, under `flexEvent:<agreementId>:<vun>:<hun>:<fromMs>`. */
export const flexEventBody = z.strictObject({
  eventId: recordId,
  ...pair,
  fromMs: instantMs,
  untilMs: instantMs,
  /** What each house is asked to take less; more than that is not paid. */
  reductionW: powerWCodec,
  salt,
});
export type FlexEventBody = z.infer<typeof flexEventBody>;

export const flexEventRecord = z.strictObject({
  type: z.literal('flexEvent'),
  version: z.literal(1),
  eventId: recordId,
  ...pair,
  fromMs: instantMs,
  untilMs: instantMs,
  bodyHash: sha256Hex,
  calledAtMs: instantMs,
});
export type FlexEventRecord = z.infer<typeof flexEventRecord>;

/** End of the last event that was called under an agreement in one direction: events follow one another. */
export const flexCalledRecord = z.strictObject({
  type: z.literal('flexCalled'),
  version: z.int().min(1),
  ...pair,
  untilMs: instantMs,
});

const energy = { energyWh: energyWhCodec, micros: naturalMicrosCodec } as const;

export const flexibilityLine = z.discriminatedUnion('line', [
  z.strictObject({
    line: z.literal('DR'),
    eventId: recordId,
    days: z.int().min(0).max(10),
    baselineWh: energyWhCodec,
    takenWh: energyWhCodec,
    adjustmentPpm: ppmCodec,
    ...energy,
    without: z.enum(['TOO_FEW_DAYS', 'READINGS_LATE']).exactOptional(),
  }),
  z.strictObject({ line: z.literal('V2G'), eventId: recordId, ...energy }),
  z.strictObject({ line: z.literal('EXPORT'), ...energy }),
]);

/** Private body of what a day comes to, under `flexSettlement:<houseId>:<dayMs>`. */
export const flexSettlementBody = z.strictObject({
  houseId: recordId,
  ...pair,
  dayMs: instantMs,
  cinRef,
  currency: currencyCode,
  lines: z
    .array(flexibilityLine)
    .min(1)
    .max(2 * FLEXIBILITY_LIMITS.eventsOfDay + 1),
  totalMicros: naturalMicrosCodec,
  salt,
});
export type FlexSettlementBody = z.infer<typeof flexSettlementBody>;

export const flexSettlementRecord = z.strictObject({
  type: z.literal('flexSettlement'),
  version: z.int().min(1),
  houseId: recordId,
  ...pair,
  dayMs: instantMs,
  bodyHash: sha256Hex,
  settledAtMs: instantMs,
  /** Note of the customer's utility that charges it, as for what cars gave. */
  givenChargeId: recordId.exactOptional(),
});
export type FlexSettlementRecord = z.infer<typeof flexSettlementRecord>;

const houseDay = { houseId: recordId, dayMs: instantMs } as const;

export const flexibilityCommands = {
  /** Role operator or aaa of either party. Transient `house`: FlexHouseBody, `terms`. A meter is of one house, and of no outlet, for ever. */
  enrolHouse: z.strictObject({ commandId, houseId: recordId, ...pair, bodyHash: sha256Hex }),
  /**
   * Role aaa of either party. Transient `house`, `terms`, `days`: packed FlexDayBodies in time order, `statements`: the meter's OCMF texts,
   * packed in that order, `before`: the body of the day before the first, when one is recorded.
   */
  recordDays: z.strictObject({
    commandId,
    houseId: recordId,
    ...pair,
    count: z.int().min(1).max(FLEXIBILITY_LIMITS.days),
  }),
  /** Role grid-operator, operator or aaa of the VUN, before it begins. Transient `event`: FlexEventBody, `terms`. */
  callEvent: z.strictObject({
    commandId,
    eventId: recordId,
    ...pair,
    fromMs: instantMs,
    untilMs: instantMs,
    bodyHash: sha256Hex,
  }),
  /**
   * Role aaa of either party. Transient `body`: FlexSettlementBody, `house`, `terms`, `events`: packed bodies of the day's events, `days`: packed
   * bodies of the day and of the days of its baselines. The contract works out the lines itself.
   */
  settleDay: z.strictObject({
    commandId,
    ...houseDay,
    ...pair,
    events: z.int().min(0).max(FLEXIBILITY_LIMITS.eventsOfDay),
    days: z.int().min(1).max(FLEXIBILITY_LIMITS.daysOfSettlement),
    bodyHash: sha256Hex,
  }),
} as const;

export const flexibilityQueries = {
  getFlexDay: z.strictObject(houseDay),
  getFlexEvent: z.strictObject({ ...pair, fromMs: instantMs }),
  getFlexSettlement: z.strictObject(houseDay),
  /** Of the caller's own organisation: ask its own peer. */
  getFlexSettlementBody: z.strictObject(houseDay),
} as const;
