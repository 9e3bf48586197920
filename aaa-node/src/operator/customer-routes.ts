import { CIN_SERVICES, formatCin, parseCinEntry } from '@roamgrid/domain';
import {
  currencyCode,
  customerClass,
  instantMs,
  languageCode,
  loyaltyLevel,
  microsCodec,
  paymentMethod,
  recordId,
  sha256Hex,
  utilityId,
  visitorProfile,
  type AssertionClaims,
} from '@roamgrid/wire';
import { kitError, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { topUp } from '../accounting/top-up.ts';
import { createCustomer, issueCin, setCinState, setLanguage, setLoyalty } from '../hcp/customers.ts';
import { setDriverConsent } from '../hcp/devices.ts';
import { eraseCustomer } from '../hcp/erasure.ts';
import type { Db } from '../store/database.ts';
import { accountMicros, someMicros } from './amounts.ts';

export interface CustomerRouteOptions {
  readonly db: Db;
  /** Role operator. */
  readonly auth: Auth<AssertionClaims>;
  readonly utilityId: string;
  /** Whether customers can pay by token here. */
  readonly hasChain: boolean;
  readonly nowMs: () => number;
}

/** `POST /operator/v1/customers` */
export const customerRequest = z.strictObject({
  person: z.strictObject({
    name: z.string().min(1).max(200),
    email: z.email().max(200),
    login: z.string().min(3).max(100),
    password: z.string().min(12).max(200),
    /** In which stations of others speak to them, too. */
    language: languageCode.exactOptional(),
  }),
  customerClass,
  loyalty: loyaltyLevel.default('none'),
  whitelist: visitorProfile.shape.whitelist.default('ALLOWED'),
  account: z.strictObject({
    paymentMethod,
    currency: currencyCode,
    /** What a post-paid customer may owe; a prepaid one has none. */
    creditLimitMicros: accountMicros,
  }),
});
const customerAnswer = z.strictObject({ customerId: recordId, sub: z.string(), accountId: recordId });

const service = z.enum(Object.values(CIN_SERVICES));
/** `POST /operator/v1/customers/{customerId}/cins` */
export const cinRequest = z.strictObject({
  services: z.array(service).min(1).max(10).default(['charging']),
  /** Visited utilities where the contract holds; absent for all. */
  partners: z.array(utilityId).max(200).exactOptional(),
  validUntilMs: instantMs.exactOptional(),
  customerNumber: z
    .string()
    .regex(/^[A-Z0-9]{7}$/)
    .exactOptional(),
});
const cinAnswer = z.strictObject({ cin: z.string(), printed: z.string(), cinRef: sha256Hex });

const customerParams = z.object({ customerId: recordId });

/** What the utility's operators do with customers. */
export const customerRoutes = ({
  db,
  auth,
  utilityId: own,
  hasChain,
  nowMs,
}: CustomerRouteOptions): readonly Route[] => [
  route({
    method: 'post',
    path: '/operator/v1/customers',
    summary: 'Open a customer with one account',
    auth,
    body: customerRequest,
    answers: { 201: customerAnswer },
    problems: ['LOGIN_TAKEN', 'PAYMENT_METHOD_NOT_OFFERED'],
    handler: async ({ body }) => reply(201, await createCustomer(db, body, nowMs(), hasChain)),
  }),
  route({
    method: 'post',
    path: '/operator/v1/customers/{customerId}/cins',
    summary: 'Issue a further CIN',
    auth,
    params: customerParams,
    body: cinRequest,
    answers: { 201: cinAnswer },
    problems: ['CUSTOMER_NOT_FOUND', 'CIN_TAKEN'],
    handler: async ({ params, body }) => {
      const { services, partners = null, validUntilMs = null, customerNumber } = body;
      const request = {
        services,
        partners,
        validUntilMs,
        ...(customerNumber === undefined ? {} : { customerNumber }),
      };
      const { cin, cinRef } = await issueCin(db, own, params.customerId, request, nowMs());
      return reply(201, { cin, printed: formatCin(cin), cinRef });
    },
  }),
  route({
    method: 'post',
    path: '/operator/v1/cins/state',
    summary: 'Block a CIN, report it lost, or unblock it',
    auth,
    body: z.strictObject({ cin: z.string().min(1).max(64), state: z.enum(['active', 'blocked', 'lost']) }),
    answers: { 204: null },
    problems: ['CIN_NOT_FOUND'],
    handler: async ({ body }) => {
      const cin = parseCinEntry(body.cin);
      if (!cin.ok) throw kitError('INVALID_REQUEST', cin.error.message);
      await setCinState(db, cin.value, body.state, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'put',
    path: '/operator/v1/customers/{customerId}/loyalty',
    summary: 'Set the loyalty level',
    auth,
    params: customerParams,
    body: z.strictObject({ loyalty: loyaltyLevel }),
    answers: { 204: null },
    problems: ['CUSTOMER_NOT_FOUND'],
    handler: async ({ params, body }) => {
      await setLoyalty(db, params.customerId, body.loyalty, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'put',
    path: '/operator/v1/customers/{customerId}/language',
    summary: 'In which stations of others are to speak to the customer; without one they choose',
    auth,
    params: customerParams,
    body: z.strictObject({ language: languageCode.exactOptional() }),
    answers: { 204: null },
    problems: ['CUSTOMER_NOT_FOUND'],
    handler: async ({ params, body }) => {
      await setLanguage(db, params.customerId, body.language, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'put',
    path: '/operator/v1/customers/{customerId}/driver-consent',
    summary: 'Above which cap the driver’s own device must consent; without an amount, above none',
    auth,
    params: customerParams,
    body: z.strictObject({ aboveMicros: accountMicros.exactOptional() }),
    answers: { 204: null },
    problems: ['CUSTOMER_NOT_FOUND'],
    handler: async ({ params, body }) => {
      await setDriverConsent(db, params.customerId, body.aboveMicros, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'post',
    path: '/operator/v1/customers/{customerId}/top-ups',
    summary: 'Pay into a prepaid account, once for each id',
    auth,
    params: customerParams,
    body: z.strictObject({
      topUpId: recordId,
      micros: someMicros,
    }),
    answers: { 200: z.strictObject({ balanceMicros: microsCodec }) },
    problems: ['CUSTOMER_NOT_FOUND', 'NOT_PREPAID', 'TOP_UP_CONFLICT'],
    handler: async ({ params, body }) =>
      reply(200, { balanceMicros: await topUp(db, { customerId: params.customerId, ...body }, nowMs()) }),
  }),
  route({
    method: 'delete',
    path: '/operator/v1/customers/{customerId}',
    summary: 'Forget a person; accounts and chain stay whole',
    auth,
    params: customerParams,
    answers: { 204: null },
    problems: ['CUSTOMER_NOT_FOUND', 'ERASURE_PENDING'],
    handler: async ({ params }) => {
      await eraseCustomer(db, params.customerId, nowMs());
      return reply(204);
    },
  }),
];
