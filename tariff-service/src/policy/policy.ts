import { z } from 'zod';

/** Parts per million: 1_000_000 is one. */
export const PPM = 1_000_000n;

const micros = z
  .string()
  .regex(/^\d{1,18}$/u)
  .transform(BigInt);
const ppm = z
  .string()
  .regex(/^\d{1,12}$/u)
  .transform(BigInt);
const minuteOfDay = z.number().int().min(0).max(1440);

const curveSchema = z
  .object({
    /** `bands`: the multiplier of the highest point at or below the ratio. `linear`: interpolated between points, rounded half up. */
    kind: z.enum(['bands', 'linear']),
    points: z
      .array(z.object({ ratioPpm: ppm, multiplierPpm: ppm }))
      .min(1)
      .max(32),
  })
  .refine(
    (curve) => rising(curve.points),
    'ratios must rise and multipliers must not fall from point to point',
  );

const policySchema = z
  .object({
    policyId: z.string().min(1).max(64),
    version: z.number().int().positive(),
    /** Country and party, five characters as in OCPI. */
    utility: z.string().regex(/^[A-Z]{2}[A-Z0-9]{3}$/u),
    currency: z.string().regex(/^[A-Z]{3}$/u),
    timeZone: z.string().min(1),
    /** First instant at which the version may price anything. */
    validFromMs: z.number().int(),
    intervalMinutes: z.union([z.literal(15), z.literal(30), z.literal(60)]),
    baseMicrosPerKWh: micros,
    floorMicrosPerKWh: micros,
    ceilingMicrosPerKWh: micros,
    /** Prices are multiples of this, so that a bill shows no odd fractions. Rounding is towards the nearest, half up. */
    tickMicrosPerKWh: micros.refine((tick) => tick > 0n, 'the tick must be above zero'),
    /** Largest change from one interval to the next. */
    maxStepMicrosPerKWh: micros,
    /** Published prices stay for this long after a new forecast. */
    noticeMinutes: z
      .number()
      .int()
      .min(0)
      .max(7 * 1440),
    loadCurve: curveSchema,
    /** Frame by clock time; the first matching entry counts, none means 1. */
    timeOfUse: z
      .array(
        z.object({
          /** 0 = Sunday … 6 = Saturday. */
          weekdays: z.array(z.number().int().min(0).max(6)).min(1),
          fromMinute: minuteOfDay,
          untilMinute: minuteOfDay,
          multiplierPpm: ppm,
        }),
      )
      .max(64),
    /** Added while the forecast ratio is at or above the threshold. */
    peak: z.object({ ratioPpm: ppm, surchargeMicrosPerKWh: micros }).optional(),
    /** Shift the day so that its load-weighted mean price is the base price, as far as the limits allow. */
    budgetNeutral: z.boolean(),
    /** Who approved this version; a version without it prices nothing. */
    review: z.object({ reviewer: z.string().min(1), reviewedAtMs: z.number().int() }).optional(),
  })
  .refine(
    (policy) => policy.floorMicrosPerKWh <= policy.ceilingMicrosPerKWh,
    'the floor is above the ceiling',
  )
  .refine(
    (policy) => policy.maxStepMicrosPerKWh >= policy.tickMicrosPerKWh,
    'the step must be at least one tick',
  )
  .refine(
    (policy) =>
      policy.floorMicrosPerKWh % policy.tickMicrosPerKWh === 0n &&
      policy.ceilingMicrosPerKWh % policy.tickMicrosPerKWh === 0n,
    'floor and ceiling must be multiples of the tick',
  );

/** One version of a utility's rule from load to price. Money is micros per kWh, ratios and multipliers parts per million. */
export type TariffPolicy = z.output<typeof policySchema>;

export interface PolicyProblem {
  readonly pointer: string;
  readonly message: string;
}

/** Checks a policy as JSON (integers beyond small counts are decimal strings). */
export function parsePolicy(
  json: unknown,
):
  | { readonly ok: true; readonly value: TariffPolicy }
  | { readonly ok: false; readonly error: readonly PolicyProblem[] } {
  const parsed = policySchema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    error: parsed.error.issues.map((issue) => ({
      pointer: `/${issue.path.join('/')}`,
      message: issue.message,
    })),
  };
}

/** The reviewed version in force at an instant: the newest by `validFromMs`, then by version. */
export function policyInForce(versions: readonly TariffPolicy[], atMs: number): TariffPolicy | undefined {
  return versions
    .filter(
      (policy) =>
        policy.validFromMs <= atMs && policy.review !== undefined && policy.review.reviewedAtMs <= atMs,
    )
    .sort((left, right) => right.validFromMs - left.validFromMs || right.version - left.version)[0];
}

function rising(points: readonly { ratioPpm: bigint; multiplierPpm: bigint }[]): boolean {
  return points.every((point, index) => {
    const before = points[index - 1];
    return (
      before === undefined ||
      (point.ratioPpm > before.ratioPpm && point.multiplierPpm >= before.multiplierPpm)
    );
  });
}
