import { z } from 'zod';

const figure = z.number().nullable();

/** Scores that decide about a version; null where there was nothing to score. */
export const versionScores = z.object({
  fromDay: z.string(),
  toDay: z.string(),
  scored: z.int(),
  mapePercent: figure,
  maseWeeklyNaive: figure,
  pinballPercent: figure,
  coverage80Percent: figure,
});
export type VersionScores = z.infer<typeof versionScores>;

export const modelSettings = z.object({
  /** Minutes after local midnight of the day before the target day. */
  gateMinutes: z.int().min(0).max(1440),
  holidays: z.string().regex(/^[A-Za-z-]{2,12}$/u),
  temperatureMode: z.enum(['actual', 'known']),
  usePublished: z.boolean(),
});
export type ModelSettings = z.infer<typeof modelSettings>;

/** One trained version of an area's model. Data cut and settings fix it: training again gives the same numbers. */
export const modelVersion = z.object({
  modelId: z.string(),
  area: z.string(),
  version: z.int().positive(),
  datasetId: z.string(),
  /** SHA-256 of the data file. */
  dataSha256: z.string(),
  /** Start of the newest interval that the version was trained and scored on. */
  dataCutUtc: z.string(),
  settings: modelSettings,
  features: z.array(z.string()),
  scores: versionScores,
  /** The version in force then, scored on the same days of the same data. */
  rivalScores: versionScores.optional(),
  status: z.enum(['promoted', 'refused', 'retired']),
  trainedAt: z.string(),
  seconds: z.number(),
});
export type ModelVersion = z.infer<typeof modelVersion>;

/** A challenger is promoted when nobody is in force, or when its error on the same days is not larger. */
export function mayPromote(challenger: VersionScores, rival: VersionScores | undefined): boolean {
  if (challenger.mapePercent === null) return false;
  return (
    rival?.mapePercent === undefined ||
    rival.mapePercent === null ||
    challenger.mapePercent <= rival.mapePercent
  );
}

/** The history with one more version, and what was in force retired when the new one is promoted. */
export function withVersion(versions: readonly ModelVersion[], next: ModelVersion): readonly ModelVersion[] {
  const older =
    next.status === 'promoted'
      ? versions.map((version) =>
          version.status === 'promoted' ? { ...version, status: 'retired' as const } : version,
        )
      : versions;
  return [...older, next];
}
