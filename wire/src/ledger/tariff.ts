import { z } from 'zod';
import {
  currencyCode,
  instantMs,
  naturalMicrosCodec,
  recordId,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { commandId } from './envelope.ts';
import { statedScope, tariffScope } from './tariff-scope.ts';

/** An OCPI tariff object as JSON; its own checker is `parseTariff` of the domain. Spec: OCPI 2.2.1 mod_tariffs. */
export const ocpiTariff = z.record(z.string(), z.unknown());

/** Whether an id is in a utility's own name space: it begins with the utility's id and a dash or dot. */
export const isTariffIdOf = (utilityId: string, tariffId: string): boolean =>
  [`${utilityId}-`, `${utilityId}.`].some((start) => tariffId.startsWith(start) && tariffId !== start);

/** One published version of a tariff. Published versions never change. */
export const tariffRecord = z.strictObject({
  type: z.literal('tariff'),
  version: z.int().min(1),
  /** In the name space of its utility, so that nobody takes an id from another. */
  tariffId: recordId,
  utilityId,
  /** Where it may be quoted, the same in all versions of its id; everywhere when left out. */
  appliesTo: tariffScope.exactOptional(),
  /** Canonical JSON text of the OCPI tariff object: text, so that decimals are never a float. */
  tariffJson: z.string().max(200_000),
  validFromMs: instantMs,
  validUntilMs: instantMs,
  publishedAtMs: instantMs,
  /** Where the prices came from, when a policy made them from a forecast. */
  origin: z
    .strictObject({ policyId: recordId, forecastHash: sha256Hex, dataCutMs: instantMs })
    .exactOptional(),
});
export type TariffRecord = z.infer<typeof tariffRecord>;

/** A tariff version that both parties' limits admit: only a bound version can be quoted. */
export const tariffBindingRecord = z.strictObject({
  type: z.literal('tariffBinding'),
  version: z.literal(1),
  agreementId: recordId,
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  boundAtMs: instantMs,
});
export type TariffBindingRecord = z.infer<typeof tariffBindingRecord>;

/** A bound version as its neighbours in time are compared with it: from when on it holds, and its energy prices before tax. */
export const priceCoursePoint = z.strictObject({
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  appliesTo: tariffScope.exactOptional(),
  currency: currencyCode,
  validFromMs: instantMs,
  minMicrosPerKWh: naturalMicrosCodec,
  maxMicrosPerKWh: naturalMicrosCodec,
});
export type PriceCoursePoint = z.output<typeof priceCoursePoint>;

/** Versions that may be in force or wait for their start at once, of all scopes together. */
export const PRICE_COURSE_POINTS = 400;

/**
 * The prices that one party has bound under an agreement, by start, whatever tariff ids carry them: of each scope the one
 * in force and all that are to come. It lets a contract check step and notice by reading one record.
 */
export const priceCourseRecord = z.strictObject({
  type: z.literal('priceCourse'),
  /** Counts the bindings. */
  version: z.int().min(1),
  agreementId: recordId,
  utilityId,
  points: z.array(priceCoursePoint).min(1).max(PRICE_COURSE_POINTS),
});
export type PriceCourseRecord = z.output<typeof priceCourseRecord>;

/** Entry of a utility's list of tariff versions. */
export const tariffIndexRecord = z.strictObject({
  type: z.literal('tariffIndex'),
  version: z.literal(1),
  tariffId: recordId,
  tariffVersion: z.int().min(1),
});

export const tariffCommands = {
  /** Role operator of the utility. Refuses WRONG_STATE when earlier versions are for something else. */
  publish: z.strictObject({
    commandId,
    tariff: tariffRecord
      .omit({ type: true, publishedAtMs: true })
      .extend({ appliesTo: statedScope.exactOptional() }),
  }),
  /**
   * Role operator of the publishing utility; endorsed by both parties. Transient `terms`.
   * Refuses OUTSIDE_AGREEMENT when a price is under the floor, over the ceiling, too big a step from what the publisher
   * has bound for before and after it at any outlet, under whatever tariff id, or bound with less than the notice.
   */
  bind: z.strictObject({
    commandId,
    agreementId: recordId,
    tariffId: recordId,
    tariffVersion: z.int().min(1),
  }),
} as const;

export const tariffQueries = {
  get: z.strictObject({ tariffId: recordId, tariffVersion: z.int().min(1) }),
  listByUtility: z.strictObject({ utilityId, pageSize: z.int().min(1).max(200), bookmark: z.string() }),
  getBinding: z.strictObject({ agreementId: recordId, tariffId: recordId, tariffVersion: z.int().min(1) }),
} as const;
