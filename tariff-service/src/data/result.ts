/** Outcome of a step whose failures are expected and typed. */
export type Result<T, E> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** A data set was refused as a whole. */
export interface DataError {
  readonly code:
    | 'EMPTY_FILE'
    | 'NO_COLUMN'
    | 'BAD_OPTION'
    | 'TOO_MANY_BAD_ROWS'
    | 'TOO_SHORT'
    | 'NO_STEP'
    | 'SEVERAL_SERIES'
    | 'MALFORMED_CSV'
    | 'WEATHER_UNIT'
    | 'WEATHER_UNREADABLE'
    | 'WEATHER_NOT_COVERING';
  /** What is wrong and what to do. */
  readonly message: string;
}

export function fail<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}
