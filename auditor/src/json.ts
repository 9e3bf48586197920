import { Unreadable, readable } from './failure.ts';

/** JSON in its one text form. Spec: RFC 8785. Numbers are safe integers: nothing that is audited is a float. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A value with amounts as bigints, which stand as decimal texts; members that are undefined are left out. */
export type Value = null | boolean | number | string | bigint | undefined | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [key: string]: Value;
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Characters that stand for themselves in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** @throws Unreadable for a number that is no safe integer. */
export const canonical = (value: Value): string => {
  switch (typeof value) {
    case 'bigint':
      return `"${value}"`;
    case 'number':
      readable(Number.isSafeInteger(value) && !Object.is(value, -0), 'a number is no whole number');
      return value.toString();
    case 'string': {
      // Nearly all texts are plain, and the long ones are base64.
      if (PLAIN.test(value)) return `"${value}"`;
      const text = JSON.stringify(value);
      // Half a character is written as such an escape, and little else is: the closer look is rare.
      readable(!(text.includes('\\ud') && /\p{Surrogate}/u.test(value)), 'a text has half a character');
      return text;
    }
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      break;
    case 'undefined':
    case 'function':
    case 'symbol':
      throw new Unreadable('a value is missing');
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(canonical).join(',')}]`;
  const members = Object.entries(value as ValueObject)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => byCodeUnits(a, b));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
};

/** Reads any JSON. @throws Unreadable */
export const parse = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Unreadable('a text is not JSON');
  }
};

/** Reads JSON that must stand in its one form. @throws Unreadable */
export const parseCanonical = (text: string, what: string): Json => {
  const value = parse(text);
  readable(canonical(value) === text, `${what} is not in the one form of JSON (RFC 8785)`);
  return value;
};
