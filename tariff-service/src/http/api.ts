import { z } from 'zod';
import { driftState } from '../registry/drift.ts';
import { modelSettings, modelVersion } from '../registry/model-version.ts';
import { areaId } from './ids.ts';

/** Messages of the forecasting service. Another engine may stand behind the same ones. */

const columnName = z.string().min(1).max(100);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/u);
const instant = z.iso.datetime({ offset: true });

export const datasetRequest = z.strictObject({
  area: areaId,
  zone: z.string().min(1).max(64),
  /** The whole file. */
  csv: z.string().min(1),
  label: z.enum(['start', 'end']),
  /** Left out, the columns are inferred from names and cells. */
  timeColumn: columnName.exactOptional(),
  valueColumn: columnName.exactOptional(),
  hourColumn: columnName.exactOptional(),
  temperatureColumn: columnName.exactOptional(),
  holidayColumn: columnName.exactOptional(),
  operatorColumn: columnName.exactOptional(),
  qualityColumn: columnName.exactOptional(),
  qualityOk: z.string().exactOptional(),
  bareStamps: z.enum(['local', 'utc', 'standard']).default('local'),
  dateOrder: z.enum(['dmy', 'mdy']).exactOptional(),
});
export type DatasetRequest = z.input<typeof datasetRequest>;

const rowError = z.object({ line: z.int(), code: z.string(), message: z.string() });
const column = z.object({
  name: z.string(),
  type: z.enum(['time', 'number', 'flag', 'category', 'empty']),
  role: z.enum(['time', 'value', 'temperature', 'holiday', 'quality', 'operator', 'category']).optional(),
  emptyCells: z.int(),
});

export const datasetAnswer = z.object({
  datasetId: z.string(),
  area: areaId,
  columns: z.record(z.string(), z.string()),
  schema: z.array(column),
  provenance: z.object({
    sha256: z.string(),
    bytes: z.int(),
    rows: z.int(),
    acceptedRows: z.int(),
    firstStartUtc: z.string(),
    lastStartUtc: z.string(),
  }),
  report: z.object({
    stepMinutes: z.int(),
    expected: z.int(),
    missing: z.int(),
    badQuality: z.int(),
    duplicates: z.int(),
    conflictingDuplicates: z.int(),
    offGrid: z.int(),
    gaps: z.array(z.object({ fromUtc: z.string(), intervals: z.int() })),
    shortDays: z.int(),
    longDays: z.int(),
    ambiguousStamps: z.int(),
    nonexistentStamps: z.int(),
    badRows: z.int(),
    firstErrors: z.array(rowError),
    notes: z.array(z.string()),
  }),
});
export type DatasetAnswer = z.output<typeof datasetAnswer>;

export const trainRequest = z.strictObject({
  datasetId: z.string().regex(/^[a-f0-9]{16}$/u),
  gateMinutes: modelSettings.shape.gateMinutes,
  holidays: modelSettings.shape.holidays.default('auto'),
  temperatureMode: modelSettings.shape.temperatureMode.default('actual'),
  usePublished: z.boolean().default(false),
  /** Last days of the data on which the rolling back-test scores the version and the one in force. */
  validationDays: z.int().min(7).max(366).default(28),
});
export type TrainRequest = z.input<typeof trainRequest>;
export const trainAnswer = modelVersion;

export const predictRequest = z.strictObject({ area: areaId, day });
export type PredictRequest = z.input<typeof predictRequest>;

export const predictAnswer = z.object({
  area: areaId,
  modelId: z.string(),
  day,
  /** Everything used was measured before this instant (temperature by the version's mode). */
  gateUtc: z.string(),
  dataSha256: z.string(),
  /** SHA-256 of the canonical JSON of `intervals`: what a tariff publication cites. */
  forecastHash: z.string(),
  method: z.enum(['ensemble', 'published', 'naive']),
  /** Whether temperatures of the day were used, those of the newest day before the gate, or load alone. */
  weather: z.enum(['none', 'used', 'repeated']),
  /** Why not, where a provider was asked and did not give all. */
  weatherNotes: z.array(z.string()),
  levels: z.array(z.number()),
  intervals: z.array(
    z.object({ startUtc: z.string(), minutes: z.int(), point: z.number(), quantiles: z.array(z.number()) }),
  ),
});
export type PredictAnswer = z.output<typeof predictAnswer>;

export const feedbackRequest = z.strictObject({
  area: areaId,
  actuals: z
    .array(z.strictObject({ startUtc: instant, value: z.number() }))
    .min(1)
    .max(10_000),
});
export type FeedbackRequest = z.input<typeof feedbackRequest>;

export const feedbackAnswer = z.object({
  accepted: z.int(),
  /** Values that replaced an earlier, different one for the same interval. */
  replaced: z.int(),
  /** Actuals off the data set's interval grid are refused one by one. */
  refused: z.int(),
  drift: driftState,
});
export type FeedbackAnswer = z.output<typeof feedbackAnswer>;

export const modelsAnswer = z.object({
  areas: z.array(z.object({ area: areaId, drift: driftState, versions: z.array(modelVersion) })),
});
export type ModelsAnswer = z.output<typeof modelsAnswer>;
