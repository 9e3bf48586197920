import { currencyCode, instantMs, type AssertionClaims } from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { stateRate } from '../crp/exchange-rates.ts';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { someMicros } from './amounts.ts';

/** `POST /operator/v1/exchange-rates`: what one unit of `from` is in `to`, by a published source. */
const statedRate = z.strictObject({
  from: currencyCode,
  to: currencyCode,
  rateMicros: someMicros,
  /** Who published it, and for when: the driver sees it beside the price. */
  source: z.string().min(1).max(120),
  validFromMs: instantMs,
  validUntilMs: instantMs,
});

export const exchangeRoutes = (db: Db, auth: Auth<AssertionClaims>): readonly Route[] => [
  route({
    method: 'post',
    path: '/operator/v1/exchange-rates',
    summary: 'State a rate of exchange, with its source, for a time',
    auth,
    body: statedRate,
    answers: { 204: null },
    problems: ['RATE_STATED'],
    handler: async ({ principal, body }) => {
      if (!(await stateRate(db, body, principal.iss)))
        throw aaaError('RATE_STATED', `another rate from ${body.from} to ${body.to} begins at that time`);
      return reply(204);
    },
  }),
];
