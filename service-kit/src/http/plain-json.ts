import { kitError, type PointedError } from '../problem/service-error.ts';
import { pointer } from '../problem/zod-errors.ts';

/** Deeper than any message of ours; what reads a message recursively never meets more. */
const MAX_JSON_DEPTH = 64;
const MAX_ERRORS = 20;

const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Refuses JSON that nests too deep, before anything parses it.
 * @throws ServiceError INVALID_REQUEST
 */
export const checkDepth = (bytes: Uint8Array): void => {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (OPENING.has(byte)) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) {
        throw kitError('INVALID_REQUEST', `the request body nests deeper than ${MAX_JSON_DEPTH} levels`);
      }
    } else if (CLOSING.has(byte)) depth -= 1;
  }
};

/** Half of a surrogate pair: no Unicode text, and nothing that UTF-8 can say. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const faultOf = (text: string): string | undefined => {
  // PostgreSQL and the ledger's keys cannot hold it.
  if (text.includes('\0')) return 'text must not contain U+0000';
  if (LONE_SURROGATE.test(text)) return 'text must be well-formed Unicode';
  return undefined;
};

/** What is wrong with the texts of a value, whatever its schema says of it; names of members are texts too. */
export const textFaults = (root: string, value: unknown): PointedError[] => {
  const faults: PointedError[] = [];
  const look = (one: unknown, path: readonly string[]): void => {
    if (faults.length >= MAX_ERRORS) return;
    if (typeof one === 'string') {
      const message = faultOf(one);
      if (message !== undefined) faults.push({ pointer: pointer(root, path), message });
    } else if (Array.isArray(one)) {
      for (const [at, item] of one.entries()) look(item, [...path, String(at)]);
    } else if (typeof one === 'object' && one !== null) {
      for (const [name, item] of Object.entries(one)) {
        // A copy of such an object would have another prototype.
        const message = name === '__proto__' ? 'no member may have this name' : faultOf(name);
        // Its name is not told back: it is what no answer could hold.
        if (message !== undefined) faults.push({ pointer: pointer(root, path), message });
        else look(item, [...path, name]);
      }
    }
  };
  look(value, []);
  return faults;
};
