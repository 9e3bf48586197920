import type { RequestHandler } from 'express';

const HEADERS = 'authorization, dpop, x-request-id';
const MAX_AGE_S = 600;

/**
 * Lets the pages of the utility's own apps read the driver API from their origins. No cookie is involved: who asks is
 * told by the access token alone. Spec: Fetch §3.2 (CORS protocol).
 */
export const allowAppOrigins =
  (origins: readonly string[]): RequestHandler =>
  (request, response, next) => {
    response.vary('Origin');
    const origin = request.get('origin');
    if (origin === undefined || !origins.includes(origin)) {
      next();
      return;
    }
    response.set('access-control-allow-origin', origin);
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response
      .set('access-control-allow-methods', 'GET')
      .set('access-control-allow-headers', HEADERS)
      .set('access-control-max-age', String(MAX_AGE_S))
      .status(204)
      .end();
  };
