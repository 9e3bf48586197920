import type { z } from 'zod';
import { kitError, type PointedError, type ServiceError } from './service-error.ts';

const MAX_ERRORS = 20;

/** Spec: RFC 6901 §3 escapes. */
const pointer = (root: string, path: readonly PropertyKey[]): string =>
  [root, ...path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))].join('/');

/** The faults of a value as pointers under `root` (`/body`, `/query`, `/params`). Values are not quoted back. */
export const pointedErrors = (root: string, error: z.ZodError): PointedError[] =>
  error.issues.slice(0, MAX_ERRORS).map((issue) => ({
    pointer: pointer(root, issue.path),
    message: issue.message,
  }));

/** A 400 that says where each fault is. */
export const invalidRequest = (root: string, error: z.ZodError): ServiceError => {
  const errors = pointedErrors(root, error);
  const first = errors[0];
  return kitError(
    'INVALID_REQUEST',
    first === undefined ? 'the request is invalid' : `${first.pointer}: ${first.message}`,
    { errors, remedy: 'Send what /openapi.json describes.' },
  );
};
