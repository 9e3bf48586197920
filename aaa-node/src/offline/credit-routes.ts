import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  phoneCreditAnswer,
  phoneCreditFaults,
  phoneCreditStanding,
  phoneCreditTold,
  recordId,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { Driver } from '../driver/auth.ts';
import { place } from '../operator/place.ts';
import type { Db } from '../store/database.ts';
import type { createCreditDesk } from './credit-desk.ts';
import { latestFaults } from './credit-faults.ts';

/** As Express has it. */
export const CREDIT_PATH = '/driver/v1/offline/phones/:phoneId/credit';
/** Of one address: each may bring a hundred signatures to verify. */
export const CREDIT_RATE = { windowMs: 60_000, requests: 600 } as const;

const PATH = '/driver/v1/offline/phones/{phoneId}/credit';
const ofPhone = z.strictObject({ phoneId: recordId });
const PHONE_PROBLEMS = [
  'CUSTOMER_NOT_FOUND',
  'OFFLINE_PHONE_UNKNOWN',
  'OFFLINE_PHONE_REVOKED',
  'OFFLINE_KEY_TAKEN',
  'OFFLINE_CREDIT_FULL',
] as const;

/** Where phones tell home of their credit. */
export const creditRoutes = (
  credit: ReturnType<typeof createCreditDesk>,
  auth: Auth<Driver>,
): readonly Route[] => [
  route({
    method: 'get',
    path: PATH,
    summary: 'What home has of this phone’s credit ledger, and what the phone’s next word answers',
    auth,
    params: ofPhone,
    answers: { 200: phoneCreditStanding },
    problems: PHONE_PROBLEMS,
    handler: async ({ principal, params }) =>
      reply(200, await credit.standing(principal.sub, params.phoneId)),
  }),
  route({
    method: 'post',
    path: PATH,
    summary: 'Tell home what happened with this phone’s credit, and hear what is billed',
    auth,
    params: ofPhone,
    body: phoneCreditTold,
    answers: { 200: phoneCreditAnswer },
    problems: [
      ...PHONE_PROBLEMS,
      'OFFLINE_NOT_OFFERED',
      'OFFLINE_PHONE_COPIED',
      'OFFLINE_CREDIT_INVALID',
      'OFFLINE_CREDIT_STALE',
      'RATE_LIMITED',
    ],
    handler: async ({ principal, params, body }) =>
      reply(200, await credit.tell(principal.sub, params.phoneId, body)),
  }),
];

/** What operators see of phones that were copied, set back, or tell what cannot be. */
export const creditFaultRoutes = (db: Db, auth: Auth<AssertionClaims>): readonly Route[] => [
  route({
    method: 'get',
    path: '/operator/v1/offline/credit-faults',
    summary:
      'Phones that were copied or set back, and what may still be spent by their tokens; the latest first',
    auth,
    query: z.strictObject({
      before: place.exactOptional(),
      limit: z.coerce.number().int().min(1).max(200).default(200),
    }),
    answers: { 200: phoneCreditFaults },
    handler: async ({ query }) => reply(200, await latestFaults(db, query)),
  }),
];
