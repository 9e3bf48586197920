import { divide } from '@roamgrid/domain';
import { z } from 'zod';
import { currencyCode, naturalMicrosCodec } from '../codec/scalars.ts';

/**
 * A rate of exchange as the home utility fixes it when it says yes (ROAM-26): signed in its authorisation, shown before the
 * consent, recorded with the session. The session stays in the station's currency; the customer's account is in this one.
 */
export const exchange = z.strictObject({
  /** Of the customer's account. */
  currency: currencyCode,
  /** Millionths of it for one unit of the session's currency. */
  rateMicros: naturalMicrosCodec,
  /** Who published the rate, and for when, as the home utility states it. */
  source: z.string().min(1).max(120),
  /** How each amount is converted, for itself: to the nearest micro, halves to even. */
  rounding: z.literal('half-even'),
});
export type Exchange = z.infer<typeof exchange>;

/** A quote's price in the account's currency. */
export const exchanged = z.strictObject({
  ...exchange.shape,
  estimateMicros: naturalMicrosCodec,
  /** Never less than what the cap may come to. */
  capMicros: naturalMicrosCodec,
});
export type Exchanged = z.infer<typeof exchanged>;

/** `GET /internal/v1/decisions/{vun}/{sessionId}/exchange` (role gateway): the rate of home's yes to a session, if it needed one. */
export const fixedRate = z.strictObject({ exchange: exchange.exactOptional() });

const ONE = 1_000_000n;

/** An amount of a session in the account's currency, as it is billed. */
export const convert = (micros: bigint, { rateMicros }: Exchange): bigint =>
  divide(micros * rateMicros, ONE, 'half-even');

/** What is put aside in the account's currency for so much of the session's: never less than what may be billed. */
export const putAside = (micros: bigint, { rateMicros }: Exchange): bigint =>
  divide(micros * rateMicros, ONE, 'ceiling');

/** Both prices of a quote as the driver sees them. */
export const exchangedPrice = (
  { estimateMicros, capMicros }: Pick<Exchanged, 'estimateMicros' | 'capMicros'>,
  by: Exchange,
): Exchanged => ({
  ...by,
  estimateMicros: convert(estimateMicros, by),
  capMicros: putAside(capMicros, by),
});

/** How much in the session's currency so much of the account's covers: never more. */
export const coveredBy = (micros: bigint, { rateMicros }: Exchange): bigint =>
  divide(micros * ONE, rateMicros, 'floor');
