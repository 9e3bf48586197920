/** An expected outcome: the value, or a typed error. Broken invariants throw instead. */
export type Result<T, E> = Ok<T> | Err<E>;

export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Err<E> {
  readonly ok: false;
  readonly error: E;
}

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });

export const err = <E>(error: E): Err<E> => ({ ok: false, error });

/** What every expected failure carries: a code of a closed union and a sentence that says what is wrong. */
export interface DomainError<Code extends string = string> {
  readonly code: Code;
  readonly message: string;
}

/** Thrown by {@link unwrap}: an expected failure where the caller had already excluded it. */
export class UnexpectedFailure extends Error {
  readonly failure: DomainError;

  constructor(failure: DomainError) {
    super(`${failure.code}: ${failure.message}`);
    this.name = 'UnexpectedFailure';
    this.failure = failure;
  }
}

/** The value, or a throw: only where the failure would be a broken invariant. */
export const unwrap = <T>(result: Result<T, DomainError>): T => {
  if (!result.ok) throw new UnexpectedFailure(result.error);
  return result.value;
};

/** Applies `f` to the value of a success and passes a failure on. */
export const mapOk = <T, U, E>(result: Result<T, E>, f: (value: T) => U): Result<U, E> =>
  result.ok ? ok(f(result.value)) : result;

/** Goes on with `f` after a success and passes a failure on. */
export const andThen = <T, U, E, F = never>(
  result: Result<T, E>,
  f: (value: T) => Result<U, F>,
): Result<U, E | F> => (result.ok ? f(result.value) : result);

/** All values in order, or the first failure. */
export const collect = <T, E>(results: Iterable<Result<T, E>>): Result<readonly T[], E> => {
  const values: T[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return ok(values);
};
