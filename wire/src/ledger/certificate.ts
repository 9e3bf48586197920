import { QUARTER_MS } from '@roamgrid/domain';
import { z } from 'zod';
import { energyWhCodec, instantMs, powerWCodec, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { commandId, LEDGER_LIMITS } from './envelope.ts';

/**
 * Certificates of generation: so many Wh that one generator gave to the grid in one quarter-hour. A registrar issues them,
 * holders pass them on in parts, and who delivers the energy cancels them, each Wh once for ever. Spec: ROAM-29; the words are
 * those of granular certificates (issue, transfer, cancel; Directive (EU) 2018/2001 Art. 19 for guarantees of origin).
 */

/** What the energy was made of. Spec: OCPI 2.2.1 mod_locations EnergySourceCategory. */
export const energySource = z.enum([
  'NUCLEAR',
  'GENERAL_FOSSIL',
  'COAL',
  'GAS',
  'GENERAL_GREEN',
  'SOLAR',
  'WIND',
  'WATER',
]);
export type EnergySource = z.infer<typeof energySource>;

/** First instant of a quarter-hour, UTC. */
export const quarterMs = instantMs.refine(
  (atMs) => atMs % QUARTER_MS === 0,
  'the first instant of a quarter-hour',
);

/** Generators write letters, digits, `.`, `_` and `-`; shorter than other ids, because it is a part of others. */
const generatorId = recordId.max(40);

/** More than the largest power station gives in a quarter-hour by far, and what databases can add up. */
const MAX_CERTIFICATE_WH = 10n ** 12n;
/** A number of a certificate's Wh, or how many there are. */
const certificateWh = energyWhCodec.refine(
  (wh) => wh <= MAX_CERTIFICATE_WH,
  `at most ${MAX_CERTIFICATE_WH} Wh`,
);

export const generatorRecord = z.strictObject({
  type: z.literal('generator'),
  version: z.int().min(1),
  generatorId,
  /** Who gets its certificates. */
  owner: utilityId,
  /** Who registered it, and alone issues its certificates; never its owner. */
  registrar: utilityId,
  /** Where its energy enters the grid. */
  areaId: recordId,
  countryCode: z.string().regex(/^[A-Z]{2}$/),
  source: energySource,
  /** It cannot give more in a quarter-hour than a quarter of this. */
  maxPowerW: powerWCodec,
  /** When it began, and where it is gone, when it ended. */
  fromMs: instantMs,
  untilMs: instantMs.exactOptional(),
});
export type GeneratorRecord = z.infer<typeof generatorRecord>;

/** What was issued: written once, never changed. */
export const certificateRecord = z.strictObject({
  type: z.literal('certificate'),
  version: z.literal(1),
  generatorId,
  quarterMs,
  wh: certificateWh.refine((wh) => wh > 0n, 'more than 0 Wh'),
  registrar: utilityId,
  owner: utilityId,
  areaId: recordId,
  countryCode: z.string().regex(/^[A-Z]{2}$/),
  source: energySource,
  issuedAtMs: instantMs,
});
export type CertificateRecord = z.infer<typeof certificateRecord>;

/** The Wh of a certificate from one number to before another, and whose they are. */
export const holdingRecord = z.strictObject({
  type: z.literal('holding'),
  version: z.int().min(1),
  generatorId,
  quarterMs,
  fromWh: certificateWh,
  toWh: certificateWh,
  holder: utilityId,
  /** For whom they were used up: the root of a tree of sums over the sessions that they are matched to. */
  cancelled: z
    .strictObject({ cancellationId: recordId, matchRoot: sha256Hex, atMs: instantMs })
    .exactOptional(),
});
export type HoldingRecord = z.infer<typeof holdingRecord>;

/** Names a holding: a certificate, and its first Wh. */
const holdingRef = { generatorId, quarterMs, holdingFromWh: certificateWh } as const;

const parts = <S extends z.ZodType>(part: S) => z.array(part).min(1).max(LEDGER_LIMITS.batchItems);

export const certificateCommands = {
  /** Role registrar of a utility that the others made registrar. Told again it changes what is said of the generator from now on. */
  registerGenerator: z.strictObject({
    commandId,
    generator: generatorRecord.omit({ type: true, version: true }),
  }),
  /** Role registrar of the generators' registrar. One certificate a generator and quarter-hour, for ever. */
  issueCertificates: z.strictObject({
    commandId,
    registrar: utilityId,
    certificates: parts(certificateRecord.pick({ generatorId: true, quarterMs: true, wh: true })),
  }),
  /** Role operator of the holder: these Wh of its holdings are another member's. */
  transferCertificates: z.strictObject({
    commandId,
    holder: utilityId,
    to: utilityId,
    parts: parts(z.strictObject({ ...holdingRef, fromWh: certificateWh, toWh: certificateWh })),
  }),
  /**
   * Role operator or aaa of the holder: the first Wh of its holdings are used up, once for ever, by the sessions under
   * `matchRoot`, whose tree of sums has just these Wh.
   */
  cancelCertificates: z.strictObject({
    commandId,
    holder: utilityId,
    cancellationId: recordId,
    parts: parts(z.strictObject({ ...holdingRef, wh: certificateWh, matchRoot: sha256Hex })),
  }),
} as const;

const page = { pageSize: z.int().min(1).max(100), bookmark: z.string() } as const;

export const certificateQueries = {
  getGenerator: z.strictObject({ generatorId }),
  /** Certificates of a generator whose quarter-hour lies in the span, from inclusive, until exclusive. */
  listCertificates: z.strictObject({ generatorId, fromMs: instantMs, untilMs: instantMs, ...page }),
  /** How their Wh are held, in the same way. */
  listHoldings: z.strictObject({ generatorId, fromMs: instantMs, untilMs: instantMs, ...page }),
} as const;
