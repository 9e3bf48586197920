import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { kitError } from '../problem/service-error.ts';

/** Requests of one client in a window; `off` for what only the own machines reach. */
export type RateLimit = { readonly windowMs: number; readonly requests: number } | 'off';

/** Refuses what one client asks too often: an address, or behind a trusted proxy the address that it names. */
export const limitRate = (rate: RateLimit): RequestHandler =>
  rate === 'off'
    ? (_request, _response, next) => {
        next();
      }
    : rateLimit({
        windowMs: rate.windowMs,
        limit: rate.requests,
        standardHeaders: 'draft-8',
        legacyHeaders: false,
        // A client may send X-Forwarded-For; from anyone but a trusted proxy it counts for nothing.
        validate: { xForwardedForHeader: false },
        handler: (_request, _response, next) => {
          next(kitError('RATE_LIMITED', 'this client asked too often'));
        },
      });
