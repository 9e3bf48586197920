import { readable } from './failure.ts';
import type { Json, JsonObject } from './json.ts';

/** Reads what JSON says by the shape that it must have. Every reader throws Unreadable. */

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const object = (value: Json | undefined, what: string): JsonObject => {
  readable(isObject(value), `${what} is no object`);
  return value;
};

/** An object that has these members, perhaps the others, and nothing else. */
export const exactly = (
  value: Json | undefined,
  what: string,
  names: readonly string[],
  optional: readonly string[] = [],
): JsonObject => {
  const found = object(value, what);
  for (const name of names) readable(Object.hasOwn(found, name), `${what} lacks ${name}`);
  for (const name of Object.keys(found))
    readable(names.includes(name) || optional.includes(name), `${what} has ${name}, which proves nothing`);
  return found;
};

export const list = (value: Json | undefined, what: string): readonly Json[] => {
  readable(Array.isArray(value), `${what} is no list`);
  return value as readonly Json[];
};

export const text = (value: Json | undefined, what: string): string => {
  readable(typeof value === 'string', `${what} is no text`);
  return value;
};

export const whole = (value: Json | undefined, what: string): number => {
  readable(
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
    `${what} is no whole number`,
  );
  return value;
};

/** An amount: a decimal text on the wire. */
export const amount = (value: Json | undefined, what: string): bigint => {
  readable(typeof value === 'string' && /^-?(?:0|[1-9]\d{0,30})$/.test(value), `${what} is no amount`);
  return BigInt(value);
};

export const flag = (value: Json | undefined, what: string): boolean => {
  readable(typeof value === 'boolean', `${what} is neither true nor false`);
  return value;
};

/** What a member that may be absent says. */
export const perhaps = <T>(
  value: Json | undefined,
  what: string,
  read: (value: Json, what: string) => T,
): T | undefined => (value === undefined ? undefined : read(value, what));
