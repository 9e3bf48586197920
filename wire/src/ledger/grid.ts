import { z } from 'zod';
import { instantMs, powerWCodec, recordId, utilityId } from '../codec/scalars.ts';
import { allocationCommands, allocationQueries } from '../energy/allocation.ts';
import { creditCommands, creditQueries } from '../energy/energy-credit.ts';
import { houseCommands, houseQueries } from '../energy/house-record.ts';
import { flexibilityCommands, flexibilityQueries } from '../energy/flexibility.ts';
import { tamperingCommands, tamperingQueries } from '../energy/tampering.ts';
import { certificateCommands, certificateQueries } from './certificate.ts';
import { commandId, LEDGER_LIMITS } from './envelope.ts';

/** Demand of a grid area at the start of an interval. */
export const demandReading = z.strictObject({ atMs: instantMs, demandW: powerWCodec });

export const demandChunkRecord = z.strictObject({
  type: z.literal('demandChunk'),
  version: z.literal(1),
  utilityId,
  areaId: recordId,
  intervalMs: z.int().min(60_000).max(86_400_000),
  readings: z.array(demandReading).min(1).max(LEDGER_LIMITS.batchItems),
  /** Time of the transaction that recorded it: a settlement counts what was known when charging ended. */
  recordedAtMs: instantMs.exactOptional(),
});
export type DemandChunkRecord = z.infer<typeof demandChunkRecord>;

export const gridCommands = {
  /** Role grid-operator of the utility. Readings ascend strictly in time. */
  recordDemand: z.strictObject({
    commandId,
    chunk: demandChunkRecord.omit({ type: true, version: true, recordedAtMs: true }),
  }),
  ...certificateCommands,
  ...allocationCommands,
  ...tamperingCommands,
  ...houseCommands,
  ...creditCommands,
  ...flexibilityCommands,
} as const;

export const gridQueries = {
  listDemand: z.strictObject({
    utilityId,
    areaId: recordId,
    fromMs: instantMs,
    untilMs: instantMs,
    pageSize: z.int().min(1).max(100),
    bookmark: z.string(),
  }),
  ...certificateQueries,
  ...allocationQueries,
  ...tamperingQueries,
  ...houseQueries,
  ...creditQueries,
  ...flexibilityQueries,
} as const;
