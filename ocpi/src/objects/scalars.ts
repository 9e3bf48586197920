import { parseDateTimeMs } from '@roamgrid/domain';
import { isExactNumber, type ExactNumber } from '@roamgrid/wire';
import { z } from 'zod';

/** The versions of OCPI that the door speaks, the newest first. */
export const VERSIONS = ['2.3.0', '2.2.1'] as const;
export type OcpiDoorVersion = (typeof VERSIONS)[number];

const printable = /^[\x20-\x7e]*$/;

/** Spec: OCPI 2.2.1 types §4.1 CiString: printable ASCII, compared without case. */
export const ciString = (longest: number) =>
  z.string().max(longest).regex(printable, 'printable ASCII only').min(1);

/** Spec: OCPI 2.2.1 types §15 string: any printable UTF-8. */
export const text = (longest: number) => z.string().max(longest);

/** Spec: OCPI 2.2.1 types §11 number. Kept in the digits that it came in. */
export type OcpiNumber = ExactNumber;
const numberUpTo = (most: number) =>
  z.custom<OcpiNumber>(
    (value) => isExactNumber(value) && Math.abs(Number(value.value)) <= most,
    `a number is needed, of at most ${most}`,
  );

/** In millionths it fits into 64 bits. */
export const number = numberUpTo(1e12);
/** Kilowatt-hours, and what else a period measures: more than anything charges in its life. */
export const quantity = numberUpTo(1e9);

/** A number of the given digits. */
export const numberOf = (digits: string): OcpiNumber => ({ isLosslessNumber: true, value: digits });

const whole = /^-?\d{1,15}(?:\.0+)?$/;

/** Spec: OCPI 2.2.1 types: int. */
export const int = z.custom<OcpiNumber>(
  (value) => isExactNumber(value) && whole.test(value.value),
  'a whole number is needed',
);

export const intOf = ({ value }: OcpiNumber): number => Number(value);

/** Spec: OCPI 2.2.1 types §8.1 DateTime: UTC, with or without Z and fractions of seconds. */
export const dateTime = z
  .string()
  .max(40)
  .refine((value) => parseDateTimeMs(value) !== undefined, 'a time like 2025-06-30T21:59:59Z is needed');

/** Of a time that was checked. */
export const timeMs = (checked: string): number => parseDateTimeMs(checked) ?? Number.NaN;
export const dateTimeOf = (ms: number): string => new Date(ms).toISOString();

/** Spec: OCPI 2.2.1 types §17 URL. */
export const url = z.url().max(255);

/** `?` of the specification's tables; null is the same as nothing. */
export const maybe = <S extends z.ZodType>(schema: S) => schema.nullish();
/** `*` of the specification's tables. */
export const some = <S extends z.ZodType>(schema: S) => z.array(schema).nullish();
/** `+` of the specification's tables. */
export const many = <S extends z.ZodType>(schema: S) => z.array(schema).min(1);

const openWord = z.string().min(1).max(100);

/** Spec: OCPI 2.3.0 types OpenEnum: closed in 2.2.1, later any word. */
export const openEnum = (version: OcpiDoorVersion, words: string): z.ZodType<string> =>
  version === '2.2.1' ? closedEnum(words) : openWord;

export const closedEnum = (words: string): z.ZodType<string> => {
  const known = new Set(words.split(/\s+/));
  return z.string().refine((word) => known.has(word), { error: `one of ${[...known].join(', ')} is needed` });
};

/** What two ids have in common when they are the same. Spec: CiString. */
export const idKey = (id: string): string => id.toUpperCase();
export const isSameId = (a: string, b: string): boolean => idKey(a) === idKey(b);
