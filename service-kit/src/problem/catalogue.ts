/** How one error code looks at the HTTP edge. */
export interface ProblemKind {
  /** HTTP status, 400–599. */
  readonly status: number;
  /** What went wrong in general; the same for each occurrence. Spec: RFC 9457 §3.1.3. */
  readonly title: string;
  /** What the caller can do, unless the occurrence knows better. */
  readonly remedy?: string;
}

/** What every service may answer, whatever it is about. */
export const kitProblems = {
  INVALID_REQUEST: { status: 400, title: 'The request does not match its schema' },
  UNAUTHENTICATED: { status: 401, title: 'The caller did not prove who it is' },
  FORBIDDEN: { status: 403, title: 'The caller may not do this' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is nothing at this address', remedy: 'See /openapi.json.' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The request body must be application/json' },
  RATE_LIMITED: { status: 429, title: 'Too many requests', remedy: 'Wait as Retry-After says, then repeat.' },
  INTERNAL: {
    status: 500,
    title: 'The service failed',
    remedy: 'Repeat later; if it stays, report the request id.',
  },
  UNAVAILABLE: { status: 503, title: 'The service cannot answer now', remedy: 'Repeat later.' },
} as const satisfies Record<string, ProblemKind>;

export type KitCode = keyof typeof kitProblems;

/** The total map from a service's codes to what the edge answers; a code without an entry does not compile. */
export type ProblemCatalogue<Code extends string> = Readonly<Record<Code, ProblemKind>>;

/** A service's own codes joined with those of every service. */
export const withKitProblems = <Code extends string>(
  own: ProblemCatalogue<Code>,
): ProblemCatalogue<Code | KitCode> => ({ ...own, ...kitProblems });
