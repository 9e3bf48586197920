import { z } from 'zod';
import { instantMs, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { commandId } from './envelope.ts';

/** An OCPI tariff object as JSON; its own checker is `parseTariff` of the domain. Spec: OCPI 2.2.1 mod_tariffs. */
export const ocpiTariff = z.record(z.string(), z.unknown());

/** One published version of a tariff. Published versions never change. */
export const tariffRecord = z.strictObject({
  type: z.literal('tariff'),
  version: z.int().min(1),
  tariffId: recordId,
  utilityId,
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

/** Entry of a utility's list of tariff versions. */
export const tariffIndexRecord = z.strictObject({
  type: z.literal('tariffIndex'),
  version: z.literal(1),
  tariffId: recordId,
  tariffVersion: z.int().min(1),
});

export const tariffCommands = {
  /** Role operator of the utility. */
  publish: z.strictObject({ commandId, tariff: tariffRecord.omit({ type: true, publishedAtMs: true }) }),
  /**
   * Role operator of the publishing utility; endorsed by both parties. Transient `terms`.
   * Refuses OUTSIDE_AGREEMENT when a price is under the floor, over the ceiling, too big a step from the version
   * bound before, or bound with less than the notice.
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
