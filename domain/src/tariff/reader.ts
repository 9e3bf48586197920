import { decimalToRational } from './decimal-text.ts';
import { pointerTo, type Note, type NoteCode, type Problem, type ProblemCode } from './problem.ts';
import type { Rational } from './rational.ts';

/** A JSON number that kept its text, as lossless parsers give it. */
interface JsonNumber {
  readonly isLosslessNumber: true;
  readonly value: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

const isJsonNumber = (value: unknown): value is JsonNumber =>
  typeof value === 'object' &&
  value !== null &&
  (value as Partial<JsonNumber>).isLosslessNumber === true &&
  typeof (value as Partial<JsonNumber>).value === 'string';

/** True for a JSON object, not for an array, null or a number that kept its text. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isJsonNumber(value);

/**
 * Walks parsed JSON leniently: each getter returns the value or `undefined`, and what is wrong or was repaired is
 * gathered with its JSON pointer. `null` counts as absent, as in OCPI. Numbers may come as text-keeping numbers,
 * decimal strings, bigints, or plain numbers (then in their shortest text, exact up to 15 digits).
 */
export class Reader {
  readonly problems: Problem[] = [];
  readonly notes: Note[] = [];

  problem(code: ProblemCode, pointer: string, message: string): void {
    this.problems.push({ code, pointer, message });
  }

  note(code: NoteCode, message: string, pointer?: string): void {
    this.notes.push(pointer === undefined ? { code, message } : { code, message, pointer });
  }

  object(value: unknown, pointer: string): JsonObject | undefined {
    if (isJsonObject(value)) return value;
    this.problem('NOT_AN_OBJECT', pointer, `expected an object, found ${describe(value)}`);
    return undefined;
  }

  /** The elements of a list field; empty when absent. */
  list(from: JsonObject, key: string, base: string): readonly unknown[] {
    const value = from[key];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value as readonly unknown[];
    this.problem('TYPE_WRONG', pointerTo(base, key), `expected a list, found ${describe(value)}`);
    return [];
  }

  string(from: JsonObject, key: string, base: string): string | undefined {
    const value = from[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    this.problem('TYPE_WRONG', pointerTo(base, key), `expected a string, found ${describe(value)}`);
    return undefined;
  }

  /** A decimal number, exact. */
  decimal(from: JsonObject, key: string, base: string): Rational | undefined {
    const value = from[key];
    if (value === undefined || value === null) return undefined;
    const pointer = pointerTo(base, key);
    const text = this.#numberText(value, pointer);
    if (text === undefined) return undefined;
    const parsed = decimalToRational(text);
    if (parsed === undefined)
      this.problem('NUMBER_INVALID', pointer, `${JSON.stringify(text)} is not a number`);
    return parsed;
  }

  /** A whole number that is not negative; `1.0` counts as whole. */
  count(from: JsonObject, key: string, base: string): bigint | undefined {
    const value = this.decimal(from, key, base);
    if (value === undefined) return undefined;
    if (value.n >= 0n && value.n % value.d === 0n) return value.n / value.d;
    this.problem('VALUE_OUT_OF_RANGE', pointerTo(base, key), 'expected a whole number of at least 0');
    return undefined;
  }

  /** One of a closed set of words, whatever its case. */
  word<T extends string>(value: unknown, pointer: string, known: readonly T[]): T | undefined {
    if (typeof value !== 'string') {
      this.problem('TYPE_WRONG', pointer, `expected a string, found ${describe(value)}`);
      return undefined;
    }
    const found = known.find((candidate) => candidate === value.toUpperCase());
    if (found === undefined) {
      this.problem('ENUM_UNKNOWN', pointer, `${JSON.stringify(value)} is not one of ${known.join(', ')}`);
    } else if (found !== value) this.note('CASE_REPAIRED', `read ${value} as ${found}`, pointer);
    return found;
  }

  missing(pointer: string): void {
    this.problem('FIELD_MISSING', pointer, 'this field is required');
  }

  #numberText(value: unknown, pointer: string): string | undefined {
    if (isJsonNumber(value)) return value.value;
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    if (typeof value === 'string') {
      this.note('NUMBER_AS_STRING', 'a number written as a string', pointer);
      return value.trim();
    }
    this.problem('TYPE_WRONG', pointer, `expected a number, found ${describe(value)}`);
    return undefined;
  }
}

const describe = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (isJsonNumber(value)) return 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};
