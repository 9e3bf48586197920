import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROBLEM_MEDIA_TYPE } from '@roamgrid/wire';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import type { Registry } from 'prom-client';
import type { Logger } from '../log/logger.ts';
import { createMetrics } from '../metrics/metrics.ts';
import type { KitCode, ProblemCatalogue } from '../problem/catalogue.ts';
import { kitError } from '../problem/service-error.ts';
import { isExpected, toProblem } from '../problem/to-problem.ts';
import { madeForAll } from './costly.ts';
import { limitRate, type RateLimit } from './limit-rate.ts';
import { mountRoute, type RequestLocals } from './mount-route.ts';
import { openApiDocument } from './openapi.ts';
import { checkTransport, createHttpServer, type ListenOptions, type TlsOptions } from './server.ts';
import type { Route } from './route.ts';

/** One condition of readiness; not ready while any is not ok, but for those that are told for information. */
export interface ReadyCheck {
  readonly name: string;
  readonly ok: boolean;
  /** The service does its work without it, if less well. */
  readonly isAdvisory?: true;
  readonly detail?: string;
}

export interface ServiceOptions<Code extends string> {
  readonly name: string;
  readonly version: string;
  readonly logger: Logger;
  /** The total map of the service's error codes; see `withKitProblems`. */
  readonly problems: ProblemCatalogue<Code | KitCode>;
  readonly routes?: readonly Route[];
  readonly ready?: () => Promise<readonly ReadyCheck[]>;
  /** Of all requests of one client together. */
  readonly rateLimit?: RateLimit;
  /** Addresses or ranges of the own proxies: what they say of a client's address is believed. Of nobody by default. */
  readonly trustedProxies?: readonly string[];
  readonly tls?: TlsOptions;
  readonly helmet?: HelmetOptions;
  readonly processMetrics?: boolean;
}

