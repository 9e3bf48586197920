import type { z } from 'zod';
import { kitError, type PointedError, type ServiceError } from './service-error.ts';

const MAX_ERRORS = 20;
/** A name that nobody knows may be as long as the request. */
const MAX_TEXT = 500;

const short = (text: string): string =>
  text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT).replace(/\p{Surrogate}$/u, '')}…`;

/** Spec: RFC 6901 §3 escapes. */
export const pointer = (root: string, path: readonly PropertyKey[]): string =>
  short([root, ...path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))].join('/'));

/** The faults of a value as pointers under `root` (`/body`, `/query`, `/params`). Values are not quoted back. */
export const pointedErrors = (root: string, error: z.ZodError): PointedError[] =>
  error.issues.slice(0, MAX_ERRORS).map((issue) => ({
    pointer: pointer(root, issue.path),
    message: short(issue.message),
  }));

/** A 400 that says where each fault is. */
export const invalidRequest = (errors: readonly PointedError[]): ServiceError => {
  const first = errors[0];
  return kitError(
    'INVALID_REQUEST',
    first === undefined ? 'the request is invalid' : `${first.pointer}: ${first.message}`,
    { errors, remedy: 'Send what /openapi.json describes.' },
  );
};
