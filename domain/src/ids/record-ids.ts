import { defineId, type IdOf } from './define-id.ts';

/** Ids of records and of organisations. Whoever makes one brings the uniqueness: a UUID or a counter of its own. */

/** Fits an OCPI `CiString(36)` and a ledger key: no separators that a composite key or a URL would have to escape. */
const RECORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$/;
const RECORD_TEXT =
  'up to 36 letters, digits, dots, hyphens or underscores that start with a letter or digit';

/** Name of an organisation's membership provider on the ledger. Spec: Hyperledger Fabric MSP identifiers. */
export const MspId = defineId(
  'MspId',
  /^[A-Za-z][A-Za-z0-9.-]{0,62}$/,
  'a membership name like AlabamaPowerMSP',
);
export type MspId = IdOf<typeof MspId>;

/** A charging station: one or more outlets that one controller drives. */
export const StationId = defineId('StationId', RECORD, RECORD_TEXT);
export type StationId = IdOf<typeof StationId>;

/** One charging occurrence. */
export const SessionId = defineId('SessionId', RECORD, RECORD_TEXT);
export type SessionId = IdOf<typeof SessionId>;

/** An offer shown to a driver before anything starts. */
export const QuoteId = defineId('QuoteId', RECORD, RECORD_TEXT);
export type QuoteId = IdOf<typeof QuoteId>;

/** A tariff; its versions are numbered beside it. Spec: OCPI 2.2.1 mod_tariffs `id`. */
export const TariffId = defineId('TariffId', RECORD, RECORD_TEXT);
export type TariffId = IdOf<typeof TariffId>;

/** What a visited utility asks of a home utility. */
export const InvoiceId = defineId('InvoiceId', RECORD, RECORD_TEXT);
export type InvoiceId = IdOf<typeof InvoiceId>;

/** A bilateral roaming agreement. */
export const AgreementId = defineId('AgreementId', RECORD, RECORD_TEXT);
export type AgreementId = IdOf<typeof AgreementId>;

/** A payment that settles a net position. */
export const PaymentId = defineId('PaymentId', RECORD, RECORD_TEXT);
export type PaymentId = IdOf<typeof PaymentId>;

/** The one-of-a-kind id that the router gives to one driver's request. */
export const RequestId = defineId('RequestId', RECORD, RECORD_TEXT);
export type RequestId = IdOf<typeof RequestId>;

/** Makes a command idempotent: telling it twice changes nothing. */
export const CommandKey = defineId(
  'CommandKey',
  /^[A-Za-z0-9._:-]{8,128}$/,
  '8 to 128 letters, digits, dots, colons, hyphens or underscores',
);
export type CommandKey = IdOf<typeof CommandKey>;

/** A settlement period, a UTC month or day: `2026-07` or `2026-07-31`. */
export const PeriodId = defineId(
  'PeriodId',
  /^\d{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?$/,
  'a UTC month or day, like 2026-07 or 2026-07-31',
);
export type PeriodId = IdOf<typeof PeriodId>;
