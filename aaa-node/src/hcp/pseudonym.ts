import { createHmac, randomBytes } from 'node:crypto';

/** A customer's own key. Nobody else has it, and deleting it unlinks the ledger from the person for good. */
export const newPseudonymKey = (): string => randomBytes(32).toString('hex');

/**
 * What the ledger sees of a CIN: HMAC-SHA-256 under the customer's random key, in hex. A key for each customer rather
 * than one for the utility, so that one person can be forgotten without touching the others.
 */
export const cinRefOf = (pseudonymKey: string, cin: string): string =>
  createHmac('sha256', Buffer.from(pseudonymKey, 'hex')).update(`roamgrid-cin:${cin}`).digest('hex');
