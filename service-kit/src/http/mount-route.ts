import { json, type Express, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import type { Logger } from '../log/logger.ts';
import type { ServiceMetrics } from '../metrics/metrics.ts';
import { kitError } from '../problem/service-error.ts';
import { invalidRequest, pointedErrors } from '../problem/zod-errors.ts';
import { checkDepth, textFaults } from './plain-json.ts';
import type { Route } from './route.ts';

/** What the request-id middleware leaves for those after it. */
export interface RequestLocals {
  requestId: string;
  log: Logger;
  /** Path of the route that answers, for metrics; never the address asked, which may hold ids. */
  route?: string;
}

const decodePart = (schema: z.ZodType | undefined, root: string, value: unknown): unknown => {
  if (schema === undefined) return undefined;
  const faults = textFaults(root, value);
  if (faults.length > 0) throw invalidRequest(faults);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidRequest(pointedErrors(root, parsed.error));
  return parsed.data;
};

const callerSignal = (response: Response): AbortSignal => {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
};

const answer = (response: Response, route: Route, status: number, body: unknown): void => {
  const schema = route.answers[status];
  if (schema === undefined) throw new Error(`${route.path} answered ${status}, which it does not declare`);
  response.status(status);
  if (schema === null) response.end();
  else response.json(schema.encode(body));
};

/** Express path of an OpenAPI path. */
const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

const methodsWithoutBody = new Set(['get', 'delete']);

export const mountRoute = (app: Express, route: Route, metrics: ServiceMetrics): void => {
  const parse: RequestHandler = json({
    limit: route.bodyLimitBytes,
    strict: true,
    type: 'application/json',
    verify: (_request, _response, bytes, charset) => {
      // In another one, brackets could hide from the check.
      if (charset !== 'utf-8') {
        throw kitError('UNSUPPORTED_MEDIA_TYPE', 'the request body must be JSON in UTF-8');
      }
      checkDepth(bytes);
    },
  });
  const handle = async (request: Request, response: Response): Promise<void> => {
    const locals = response.locals as RequestLocals;
    locals.route = route.path;
    const end = metrics.requests.startTimer({ method: route.method, route: route.path });
    response.on('finish', () => {
      end({ status: response.statusCode });
    });
    // The caller is known before its body is read: nobody unknown can make the service parse.
    const principal = await route.auth.authenticate({
      headers: request.headers,
      method: request.method,
      url: request.originalUrl,
      socket: request.socket,
    });
    if (route.body !== undefined && !methodsWithoutBody.has(route.method)) {
      await new Promise<void>((resolve, reject) => {
        void parse(request, response, (thrown?: unknown) => {
          if (thrown === undefined) resolve();
          else
            reject(thrown instanceof Error ? thrown : new Error('the body parser failed', { cause: thrown }));
        });
      });
      if (request.body === undefined) {
        throw kitError('UNSUPPORTED_MEDIA_TYPE', 'send a JSON body with content-type application/json');
      }
    }
    const { status, body } = await route.handler({
      principal,
      params: decodePart(route.params, '/params', request.params),
      query: decodePart(route.query, '/query', request.query),
      body: decodePart(route.body, '/body', request.body),
      requestId: locals.requestId,
      headers: request.headers,
      log: locals.log,
      signal: callerSignal(response),
    });
    answer(response, route, status, body);
  };
  app[route.method](expressPath(route.path), handle);
};
