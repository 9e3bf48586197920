import { randomUUID, createHash } from 'node:crypto';

/** A random id with a prefix that says what it is of. */
export const newId = (prefix: string): string => `${prefix}-${randomUUID()}`;

/** An id that the same parts always give, for what must exist once. */
export const derivedId = (prefix: string, ...parts: readonly string[]): string =>
  `${prefix}-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
