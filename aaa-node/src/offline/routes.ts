import { kitError, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  leaveNotice,
  offlineAnswer,
  offlineOffer,
  offlinePhoneName,
  offlinePhoneRequest,
  offlinePhones,
  offlineQuestion,
  offlineQuoteRequest,
  offlineTokenAnswer,
  offlineTokenRequest,
  offlineTokens,
  recordId,
  statedAsk,
  statedLeave,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { Driver } from '../driver/auth.ts';
import type { GatewayClient } from '../gateway/client.ts';
import type { Partner } from '../oidc/roaming-auth.ts';
import type { Db } from '../store/database.ts';
import { namePhone, phonesOf, registerPhone, revokePhone } from './phones.ts';
import type { createOfflineQuotes } from './quotes.ts';
import type { createOfflineTokens } from './tokens.ts';

interface OfflineRouteOptions {
  readonly db: Db;
  readonly auth: Auth<Driver>;
  /** Phones that one customer may have. */
  readonly phones: number;
  readonly quotes: ReturnType<typeof createOfflineQuotes>;
  readonly tokens: ReturnType<typeof createOfflineTokens>;
  readonly nowMs: () => number;
}

const ofPhone = z.strictObject({ phoneId: recordId });

const phoneRoutes = ({ db, auth, phones, nowMs }: OfflineRouteOptions): readonly Route[] => [
  route({
    method: 'get',
    path: '/driver/v1/offline/phones',
    summary: 'My phones that may hold tokens',
    auth,
    answers: { 200: offlinePhones },
    handler: async ({ principal }) => reply(200, { phones: await phonesOf(db, principal.sub) }),
  }),
  route({
    method: 'put',
    path: '/driver/v1/offline/phones/{phoneId}',
    summary: 'Let this phone hold tokens; its key takes the place of the one before',
    auth,
    params: ofPhone,
    body: offlinePhoneRequest,
    answers: { 204: null },
    problems: ['CUSTOMER_NOT_FOUND', 'OFFLINE_PHONES_FULL', 'OFFLINE_PHONE_REVOKED', 'OFFLINE_KEY_TAKEN'],
    handler: async ({ principal, params, body }) => {
      await registerPhone(db, principal.sub, { ...params, ...body }, phones, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'put',
    path: '/driver/v1/offline/phones/{phoneId}/label',
    summary: 'Call a phone something else',
    auth,
    params: ofPhone,
    body: offlinePhoneName,
    answers: { 204: null },
    problems: ['CUSTOMER_NOT_FOUND', 'OFFLINE_PHONE_UNKNOWN'],
    handler: async ({ principal, params, body }) => {
      await namePhone(db, principal.sub, params.phoneId, body.label);
      return reply(204);
    },
  }),
  route({
    method: 'delete',
    path: '/driver/v1/offline/phones/{phoneId}',
    summary: 'The phone is lost, or no longer used: its tokens are taken back',
    auth,
    params: ofPhone,
    answers: { 204: null },
    problems: ['CUSTOMER_NOT_FOUND', 'OFFLINE_PHONE_UNKNOWN'],
    handler: async ({ principal, params }) => {
      await revokePhone(db, principal.sub, params.phoneId, nowMs());
      return reply(204);
    },
  }),
];

/** What customers ask for charging where nobody hears of anything. */
export const driverOfflineRoutes = (options: OfflineRouteOptions): readonly Route[] => [
  ...phoneRoutes(options),
  route({
    method: 'post',
    path: '/driver/v1/offline/quotes',
    summary: 'What would charging cost in hours to come? Nothing is agreed to by asking',
    auth: options.auth,
    body: offlineQuoteRequest,
    answers: { 200: offlineOffer },
    problems: [
      'CIN_NOT_FOUND',
      'CIN_NOT_ACTIVE',
      'ISSUER_REFUSED',
      'OFFLINE_NOT_OFFERED',
      'OFFLINE_WINDOW_INVALID',
      'OFFLINE_ENERGY_TOO_MUCH',
      'OFFLINE_NO_QUOTE',
      'OFFLINE_REQUEST_REUSED',
      'RATE_NOT_STATED',
      'PARTNER_SILENT',
      'UNAVAILABLE',
    ],
    handler: async ({ principal, body }) => reply(200, await options.quotes.ask(principal.sub, body)),
  }),
  route({
    method: 'post',
    path: '/driver/v1/offline/tokens',
    summary: 'Agree to a price: money is put aside, and the phone gets a token',
    auth: options.auth,
    body: offlineTokenRequest,
    answers: { 200: offlineTokenAnswer },
    problems: [
      'CUSTOMER_NOT_FOUND',
      'CIN_NOT_FOUND',
      'CIN_NOT_ACTIVE',
      'ISSUER_REFUSED',
      'OFFLINE_NOT_OFFERED',
      'OFFLINE_QUOTE_UNKNOWN',
      'OFFLINE_QUOTE_OVER',
      'OFFLINE_PHONE_UNKNOWN',
      'OFFLINE_PHONE_REVOKED',
      'OFFLINE_CONSENT_INVALID',
      'OFFLINE_TOKENS_OPEN',
      'OFFLINE_COST_TOO_MUCH',
      'OFFLINE_GO_ONLINE',
      'OFFLINE_REQUEST_REUSED',
      'PARTNER_SILENT',
      'UNAVAILABLE',
    ],
    handler: async ({ principal, body }) => reply(200, await options.tokens.issue(principal.sub, body)),
  }),
  route({
    method: 'get',
    path: '/driver/v1/offline/tokens',
    summary: 'My tokens, the latest first, and what is left on my account',
    auth: options.auth,
    answers: { 200: offlineTokens },
    problems: ['CUSTOMER_NOT_FOUND'],
    handler: async ({ principal }) => reply(200, await options.tokens.list(principal.sub)),
  }),
];

/** What partners ask, and say, for their customers at this utility's chargers. */
export const partnerOfflineRoutes = (
  gateway: Pick<GatewayClient, 'standingQuote' | 'tellLeave'>,
  auth: Auth<Partner>,
): readonly Route[] => [
  route({
    method: 'post',
    path: '/roaming/v1/offline/quotes',
    summary: 'What does charging cost a customer of the asking utility, in hours to come?',
    auth,
    body: offlineQuestion,
    answers: { 200: offlineAnswer },
    problems: ['UNAVAILABLE', 'PARTNER_SILENT', 'OFFLINE_NO_QUOTE'],
    handler: async ({ principal, body }) => {
      if (statedAsk(body.ask)?.iss !== principal.utilityId)
        throw kitError('FORBIDDEN', 'the ask is not of the utility that asks');
      return reply(200, await gateway.standingQuote(body.ask));
    },
  }),
  route({
    method: 'post',
    path: '/roaming/v1/offline/leaves',
    summary: 'What the asking utility signed beside a token for this one’s chargers',
    auth,
    body: leaveNotice,
    answers: { 204: null },
    problems: ['PARTNER_SILENT'],
    handler: async ({ principal, body }) => {
      const stated = statedLeave(body.leave);
      if (stated?.iss !== principal.utilityId)
        throw kitError('FORBIDDEN', 'the leave is not of the utility that asks');
      await gateway.tellLeave(body.leave);
      return reply(204);
    },
  }),
];
