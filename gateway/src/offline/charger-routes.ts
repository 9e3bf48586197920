import { signTimeWord } from '@roamgrid/offline';
import { kitError, publicAuth, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  carriedAnswer,
  carriedRecords,
  carriedWords,
  chargerCertificate,
  chargerCertificateRequest,
  evseId,
  keptRecord,
  keptRecords,
  timeAnswer,
  timeQuestion,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../problems.ts';
import { certifyCharger, isCertified, stationOf, type CertifyContext } from './certify.ts';
import { receiptOf, takeRecords, type IntakeContext } from './intake.ts';
import { keptRecordsOf } from './kept-records.ts';
import { placesRoute } from './charger-places.ts';
import { chargerMembers } from './members.ts';
import { wordsFor } from './words/for-outlet.ts';
import { wordRoutes, type WordRouteContext } from './words/routes.ts';

export interface ChargerRouteContext
  extends CertifyContext, IntakeContext, Pick<WordRouteContext, 'firmware'> {
  readonly auth: {
    readonly operator: Auth<AssertionClaims>;
    readonly station: Auth<AssertionClaims>;
  };
}

const MS_PER_S = 1_000;
const CARRIED_BYTES = 400 * 1024;
const ofOutlet = z.strictObject({ evseId });

/** Who vouches for a charger: an operator, or the station that it is part of, which the ledger knows. */
const certifyRoutes = (context: ChargerRouteContext): readonly Route[] => {
  const common = {
    method: 'put',
    params: ofOutlet,
    body: chargerCertificateRequest,
    answers: { 200: chargerCertificate },
    problems: ['OFFLINE_OUTLET_UNKNOWN', 'OFFLINE_CHARGER_KEY_TAKEN', 'OFFLINE_KEY_UNREGISTERED'],
  } as const;
  return [
    route({
      ...common,
      path: '/operator/v1/offline/chargers/{evseId}/certificate',
      summary: 'Vouch for the key of a charger that hears of nobody, and say what it is set up with',
      auth: context.auth.operator,
      handler: async ({ params, body }) => reply(200, await certifyCharger(context, params.evseId, body.key)),
    }),
    route({
      ...common,
      path: '/station/v1/offline/chargers/{evseId}/certificate',
      summary: 'The same for an outlet of the station that asks',
      auth: context.auth.station,
      handler: async ({ principal, params, body }) => {
        if (stationOf(context, params.evseId)?.stationId !== principal.iss)
          throw kitError('FORBIDDEN', `${params.evseId} is no outlet of this station`);
        return reply(200, await certifyCharger(context, params.evseId, body.key));
      },
    }),
  ];
};

/** What phones ask, whosever customers they are: they cannot sign in here, and what they bring shows by itself what it is. */
const phoneRoutes = (context: ChargerRouteContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/offline/v1/carried',
    summary: 'What a phone carries to chargers that hear of nobody, and whom it believes itself',
    auth: publicAuth,
    query: z.strictObject({ evseId: evseId.exactOptional() }),
    answers: { 200: carriedWords },
    problems: ['OFFLINE_KEY_UNREGISTERED'],
    handler: async ({ query }) => {
      const { version, bytes } = await context.issuers();
      const { evseId: outlet } = query;
      const [receipt, words] =
        outlet === undefined
          ? [undefined, {}]
          : await Promise.all([receiptOf(context, outlet), wordsFor(context, outlet)]);
      return reply(200, {
        issuers: { version, list: Buffer.from(bytes).toString('base64url') },
        members: await chargerMembers(context),
        ...(receipt !== undefined && { receipt }),
        ...words,
      });
    },
  }),
  route({
    method: 'post',
    path: '/offline/v1/records',
    summary: 'Sessions that a phone took from chargers; each is kept once, whoever brings it and how often',
    auth: publicAuth,
    body: carriedRecords,
    bodyLimitBytes: CARRIED_BYTES,
    answers: { 200: carriedAnswer },
    handler: async ({ body }) => reply(200, await takeRecords(context, body)),
  }),
  route({
    method: 'post',
    path: '/offline/v1/time',
    summary: 'What time it is, for the challenge that a charger just showed',
    auth: publicAuth,
    body: timeQuestion,
    answers: { 200: timeAnswer },
    problems: ['OFFLINE_OUTLET_UNKNOWN'],
    handler: async ({ body }) => {
      if (!(await isCertified(context.db, body.evseId)))
        throw gatewayError('OFFLINE_OUTLET_UNKNOWN', `no charger was set up at ${body.evseId}`);
      const atS = Math.floor(context.nowMs() / MS_PER_S);
      const word = await signTimeWord({ ...body, atS }, context.keys.signer);
      return reply(200, { word: Buffer.from(word).toString('base64url') });
    },
  }),
];

/** What operators see of records. */
const recordRoute = ({ db, auth }: ChargerRouteContext): Route =>
  route({
    method: 'get',
    path: '/operator/v1/offline/records',
    summary: 'Records that phones brought, by outlet and number',
    auth: auth.operator,
    query: z.strictObject({
      evseId: evseId.exactOptional(),
      state: keptRecord.shape.state.exactOptional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    answers: { 200: keptRecords },
    handler: async ({ query }) => reply(200, { records: await keptRecordsOf(db, query) }),
  });

export const chargerRoutes = (context: ChargerRouteContext): readonly Route[] => [
  ...certifyRoutes(context),
  recordRoute(context),
  ...phoneRoutes(context),
  placesRoute(context),
  ...wordRoutes(context),
];
