import { z } from 'zod';
import { instantMs, microsCodec, powerWCodec, ppmCodec, recordId, utilityId } from '../codec/scalars.ts';

/** How two utilities agreed that measured grid demand moves a session's price. Integers only; part of their terms. */

const PPM = 1_000_000n;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const wholePpm = ppmCodec.refine((ppm) => 0n <= ppm && ppm <= PPM, 'from 0 to 1000000');

/** From this ratio of demand to capacity on, the energy charge moves by so much; negative is down. */
const band = z.strictObject({
  fromRatioPpm: ppmCodec,
  movePpm: ppmCodec.refine((ppm) => -PPM / 2n <= ppm && ppm <= PPM, 'from -500000 to 1000000'),
});

const ascending = (bands: readonly z.output<typeof band>[]): boolean =>
  bands.every(({ fromRatioPpm }, at) =>
    at === 0 ? fromRatioPpm === 0n : fromRatioPpm > (bands[at - 1]?.fromRatioPpm ?? 0n),
  );

export const adaptationRule = z
  .strictObject({
    /** Counts up when the parties agree anew; named in each CDR that it moved. */
    version: z.int().min(1),
    /** Whose grid operators' readings count, of which area. Two of them check each other; the first one's value is taken. */
    sources: z
      .array(z.strictObject({ utilityId, areaId: recordId }))
      .min(1)
      .max(2),
    capacityW: powerWCodec.refine((watts) => watts > 0n, 'above zero'),
    /** Length of a demand interval; readings stand at its whole multiples. */
    intervalMs: z
      .int()
      .min(5 * MINUTE_MS)
      .max(60 * MINUTE_MS),
    /** The first begins at 0; the highest one at or below the ratio counts. */
    bands: z.array(band).min(1).max(32).refine(ascending, 'from 0 on, each above the one before'),
    /** Two readings that differ by more than this part of the greater one contradict each other. */
    tolerancePpm: wholePpm,
    /** Readings outside, or that moved by more than `maxChangePpm` since the last good one, are implausible. */
    plausible: z
      .strictObject({
        minW: powerWCodec,
        maxW: powerWCodec,
        maxChangePpm: ppmCodec.refine((ppm) => ppm > 0n),
      })
      .refine(({ minW, maxW }) => minW <= maxW, 'minW is above maxW'),
    /** How old the last good value may be that stands in for a missing one. */
    maxAgeMs: z.int().min(0).max(DAY_MS),
    /** How much of an upward and of a downward move reaches the driver; the utilities share the rest. */
    driver: z.strictObject({ upPpm: wholePpm, downPpm: wholePpm }),
  })
  .refine(
    ({ sources: [one, two] }) => one?.utilityId !== two?.utilityId || one?.areaId !== two?.areaId,
    'one source twice is no check',
  );
export type AdaptationRule = z.output<typeof adaptationRule>;

/** What the grid measured in an interval, as far as the rule lets it count. */
export const demandOutcome = z.enum([
  'measured', // a good reading of the interval itself
  'last-good', // none, but a good one that is young enough
  'frozen', // neither: the tariff stands as it was consented
]);
export type DemandOutcome = z.output<typeof demandOutcome>;

/** Why an interval has no good reading of its own. */
export const demandFault = z.enum(['missing', 'implausible', 'contradictory']);
export type DemandFault = z.output<typeof demandFault>;

/** Everything that one adaptation line of a CDR was computed from. */
export const adaptationInputs = z.strictObject({
  ruleVersion: z.int().min(1),
  fromMs: instantMs,
  untilMs: instantMs,
  outcome: demandOutcome,
  fault: demandFault.exactOptional(),
  /** The reading that counted; absent when the tariff is frozen. */
  readingAtMs: instantMs.exactOptional(),
  demandW: powerWCodec.exactOptional(),
  ratioPpm: ppmCodec.exactOptional(),
  /** Energy charge of the interval before tax, by the tariff. */
  baseMicros: microsCodec,
  /** What the rule moved it by, after the agreement's price limits and the negotiated adjustment. */
  movedMicros: microsCodec,
  /** Part of it that the driver does not bear or keep: above zero the home utility pays it to the visited one. */
  betweenMicros: microsCodec,
  limitedBy: z.enum(['none', 'floor', 'ceiling', 'cap', 'share']),
});
export type AdaptationInputs = z.output<typeof adaptationInputs>;
