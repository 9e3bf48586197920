import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { z } from 'zod';
import type { Logger } from '../log/logger.ts';

/** What authenticates a caller, and how the OpenAPI document names it. */
export interface Auth<Principal> {
  readonly schemeName: string;
  /** Spec: OpenAPI 3.1 Security Scheme Object. */
  readonly scheme: Readonly<Record<string, unknown>>;
  /** @throws ServiceError UNAUTHENTICATED or FORBIDDEN. */
  authenticate(request: AuthRequest): Promise<Principal>;
}

export interface AuthRequest {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  /** Path and query as asked. */
  readonly url: string;
  /** The connection that it came by, which knows the caller's certificate. */
  readonly socket?: Socket;
}

/** For a route that anyone may ask. */
export const publicAuth: Auth<undefined> = {
  schemeName: '',
  scheme: {},
  authenticate: () => Promise.resolve(undefined),
};

/** Answers by status: a schema in wire form, or null for no body. */
export type Answers = Readonly<Record<number, z.ZodType | null>>;

type AnswerOf<A extends Answers> = {
  [Status in keyof A & number]: A[Status] extends z.ZodType
    ? { readonly status: Status; readonly body: z.output<A[Status]> }
    : { readonly status: Status };
}[keyof A & number];

export interface RouteContext<Principal, Params, Query, Body> {
  readonly principal: Principal;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
  readonly log: Logger;
  /** Aborted when the caller goes away before the answer. */
  readonly signal: AbortSignal;
}

export interface RouteSpec<
  Principal,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  A extends Answers,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In OpenAPI form: `/sessions/{sessionId}`. */
  readonly path: string;
  readonly summary: string;
  readonly auth: Auth<Principal>;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Largest body, bytes. Default 256 KiB. */
  readonly bodyLimitBytes?: number;
  readonly answers: A;
  /** Codes that the route may answer besides those of every route; for the document. */
  readonly problems?: readonly string[];
  handler(
    context: RouteContext<Principal, z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<AnswerOf<A>>;
}

/** A route whose types were checked where it was written. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly auth: Auth<unknown>;
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly bodyLimitBytes: number;
  readonly answers: Answers;
  readonly problems: readonly string[];
  handler(
    context: RouteContext<unknown, unknown, unknown, unknown>,
  ): Promise<{ readonly status: number; readonly body?: unknown }>;
}

const DEFAULT_BODY_LIMIT_BYTES = 256 * 1024;

/** Defines a route; its parameters, query and body reach the handler decoded, its answer leaves encoded and checked. */
export const route = <
  Principal,
  A extends Answers,
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(
  spec: RouteSpec<Principal, Params, Query, Body, A>,
): Route => ({
  method: spec.method,
  path: spec.path,
  summary: spec.summary,
  auth: spec.auth,
  params: spec.params,
  query: spec.query,
  body: spec.body,
  bodyLimitBytes: spec.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES,
  answers: spec.answers,
  problems: spec.problems ?? [],
  // The edge decodes by the same schemas before it calls: the one place where the types are taken on trust.
  handler: (context) =>
    spec.handler(context as RouteContext<Principal, z.output<Params>, z.output<Query>, z.output<Body>>),
});

/** An answer with its status kept as a literal type. */
export function reply<const Status extends number>(status: Status): { readonly status: Status };
export function reply<const Status extends number, Body>(
  status: Status,
  body: Body,
): { readonly status: Status; readonly body: Body };
export function reply(status: number, body?: unknown): { status: number; body?: unknown } {
  return body === undefined ? { status } : { status, body };
}
