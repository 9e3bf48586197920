import type { DriverToken, TokenStatus } from '../model/token.ts';
import type { IdToken } from './read-token.ts';

/** How a command names a token to a station of 2.x. */
export const idTokenOf = ({ type, value }: DriverToken): IdToken => {
  const types = { cin: 'eMAID', emaid: 'eMAID', rfid: 'ISO14443', app: 'Central' } as const;
  return { idToken: value, type: types[type] };
};

/** Nearest words of 1.6. Spec: OCPP 1.6 §7.2, AuthorizationStatus. */
export const STATUS_16 = {
  accepted: 'Accepted',
  blocked: 'Blocked',
  expired: 'Expired',
  invalid: 'Invalid',
  concurrent: 'ConcurrentTx',
  'no-credit': 'Blocked',
  'not-allowed-here': 'Invalid',
  'try-later': 'Invalid',
} as const satisfies Readonly<Record<TokenStatus, string>>;

/** Spec: OCPP 2.0.1 part 2, AuthorizationStatusEnumType. */
export const STATUS_2 = {
  accepted: 'Accepted',
  blocked: 'Blocked',
  expired: 'Expired',
  invalid: 'Invalid',
  concurrent: 'ConcurrentTx',
  'no-credit': 'NoCredit',
  'not-allowed-here': 'NotAtThisLocation',
  'try-later': 'NotAtThisTime',
} as const satisfies Readonly<Record<TokenStatus, string>>;
