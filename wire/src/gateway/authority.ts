import { z } from 'zod';
import {
  currencyCode,
  energyWhCodec,
  instantMs,
  microsCodec,
  naturalMicrosCodec,
  recordId,
  utilityId,
} from '../codec/scalars.ts';
import { disputeRecord } from '../ledger/dispute.ts';
import { cdr, cdrLine } from '../ledger/session.ts';

/**
 * What tax and energy authorities ask a utility's gateway, role authority: energy, money and tax by period and place, of the
 * charge records that it is a party of. Nothing names a customer. Each record is proven from the ledger's blocks by its bundle.
 */

const countryCode = z.string().regex(/^[A-Z]{2}$/);

/** Records whose sessions ended in the span, in local time of nowhere: two instants. */
const reportSpan = { fromMs: instantMs, untilMs: instantMs };
const reportPlace = {
  countryCode: countryCode.exactOptional(),
  placeId: recordId.exactOptional(),
  stationId: recordId.exactOptional(),
};

/** `GET /authority/v1/report?fromMs=&untilMs=&countryCode=&placeId=&stationId=&asOfBlock=`. */
export const authorityQuery = {
  fromMs: z.coerce.number().pipe(instantMs),
  untilMs: z.coerce.number().pipe(instantMs),
  ...reportPlace,
  /** The last block that counts, as far as it was read; all that was read, without. */
  asOfBlock: z.coerce.number().int().min(0).exactOptional(),
};

/** What one element of a tariff brought at a place: a component of one version, or what the roaming rules added. */
export const authorityElement = z.strictObject({
  tariffId: recordId,
  tariffVersion: z.int().min(1),
  kind: cdrLine.shape.kind,
  element: cdrLine.shape.element,
  unit: cdrLine.shape.unit,
  /** Sum of the billed quantities in the unit; of an adaptation, whose quantity is no amount, nothing. */
  quantity: z.string().max(40).exactOptional(),
  amountMicros: microsCodec,
  taxMicros: microsCodec,
});
export type AuthorityElement = z.output<typeof authorityElement>;

const sums = {
  currency: currencyCode,
  sessions: z.int().min(0),
  energyWh: energyWhCodec,
  netMicros: naturalMicrosCodec,
  taxMicros: naturalMicrosCodec,
  totalMicros: naturalMicrosCodec,
};

/** A station's part in one currency; without a country where the registry does not know the station any more. */
export const authorityPlace = z.strictObject({
  countryCode: countryCode.exactOptional(),
  placeId: recordId.exactOptional(),
  stationId: recordId,
  vun: utilityId,
  hun: utilityId,
  ...sums,
  elements: z.array(authorityElement),
});
export type AuthorityPlace = z.output<typeof authorityPlace>;

export const authorityReport = z.strictObject({
  utilityId,
  ...reportSpan,
  ...reportPlace,
  places: z.array(authorityPlace),
  /** Over all places, by currency. */
  totals: z.array(z.strictObject(sums)),
  asOfBlock: z.int().min(0),
});
export type AuthorityReport = z.output<typeof authorityReport>;

/** One record of a report, with where it was charged and, where home did not accept it, how its dispute stood at the report's block. */
export const authorityRecord = z.strictObject({
  cdr,
  countryCode: reportPlace.countryCode,
  placeId: reportPlace.placeId,
  stationId: recordId,
  disputed: disputeRecord.shape.state.exactOptional(),
});
export type AuthorityRecord = z.output<typeof authorityRecord>;

/**
 * `GET /authority/v1/records?…&after=&limit=`: the records that a report sums up, by when they ended.
 * `GET /authority/v1/proofs/{sessionId}?blocks=`: one of them with everything that proves it, `auditBundle`.
 */
export const authorityRecordPage = z.strictObject({
  items: z.array(authorityRecord),
  cursor: z.string().exactOptional(),
});

/** The file: a report with all of its records, as `roamgrid report take` writes it. */
export const authorityFile = z.strictObject({
  format: z.literal('roamgrid-report'),
  version: z.literal(1),
  report: authorityReport,
  records: z.array(authorityRecord),
});
export type AuthorityFile = z.output<typeof authorityFile>;
