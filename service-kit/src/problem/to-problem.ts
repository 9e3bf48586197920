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

/** What Express and its parts refuse by themselves, such as an address with a broken escape, carries a status. */
const refusedByExpress = (thrown: Error): ServiceError | undefined => {
  if (!('status' in thrown) || typeof thrown.status !== 'number') return undefined;
  // Others put a status on what they throw, too, and mean an answer that they got.
  if (!(thrown instanceof URIError) && !('expose' in thrown && thrown.expose === true)) return undefined;
  if (thrown.status === 403 || thrown.status === 404) {
    return kitError('ROUTE_NOT_FOUND', 'nothing answers at this address');
  }
  if (thrown.status < 400 || thrown.status > 499) return undefined;
  return kitError('INVALID_REQUEST', 'the request is malformed');
};

const expected = (thrown: unknown): ServiceError | undefined => {
  if (thrown instanceof ServiceError) return thrown;
  return thrown instanceof Error ? (parserError(thrown) ?? refusedByExpress(thrown)) : undefined;
};

/** True for what the service foresaw; anything else is a fault to be logged with its stack. */
export const isExpected = (thrown: unknown): boolean => expected(thrown) !== undefined;

/** A detail may hold what a partner or the caller said; no answer needs more of it. */
const MAX_DETAIL = 2_000;

const detailOf = ({ message }: ServiceError): string =>
  message.length <= MAX_DETAIL ? message : `${message.slice(0, MAX_DETAIL)}…`;

/**
 * What the edge answers to anything thrown. An unforeseen failure, or a code that the catalogue lacks, shows nothing
 * of itself: its text may hold what the caller must not see.
 */
export const toProblem = (
  thrown: unknown,
  catalogue: ProblemCatalogue<KitCode>,
  requestId: string,
): Problem => {
  const error = expected(thrown);
  const kinds: Readonly<Record<string, ProblemKind>> = catalogue;
  const kind = error !== undefined && Object.hasOwn(kinds, error.code) ? kinds[error.code] : undefined;
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
    detail: detailOf(error),
    ...(remedy === undefined ? {} : { remedy }),
    ...(error.errors === undefined ? {} : { errors: [...error.errors] }),
    requestId,
  };
};
