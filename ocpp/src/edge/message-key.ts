import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '@roamgrid/wire';

/**
 * The same for the same message, however often it comes: whether a station says that it was offline may change between two tries,
 * the rest may not.
 */
export const messageKey = (action: string, payload: object): string => {
  const { offline: _offline, ...told } = payload as Readonly<Record<string, JsonValue>>;
  return createHash('sha256')
    .update(canonicalJson([action, told]))
    .digest('base64url');
};
