import { createHmac } from 'node:crypto';
import { readContractId } from '@roamgrid/domain';
import type { DriverToken } from '@roamgrid/wire';

/** One spelling of a token, whatever reader or system wrote it. Spec: OCPI 2.3.0, `CiString`; OCPP 1.6, `IdToken`. */
const spelledOf = ({ type, value }: DriverToken): string => {
  const upper = value.trim().toUpperCase();
  if (type === 'app') return upper;
  if (type === 'rfid') return upper.replace(/[\s:-]/g, '');
  // The same contract, with its check character or without it.
  const contract = readContractId(value);
  return contract.ok ? contract.value.cin : upper.replace(/[\s*-]/g, '');
};

/** Under what a token is kept: HMAC with the node's own secret, so that the table tells nobody a card's serial. */
export const createTokenKey =
  (secretHex: string) =>
  (token: DriverToken): string =>
    createHmac('sha256', Buffer.from(secretHex, 'hex'))
      .update(`roamgrid-token:${token.type}:${spelledOf(token)}`)
      .digest('hex');

export type TokenKey = ReturnType<typeof createTokenKey>;
