import type { RefusalCode } from '@roamgrid/wire';
import type { TokenStatus } from '../model/token.ts';

/** What a station is told for each reason why a driver cannot charge there. */
const STATUS: Readonly<Record<RefusalCode, Exclude<TokenStatus, 'accepted'>>> = {
  CIN_INVALID: 'invalid',
  ISSUER_UNKNOWN: 'invalid',
  ISSUER_EXPIRED: 'expired',
  NO_AGREEMENT: 'not-allowed-here',
  HOME_UNREACHABLE: 'try-later',
  HOME_TIMEOUT: 'try-later',
  HOME_PROTOCOL_ERROR: 'try-later',
  TOKEN_UNKNOWN: 'invalid',
  TOKEN_AMBIGUOUS: 'invalid',
  CUSTOMER_UNKNOWN: 'invalid',
  CUSTOMER_BLOCKED: 'blocked',
  SERVICE_NOT_IN_PORTFOLIO: 'not-allowed-here',
  LIMIT_EXCEEDED: 'no-credit',
  NEGOTIATION_FAILED: 'not-allowed-here',
  STATION_UNAVAILABLE: 'not-allowed-here',
  OUTLET_RESERVED: 'not-allowed-here',
  CONSENT_EXPIRED: 'expired',
  LEDGER_UNAVAILABLE: 'try-later',
};

export const statusOf = (code: RefusalCode): Exclude<TokenStatus, 'accepted'> => STATUS[code];
