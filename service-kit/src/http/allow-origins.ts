import type { RequestHandler } from 'express';

const HEADERS = 'authorization, content-type, dpop, x-request-id';
const MAX_AGE_S = 600;

/**
 * Lets the pages of the utility's own apps ask an API from their origins; `any` lets every page, for what stands for
 * itself whoever brings it. No cookie is involved: who asks is told by the access token alone. Spec: Fetch §3.2 (CORS
 * protocol).
 */
export const allowOrigins =
  (
    origins: readonly string[] | 'any',
    methods: readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[],
  ): RequestHandler =>
  (request, response, next) => {
    response.vary('Origin');
    const origin = request.get('origin');
    if (origin === undefined || (origins !== 'any' && !origins.includes(origin))) {
      next();
      return;
    }
    response.set('access-control-allow-origin', origin);
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response
      .set('access-control-allow-methods', methods.join(', '))
      .set('access-control-allow-headers', HEADERS)
      .set('access-control-max-age', String(MAX_AGE_S))
      .status(204)
      .end();
  };
