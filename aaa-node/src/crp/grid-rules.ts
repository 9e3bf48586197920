import { LOYALTY_LEVELS, resolveZone, type LoyaltyLevel } from '@roamgrid/domain';
import { loyaltyLevel, paymentMethod, powerWCodec, ppmCodec, recordId, timeZoneName } from '@roamgrid/wire';
import { z } from 'zod';

/**
 * The part of a class's rules that depends on the home utility's grid: what it adds under which recorded demand,
 * generation and peak load. Integers only, watts and parts per million.
 */

/** A higher level never pays more than the one below it. */
export const isMonotone = (byLoyalty: Readonly<Record<LoyaltyLevel, bigint>>): boolean =>
  LOYALTY_LEVELS.every((level, index) => {
    const below = LOYALTY_LEVELS[index - 1];
    return below === undefined || byLoyalty[level] <= byLoyalty[below];
  });

const ratioPpm = ppmCodec.refine((ppm) => ppm >= 0n, 'not below 0');

/** `fromPpm` ≤ ratio < `belowPpm`; one of them may be left open. */
const band = z
  .strictObject({ fromPpm: ratioPpm.exactOptional(), belowPpm: ratioPpm.exactOptional() })
  .refine(({ fromPpm, belowPpm }) => fromPpm !== undefined || belowPpm !== undefined, 'it has no bound')
  .refine(
    ({ fromPpm, belowPpm }) => fromPpm === undefined || belowPpm === undefined || fromPpm < belowPpm,
    'fromPpm is not below belowPpm',
  );
export type Band = z.output<typeof band>;

/** One of the two suffices: the local hour lies in the window, or the day's highest reading so far is from here on. */
const peakLoad = z
  .strictObject({
    /** From the start of one local hour to the start of another; past midnight when `until` is not above `from`. */
    hours: z
      .strictObject({ from: z.int().min(0).max(23), until: z.int().min(0).max(24) })
      .refine(({ from, until }) => from !== until, 'an empty window')
      .exactOptional(),
    /** Of the capacity. */
    dayPeakFromPpm: ratioPpm.exactOptional(),
  })
  .refine(
    ({ hours, dayPeakFromPpm }) => hours !== undefined || dayPeakFromPpm !== undefined,
    'it says nothing',
  );

/** All that is stated must hold. */
const conditions = z
  .strictObject({
    demandOfCapacity: band.exactOptional(),
    peakLoad: peakLoad.exactOptional(),
    generationOfDemand: band.exactOptional(),
    generationOfCapacity: band.exactOptional(),
  })
  .refine((when) => Object.keys(when).length > 0, 'a rule without a condition belongs into the base');
export type GridConditions = z.output<typeof conditions>;

const gridRule = z.strictObject({
  /** Named in each decision that it took part in. */
  ruleId: recordId,
  when: conditions,
  /** What it adds for everybody of the class, and to that by level and by payment method. */
  addPpm: ppmCodec,
  addByLoyalty: z
    .record(loyaltyLevel, ppmCodec)
    .refine(isMonotone, 'a higher loyalty level must not pay more than the one below it')
    .exactOptional(),
  addByPayment: z.record(paymentMethod, ppmCodec).exactOptional(),
});
export type GridRule = z.output<typeof gridRule>;

const asksGeneration = ({ when }: GridRule): boolean =>
  when.generationOfDemand !== undefined || when.generationOfCapacity !== undefined;

const DAY_MS = 86_400_000;

export const gridRules = z
  .strictObject({
    /** Area under which the utility's grid operator records demand. */
    demandAreaId: recordId,
    /** Area under which it records generation, by the same command. */
    generationAreaId: recordId.exactOptional(),
    /** What the area can supply. */
    capacityW: powerWCodec.refine((watts) => watts > 0n, 'above zero'),
    /** Whose hours and days the peak load means. */
    timeZone: timeZoneName.refine((zone) => resolveZone(zone, 0, 0).ok, 'no time zone of this host'),
    /** An older reading says nothing. */
    maxAgeMs: z.int().min(60_000).max(DAY_MS),
    /**
     * What happens while another utility keeps the customer's profile: it authorises alone at the base rate
     * (`base-rate`), or it asks home each time and the profile serves only when home is silent (`ask-home`).
     */
    keptProfiles: z.enum(['base-rate', 'ask-home']),
    /** The first whose conditions hold counts, and no other. */
    rules: z.array(gridRule).min(1).max(50),
  })
  .refine(({ rules }) => new Set(rules.map(({ ruleId }) => ruleId)).size === rules.length, {
    message: 'a rule id stands there twice',
    path: ['rules'],
  })
  .refine(({ generationAreaId, rules }) => generationAreaId !== undefined || !rules.some(asksGeneration), {
    message: 'a rule asks for generation, and no area of it is named',
    path: ['generationAreaId'],
  });
export type GridRules = z.output<typeof gridRules>;
