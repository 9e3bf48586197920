import type { Problem } from '@roamgrid/wire';
import type { ProblemCatalogue, KitCode, ProblemKind } from './catalogue.ts';
import { kitError, ServiceError } from './service-error.ts';

/** Errors of the body parser carry a `type`. Spec: npm body-parser, "Errors". */
const parserError = (thrown: Error): ServiceError | undefined => {
  if (!('type' in thrown) || !('status' in thrown)) return undefined;
  switch (thrown.type) {
    case 'entity.too.large':
      return kitError('PAYLOAD_TOO_LARGE', 'the request body is larger than this route takes');
    case 'entity.parse.failed':
    case 'request.size.invalid':
    case 'request.aborted':
      return kitError('INVALID_REQUEST', 'the request body is not JSON');
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return kitError('UNSUPPORTED_MEDIA_TYPE', 'the request body must be JSON in UTF-8');
    default:
      return undefined;
  }
};

/** True for what the service foresaw; anything else is a fault to be logged with its stack. */
export const isExpected = (thrown: unknown): boolean =>
  thrown instanceof ServiceError || (thrown instanceof Error && parserError(thrown) !== undefined);

/**
 * What the edge answers to anything thrown. An unforeseen failure, or a code that the catalogue lacks, shows nothing
 * of itself: its text may hold what the caller must not see.
 */
export const toProblem = (
  thrown: unknown,
  catalogue: ProblemCatalogue<KitCode>,
  requestId: string,
): Problem => {
  const error: ServiceError | undefined =
    thrown instanceof ServiceError ? thrown : thrown instanceof Error ? parserError(thrown) : undefined;
  const kinds: Readonly<Record<string, ProblemKind>> = catalogue;
  const kind = error === undefined ? undefined : kinds[error.code];
  if (error === undefined || kind === undefined) {
    const { status, title, remedy } = catalogue.INTERNAL;
    return {
      type: 'about:blank',
      title,
      status,
      code: 'INTERNAL',
      detail: 'an unforeseen failure, logged under this request id',
      ...(remedy === undefined ? {} : { remedy }),
      requestId,
    };
  }
  const remedy = error.remedy ?? kind.remedy;
  return {
    type: 'about:blank',
    title: kind.title,
    status: kind.status,
    code: error.code,
    detail: error.message,
    ...(remedy === undefined ? {} : { remedy }),
    ...(error.errors === undefined ? {} : { errors: [...error.errors] }),
    requestId,
  };
};
