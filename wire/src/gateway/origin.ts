import { z } from 'zod';
import { energyWhCodec, instantMs, recordId, salt, sha256Hex, utilityId } from '../codec/scalars.ts';
import { sessionId } from '../ledger/lane.ts';
import { certificateRecord, energySource, holdingRecord, quarterMs } from '../ledger/certificate.ts';

/** What a home node asks its gateway to match certificates of generation to sessions, and what a bill says of it. */

/** `GET /internal/v1/holdings?fromMs=&untilMs=&after=` (role aaa): what this utility holds of quarter-hours in the span. */
export const heldWh = z.strictObject({
  ...certificateRecord.pick({ generatorId: true, quarterMs: true, areaId: true, source: true }).shape,
  fromWh: energyWhCodec,
  toWh: energyWhCodec,
});
export type HeldWh = z.output<typeof heldWh>;
export const holdingPage = z.strictObject({ holdings: z.array(heldWh), cursor: z.string() });

/** `GET /internal/v1/session-quarters?fromMs=&untilMs=&after=` (role aaa): customers' sessions that ended in the span. */
export const sessionQuarters = z.strictObject({
  sessionId,
  quarters: z.array(z.strictObject({ quarterMs, energyWh: energyWhCodec })),
});
export const sessionQuartersPage = z.strictObject({ sessions: z.array(sessionQuarters), cursor: z.string() });

/** Energy of a bill's line that certificates of the same quarter-hours were cancelled for, by source and place. */
export const originPart = z.strictObject({ source: energySource, areaId: recordId, energyWh: energyWhCodec });
export type OriginPart = z.output<typeof originPart>;

/**
 * What is under a cancelled range of a certificate: the text whose hash is a leaf of its tree of sums. Salted, because who
 * is shown the tree's neighbours must not guess others' sessions.
 */
export const originMatch = z.strictObject({
  type: z.literal('originMatch'),
  sessionId,
  generatorId: recordId,
  quarterMs,
  energyWh: energyWhCodec,
  salt,
});
export type OriginMatch = z.output<typeof originMatch>;

/** `GET /driver/v1/sessions/{sessionId}/origin`: each match with its way to what the ledger says was cancelled. */
export const originProof = z.strictObject({
  match: originMatch,
  holder: utilityId,
  cancellationId: recordId,
  /** The cancelled range: its first Wh names it on the ledger, its length is the root's sum. */
  fromWh: energyWhCodec,
  wh: energyWhCodec,
  matchRoot: sha256Hex,
  steps: z.array(z.strictObject({ side: z.enum(['left', 'right']), wh: energyWhCodec, hash: sha256Hex })),
});
export type OriginProof = z.output<typeof originProof>;
export const sessionOrigin = z.strictObject({ asOfMs: instantMs, proofs: z.array(originProof) });

/** `GET /auditor/v1/certificates?generatorId=&fromMs=&untilMs=` (role auditor): what was issued, and whose each Wh is. */
export const auditedCertificate = z.strictObject({
  record: certificateRecord,
  /** In the order of their Wh; together they are the certificate. */
  holdings: z.array(holdingRecord),
});
