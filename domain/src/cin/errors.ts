import type { DomainError } from '../result/index.ts';

/** What would make a refused CIN right; positions count from 1, without separators. */
export type CinHint =
  | { readonly kind: 'adjacent-swap'; readonly position: number }
  | { readonly kind: 'look-alike'; readonly position: number; readonly read: string; readonly meant: string };

interface AtPosition {
  /** From 1, counted without separators. */
  readonly position: number;
  readonly character: string;
  readonly hints: readonly CinHint[];
}

export interface CinLengthError extends DomainError<'CIN_LENGTH'> {
  readonly length: number;
}
export interface CinCharacterError extends DomainError<'CIN_CHARACTER'>, AtPosition {}
export interface CinConstantError extends DomainError<'CIN_CONSTANT'>, AtPosition {}
export interface CinServiceError extends DomainError<'CIN_SERVICE'>, AtPosition {}
export interface CinCheckError extends DomainError<'CIN_CHECK'>, AtPosition {
  /** The character that would belong to the fourteen before it. */
  readonly expected: string;
}

/** Everything that can be wrong with a CIN. */
export type CinError =
  CinLengthError | CinCharacterError | CinConstantError | CinServiceError | CinCheckError;

export interface AliasLengthError extends DomainError<'ALIAS_LENGTH'> {
  readonly length: number;
}
export interface AliasCharacterError extends DomainError<'ALIAS_CHARACTER'> {
  readonly position: number;
  readonly character: string;
}

/** Everything that can be wrong with a keypad alias. */
export type AliasError =
  AliasLengthError | AliasCharacterError | DomainError<'ALIAS_CHECK' | 'ALIAS_ISSUER' | 'ALIAS_SERVICE'>;

/** A right CIN that a keypad alias cannot carry. */
export type NoAliasError = DomainError<'CIN_HAS_NO_ALIAS'>;
