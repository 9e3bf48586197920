import { z } from 'zod';

/** How one forecast day turned out. */
export const dayOutcome = z.object({
  day: z.string(),
  modelId: z.string(),
  scored: z.int(),
  mapePercent: z.number(),
  inside80Percent: z.number(),
});
export type DayOutcome = z.infer<typeof dayOutcome>;

export const driftState = z.object({
  alarm: z.boolean(),
  /** `too-few-days` until three days are known. */
  reason: z.enum(['too-few-days', 'as-validated', 'error-grew', 'intervals-missed']),
  days: z.int(),
  mapePercent: z.number().nullable(),
  validatedMapePercent: z.number().nullable(),
  inside80Percent: z.number().nullable(),
});
export type DriftState = z.infer<typeof driftState>;

const WINDOW_DAYS = 7;
const LEAST_DAYS = 3;
const ERROR_FACTOR = 1.5;
const LEAST_INSIDE_PERCENT = 60;

/** Judges the last week of outcomes against what the version's validation promised. */
export function judgeDrift(outcomes: readonly DayOutcome[], validatedMapePercent: number | null): DriftState {
  const recent = [...outcomes].sort((left, right) => left.day.localeCompare(right.day)).slice(-WINDOW_DAYS);
  const scored = recent.reduce((sum, day) => sum + day.scored, 0);
  const mean = (of: (day: DayOutcome) => number): number =>
    recent.reduce((sum, day) => sum + of(day) * day.scored, 0) / scored;
  if (recent.length < LEAST_DAYS || scored === 0)
    return {
      alarm: false,
      reason: 'too-few-days',
      days: recent.length,
      mapePercent: null,
      validatedMapePercent,
      inside80Percent: null,
    };
  const mapePercent = mean((day) => day.mapePercent);
  const inside80Percent = mean((day) => day.inside80Percent);
  const grew = validatedMapePercent !== null && mapePercent > ERROR_FACTOR * validatedMapePercent;
  const missed = inside80Percent < LEAST_INSIDE_PERCENT;
  const reason = grew ? 'error-grew' : missed ? 'intervals-missed' : 'as-validated';
  return {
    alarm: grew || missed,
    reason,
    days: recent.length,
    mapePercent,
    validatedMapePercent,
    inside80Percent,
  };
}
