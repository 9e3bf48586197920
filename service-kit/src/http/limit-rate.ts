import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { kitError } from '../problem/service-error.ts';

/** Requests of one address in a window; `off` for what only the own machines reach. */
export type RateLimit = { readonly windowMs: number; readonly requests: number } | 'off';

/** Refuses what one address asks too often. */
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
        handler: (_request, _response, next) => {
          next(kitError('RATE_LIMITED', 'this address asked too often'));
        },
      });
