import type { KitCode } from './catalogue.ts';

/** One fault inside a request: where, as a JSON pointer (RFC 6901), and what. */
export interface PointedError {
  readonly pointer: string;
  readonly message: string;
}

export interface ServiceErrorDetails {
  readonly remedy?: string;
  readonly errors?: readonly PointedError[];
  /** What led here; logged, never answered. */
  readonly cause?: unknown;
}

/** An expected failure with a code of the service's closed union; the edge turns it into a problem. */
export class ServiceError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly remedy: string | undefined;
  readonly errors: readonly PointedError[] | undefined;

  constructor(code: Code, detail: string, { remedy, errors, cause }: ServiceErrorDetails = {}) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'ServiceError';
    this.code = code;
    this.remedy = remedy;
    this.errors = errors;
  }
}

/** A failure that every service knows. */
export const kitError = (
  code: KitCode,
  detail: string,
  details?: ServiceErrorDetails,
): ServiceError<KitCode> => new ServiceError(code, detail, details);
