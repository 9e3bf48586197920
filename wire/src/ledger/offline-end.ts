import { costMicros } from '@roamgrid/offline/judged';
import type { CdrAmounts } from './cdr-amounts.ts';
import { LEDGER_LIMITS, type LedgerErrorCode } from './envelope.ts';
import type { OfflineGrant, OfflineRefusal, OfflineRefusalCode } from './offline-start.ts';
import type { SessionCloseBody, SessionOpenBody } from './session.ts';

const MS_PER_S = 1_000;
/** Net amount and tax are each rounded to a micro. */
const ROUNDED_MICROS = 2n;

/** Contracts speak of what begins and ends offline in their own codes; the reason stands in front of their text. */
const LEDGER_CODE: Readonly<Record<OfflineRefusalCode, LedgerErrorCode>> = {
  ISSUER_UNKNOWN: 'BAD_SIGNATURE',
  TOKEN_MALFORMED: 'BAD_SIGNATURE',
  TOKEN_ALTERED: 'BAD_SIGNATURE',
  PROOF_FORGED: 'BAD_SIGNATURE',
  LEAVE_OTHER: 'BAD_SIGNATURE',
  QUOTE_OTHER: 'BAD_SIGNATURE',
  METER_OTHER_START: 'BAD_SIGNATURE',
  TOKEN_REVOKED: 'REVOKED',
  TOKEN_OTHER_CHARGER: 'OUTSIDE_AGREEMENT',
  LEAVE_OUTSIDE_AGREEMENT: 'OUTSIDE_AGREEMENT',
  CLOCK_LOST: 'EXPIRED',
  TOKEN_NOT_YET: 'EXPIRED',
  TOKEN_EXPIRED: 'EXPIRED',
  METER_OTHER_TIME: 'EXPIRED',
  TOKEN_SPENT: 'OVER_EXPOSURE',
  TOKEN_OVER_ENERGY: 'OVER_EXPOSURE',
  TOKEN_OVER_COST: 'OVER_EXPOSURE',
  OVER_PRICE: 'OVER_CAP',
};

/** A refusal as a contract tells it. */
export const toldOffline = ({ code, message }: OfflineRefusal) => ({
  code: LEDGER_CODE[code],
  message: `${code}: ${message}`,
});

/**
 * Judges what flowed by a token: within the time that it is good for, no more than its holder asked for, at no higher price than he consented to; that it stays
 * under the token's own limit is the cap of its quote. A
 * session that power cut off ends when power is back and its meter signs again, however late. Amounts are the record's.
 */
export const offlineEndFault = (
  { token: { price, expiresS } }: Pick<OfflineGrant, 'token'>,
  { openedAtMs, offline }: SessionOpenBody,
  { endReason }: Pick<SessionCloseBody, 'endReason'>,
  { startMs, endMs, energyWh, totalMicros }: CdrAmounts,
): OfflineRefusal | undefined => {
  const { clockSkewMs } = LEDGER_LIMITS;
  const fault = (code: OfflineRefusalCode, message: string): OfflineRefusal => ({ code, message });
  if (Math.abs(startMs - openedAtMs) > clockSkewMs)
    return fault('METER_OTHER_TIME', 'the meter began at another time than the charger says');
  if (endReason !== 'power-cut' && endMs > expiresS * MS_PER_S + clockSkewMs)
    return fault('TOKEN_EXPIRED', 'it went on after the time that the token is good for');
  if (energyWh > (offline?.askedWh ?? 0n))
    return fault('TOKEN_OVER_ENERGY', `${energyWh} Wh flowed, the holder asked for less`);
  if (totalMicros > costMicros(price, energyWh, BigInt(endMs - startMs)) + ROUNDED_MICROS)
    return fault('OVER_PRICE', `it comes to ${totalMicros} micros, more than by the price of the token`);
  return undefined;
};
