import { err, ok, type DomainError, type Result } from '../result/index.ts';

declare const idBrand: unique symbol;

/** Text that the checker of `Name` let through; nothing else can make one. */
export type Id<Name extends string> = string & { readonly [idBrand]: Name };

export interface IdError extends DomainError<'ID_INVALID'> {
  /** Which id was asked for, such as `UtilityId`. */
  readonly id: string;
}

/** A checked id: its pattern for schemas, its expectation for people, and the only two ways to make one. */
export interface IdType<Name extends string> {
  readonly idName: Name;
  readonly pattern: RegExp;
  /** What a right value looks like, as the end of a sentence. */
  readonly expects: string;
  parse(text: string): Result<Id<Name>, IdError>;
  is(text: string): text is Id<Name>;
}

/** The id that an {@link IdType} makes: `type UtilityId = IdOf<typeof UtilityId>`. */
export type IdOf<T> = T extends IdType<infer Name> ? Id<Name> : never;

/** So much of a refused text is quoted back: a bound on messages, not on ids. */
const MAX_QUOTED = 48;

const quote = (text: string): string =>
  JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);

/** Defines a branded id by a pattern that is anchored at both ends and not stateful. */
export const defineId = <const Name extends string>(
  idName: Name,
  pattern: RegExp,
  expects: string,
): IdType<Name> => {
  if (!pattern.source.startsWith('^') || !pattern.source.endsWith('$') || /[gym]/.test(pattern.flags)) {
    throw new Error(
      `defineId ${idName}: the pattern must be anchored at both ends and carry no g, y or m flag`,
    );
  }
  const is = (text: string): text is Id<Name> => pattern.test(text);
  const parse = (text: string): Result<Id<Name>, IdError> =>
    is(text)
      ? ok(text)
      : err({
          code: 'ID_INVALID',
          id: idName,
          message: `${quote(text)} is not a ${idName}: give ${expects}`,
        });
  return { idName, pattern, expects, parse, is };
};