export interface Service {
  /** For what is not a route: an OpenID provider, pages. Mount before `listen`. */
  readonly app: Express;
  readonly registry: Registry;
  addRoutes(routes: readonly Route[]): void;
  /** Origin of the service, such as `http://localhost:4010`. Port 0 takes a free one. */
  listen(options?: ListenOptions): Promise<string>;
  /** Origin once it listens. */
  readonly url: string | undefined;
  /** Takes no new requests, ends those that run, and cuts what is left after `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_RATE = { windowMs: 60_000, requests: 6_000 };
/** Of what costs much and is asked seldom. */
const COSTLY_RATE = { windowMs: 60_000, requests: 240 };
const REQUEST_ID = /^[\w.-]{8,64}$/;

/** For what is away for a moment; repeated sooner, it would only be asked in vain. */
const RETRY_AFTER_S = '2';
/** Whoever asks whether a service is ready waits no longer, whatever is wrong with it. */
const READY_MS = 4_000;

const readyWithin = async (
  limitMs: number,
  ready: ServiceOptions<never>['ready'],
): Promise<readonly ReadyCheck[]> => {
  const fault = (detail: string): ReadyCheck[] => [{ name: 'checks', ok: false, detail }];
  const late = sleep(limitMs, fault(`no answer within ${limitMs} ms`), { ref: false });
  return Promise.race([Promise.resolve(ready?.() ?? []), late]).catch(() => fault('a check failed'));
};

const portTaken = (name: string, port: number, cause: Error): Error =>
  new Error(
    `PORT_TAKEN: another program listens at port ${port} of ${name}: end it, or give ${name} another port`,
    {
      cause,
    },
  );

/** An Express application with the edge that every service shares. */
export const createService = <Code extends string>(options: ServiceOptions<Code>): Service => {
  const { name, version, logger, problems } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...(options.trustedProxies ?? [])]);
  const metrics = createMetrics(name, options.processMetrics ?? false);
  const routes: Route[] = [];

  app.use((request: Request, response: Response, next: NextFunction) => {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
    const locals = response.locals as RequestLocals;
    locals.requestId = requestId;
    locals.log = logger.child({ requestId });
    response.setHeader('x-request-id', requestId);
    const startedMs = performance.now();
    response.on('finish', () => {
      locals.log.debug({
        method: request.method,
        route: locals.route ?? 'none',
        status: response.statusCode,
        tookMs: Math.round((performance.now() - startedMs) * 10) / 10,
      });
    });
    next();
  });
  app.use((request: Request, _response: Response, next: NextFunction) => {
    const isWithoutHost = request.headers.host === undefined && request.httpVersion === '1.1';
    next(isWithoutHost ? kitError('INVALID_REQUEST', 'the header Host is missing') : undefined);
  });
  app.use(helmet(options.helmet));
  const checksNow = madeForAll(() => readyWithin(READY_MS, options.ready));
  const metricsNow = madeForAll(() => metrics.registry.metrics());
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', async (_request, response) => {
    const checks = await checksNow();
    const ok = checks.every((check) => check.ok || check.isAdvisory === true);
    response.status(ok ? 200 : 503).json({ status: ok ? 'ready' : 'not-ready', checks });
  });
  const rate = options.rateLimit ?? DEFAULT_RATE;
  app.use(limitRate(rate));
  app.use(['/metrics', '/openapi.json'], limitRate(rate === 'off' ? rate : COSTLY_RATE));
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metricsNow());
  });
  let document: string | undefined;
  app.get('/openapi.json', (_request, response) => {
    document ??= JSON.stringify(openApiDocument({ title: name, version }, routes));
    response.type('application/json').send(document);
  });

  const addRoutes = (more: readonly Route[]): void => {
    document = undefined;
    for (const one of more) {
      routes.push(one);
      mountRoute(app, one, metrics);
    }
  };
  addRoutes(options.routes ?? []);

  /** Last, so that whatever was mounted meanwhile comes before. */
  const mountEnd = (): void => {
    app.use((request: Request, _response: Response, next: NextFunction) => {
      next(kitError('ROUTE_NOT_FOUND', `nothing answers ${request.method} here`));
    });
    app.use((thrown: unknown, _request: Request, response: Response, next: NextFunction) => {
      const locals = response.locals as RequestLocals;
      if (!isExpected(thrown)) locals.log.error({ err: thrown }, 'unforeseen failure');
      if (response.headersSent) {
        next(thrown);
        return;
      }
      const body = toProblem(thrown, problems, locals.requestId);
      if (isExpected(thrown)) {
        // Nobody unknown can make the service write what it did not check.
        const cause = thrown instanceof Error && body.status !== 401 ? thrown.cause : undefined;
        const refused = { code: body.code, detail: body.detail, ...(cause === undefined ? {} : { cause }) };
        locals.log.info(refused, 'refused');
      }
      if (body.status === 401) response.setHeader('www-authenticate', 'Bearer');
      if (body.status === 503) response.setHeader('retry-after', RETRY_AFTER_S);
      response.status(body.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(body));
    });
  };

  const server = createHttpServer(app, options.tls);
  let url: string | undefined;
  return {
    app,
    registry: metrics.registry,
    addRoutes,
    get url() {
      return url;
    },
    async listen({ port = 0, host = '127.0.0.1', publicHost = 'localhost', insecurePlainHttp = false } = {}) {
      checkTransport(name, host, options.tls !== undefined, insecurePlainHttp);
      mountEnd();
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          reject(error.code === 'EADDRINUSE' ? portTaken(name, port, error) : error);
        });
        server.listen(port, host, resolve);
      });
      const address = server.address() as AddressInfo;
      url = `${options.tls === undefined ? 'http' : 'https'}://${publicHost}:${address.port}`;
      return url;
    },
    async close(graceMs = 5_000) {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      // A kept-alive connection that ends its request meanwhile would hold the server open.
      const idle = setInterval(() => {
        server.closeIdleConnections();
      }, 20);
      const cut = setTimeout(() => {
        server.closeAllConnections();
      }, graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(cut);
    },
  };
};
