import { z } from 'zod';
import { instantMs, powerWCodec, recordId, utilityId } from '../codec/scalars.ts';
import { commandId, LEDGER_LIMITS } from './envelope.ts';

/** Demand of a grid area at the start of an interval. */
export const demandReading = z.strictObject({ atMs: instantMs, demandW: powerWCodec });
/** State of charge of the battery of a session's car, in parts per million of its capacity. */
export const socReading = z.strictObject({
  atMs: instantMs,
  sessionId: recordId,
  socPpm: z.int().min(0).max(1_000_000),
});

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

export const socChunkRecord = z.strictObject({
  type: z.literal('socChunk'),
  version: z.literal(1),
  utilityId,
  stationId: recordId,
  readings: z.array(socReading).min(1).max(LEDGER_LIMITS.batchItems),
});
export type SocChunkRecord = z.infer<typeof socChunkRecord>;

export const gridCommands = {
  /** Role grid-operator of the utility. Readings ascend strictly in time. */
  recordDemand: z.strictObject({
    commandId,
    chunk: demandChunkRecord.omit({ type: true, version: true, recordedAtMs: true }),
  }),
  /** Role station of the utility whose station it is. */
  recordSoc: z.strictObject({ commandId, chunk: socChunkRecord.omit({ type: true, version: true }) }),
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
} as const;
