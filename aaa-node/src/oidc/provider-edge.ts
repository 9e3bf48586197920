import type { EventEmitter } from 'node:events';
import { DatabaseUnavailable, type Logger } from '@roamgrid/service-kit';
import { PROBLEM_MEDIA_TYPE, type Problem } from '@roamgrid/wire';
import type { Express } from 'express';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

/** What stands around the OpenID provider, so that it answers and logs as every other part of the node. */

const FORWARDED = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded'] as const;

/** Takes away what a caller that is no trusted proxy says of itself. */
export const dropForeignForwarding = (app: Express): void => {
  const isTrusted = app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  app.use((request, _response, next) => {
    if (!isTrusted(request.socket.remoteAddress ?? '', 0)) {
      for (const name of FORWARDED) Reflect.deleteProperty(request.headers, name);
    }
    next();
  });
};

const notFound: Problem = {
  type: 'about:blank',
  title: 'There is nothing at this address',
  status: 404,
  code: 'ROUTE_NOT_FOUND',
  detail: 'the OpenID provider has nothing here',
  remedy: 'See /.well-known/openid-configuration of the issuer.',
};

/** The device pages refuse a browser without a session, and then try to save the session that it does not have. */
const isUnsavedSession = (thrown: unknown, ctx: KoaContextWithOIDC): boolean => {
  const { session } = ctx.oidc;
  if (session === undefined || !(thrown instanceof TypeError)) return false;
  return !('exp' in session && typeof session.exp === 'number') && ctx.body !== undefined;
};

/** The provider would tell its caller of a fault; that the database is away is none. Spec: RFC 6749 §4.1.2.1. */
const answerUnavailable = (ctx: KoaContextWithOIDC): void => {
  ctx.status = 503;
  ctx.set('retry-after', '2');
  ctx.body = { error: 'temporarily_unavailable', error_description: 'the database does not answer' };
};

/** Keeps the provider from answering in plain text and from writing to standard error by itself. */
export const wrapProvider = (provider: Provider, log: Logger): void => {
  const note = (thrown: unknown): void => {
    if (thrown instanceof DatabaseUnavailable)
      log.warn({ detail: thrown.message }, 'the OpenID provider cannot answer now');
    else log.error({ err: thrown }, 'the OpenID provider failed');
  };
  provider.on('server_error', (ctx, error) => {
    note(error);
    if (error instanceof DatabaseUnavailable) answerUnavailable(ctx);
  });
  // Koa's own event, which the types of the provider leave out: without a listener it prints.
  const koa: EventEmitter = provider;
  koa.on('error', note);
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    try {
      await next();
    } catch (thrown) {
      if (isUnsavedSession(thrown, ctx)) return;
      note(thrown);
      if (thrown instanceof DatabaseUnavailable) answerUnavailable(ctx);
      else {
        ctx.status = 500;
        ctx.body = { error: 'server_error', error_description: 'an unforeseen failure' };
      }
      return;
    }
    if (ctx.status === 404 && ctx.body === undefined) {
      ctx.body = notFound;
      ctx.status = notFound.status;
      ctx.type = PROBLEM_MEDIA_TYPE;
    }
  });
};
