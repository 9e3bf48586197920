import { createHmac } from 'node:crypto';

/** Under what a visitor is kept: HMAC of the CIN with the node's own secret. The CIN itself is not stored. */
export const createVisitorKey =
  (secretHex: string) =>
  (cin: string): string =>
    createHmac('sha256', Buffer.from(secretHex, 'hex')).update(`roamgrid-visitor:${cin}`).digest('hex');
