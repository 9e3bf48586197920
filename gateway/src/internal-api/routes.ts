import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  cdr as cdrSchema,
  cdrPage,
  invoicePage,
  invoiceRecord,
  invoiceRun,
  invoiceRunAnswer,
  issuerEntry,
  openingJudgement,
  openingQuestion,
  partyRole,
  parseSettled,
  recordId,
  settlementPeriod,
  stationEntry,
  utilityId as utilityIdSchema,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import { pageOf, paging } from '../auditor-api/page.ts';
import { profileIdIn } from '../batcher/kept-profile.ts';
import type { TellContext } from '../operator-api/tell.ts';
import { gatewayError } from '../problems.ts';
import { disputeRoutes } from './dispute-routes.ts';
import { gridRoutes } from './grid-routes.ts';
import { groundRoutes } from './ground-routes.ts';
import { houseRoutes } from './house-routes.ts';
import { missingRoutes } from './missing-routes.ts';
import { originRoutes } from './origin-routes.ts';
import { paymentRoutes } from './payment-routes.ts';
import { judgeForHome } from './judge.ts';
import type { RouterClient } from '../station-api/router-client.ts';
import type { Disputing } from '../clearing/disputing.ts';
import type { Invoicing } from '../clearing/invoicing.ts';

export interface InternalContext extends TellContext {
  readonly utilityId: string;
  /** Of the ledger: what is signed for another counts nothing here. */
  readonly channel: string;
  readonly invoicing: Invoicing;
  readonly disputing: Disputing;
  /** By which other utilities are told things; none without stations. */
  readonly router: Pick<RouterClient, 'takeBack'> | undefined;
  readonly nowMs: () => number;
  readonly auth: {
    /** Roles router, aaa and gateway. */
    readonly machines: Auth<AssertionClaims>;
    readonly aaa: Auth<AssertionClaims>;
  };
}

/** Cursor of the first CDR: nothing was read yet. */
const FROM_START = '0';
const cursor = z
  .string()
  .regex(/^\d{0,18}$/)
  .default(FROM_START);

const registryRoutes = ({ registry, utilityId, nowMs, auth }: InternalContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/registry/issuers/{prefix}',
    summary: 'The utility that issues CINs with a prefix, and the agreement with it',
    auth: auth.machines,
    params: z.strictObject({ prefix: utilityIdSchema }),
    answers: { 200: issuerEntry },
    problems: ['ISSUER_NOT_FOUND'],
    handler: ({ params }) => {
      const utility = registry.utility(params.prefix);
      if (utility === undefined)
        throw gatewayError('ISSUER_NOT_FOUND', `nobody issues CINs of ${params.prefix}`);
      const agreement = registry.activeAgreement(utilityId, params.prefix, nowMs());
      return Promise.resolve(
        reply(200, {
          utility,
          ...(agreement === undefined ? {} : { agreement: agreement.record, terms: agreement.terms }),
          asOfBlock: registry.asOfBlock,
        }),
      );
    },
  }),
  route({
    method: 'get',
    path: '/internal/v1/registry/stations/{stationId}',
    summary: 'A station, of this utility unless another is named',
    auth: auth.machines,
    params: z.strictObject({ stationId: recordId }),
    query: z.strictObject({ utilityId: utilityIdSchema.exactOptional() }),
    answers: { 200: stationEntry },
    problems: ['STATION_NOT_FOUND'],
    handler: ({ params, query }) => {
      const station = registry.station(query.utilityId ?? utilityId, params.stationId);
      if (station === undefined)
        throw gatewayError('STATION_NOT_FOUND', `there is no station ${params.stationId}`);
      return Promise.resolve(reply(200, { station, asOfBlock: registry.asOfBlock }));
    },
  }),
];

const accountingRoutes = (context: InternalContext): readonly Route[] => {
  const { db, utilityId, invoicing, auth } = context;
  return [
    route({
      method: 'get',
      path: '/internal/v1/cdrs',
      summary: 'Committed CDRs that concern this utility, in the order of the ledger',
      auth: auth.aaa,
      query: z.strictObject({
        role: partyRole,
        after: cursor,
        limit: z.coerce.number().int().min(1).max(500).default(200),
      }),
      answers: { 200: cdrPage },
      handler: async ({ query }) => {
        const rows = await db
          .selectFrom('cdr')
          .innerJoin('settled_session', 'settled_session.session_id', 'cdr.session_id')
          .select([
            'position',
            'cdr',
            'cin_ref',
            'authorised_by',
            'consent_by',
            'body',
            'cdr.batch_id',
            'block_number',
          ])
          .where(query.role, '=', utilityId)
          .where('position', '>', BigInt(query.after === '' ? FROM_START : query.after))
          .orderBy('position')
          .limit(query.limit)
          .execute();
        const items = rows.map((row) => {
          const { open, openText } = parseSettled(row.body);
          const { openedAtMs, authorisedBy, evidence } = open;
          return {
            cursor: row.position.toString(),
            cdr: cdrSchema.parse(row.cdr),
            cinRef: row.cin_ref,
            authorisedBy,
            consentBy: row.consent_by,
            stationId: open.quote.stationId,
            openedAtMs,
            ...(authorisedBy === 'cache' ? { profileId: profileIdIn(evidence) } : { openBody: openText }),
            ...(open.offline && {
              offline: { evseId: open.quote.evseId, number: open.offline.number },
            }),
            batchId: row.batch_id,
            blockNumber: row.block_number.toString(),
          };
        });
        return reply(200, { items, cursor: items.at(-1)?.cursor ?? query.after });
      },
    }),
    route({
      method: 'get',
      path: '/internal/v1/invoices',
      summary: 'Invoices of this utility with their bodies',
      auth: auth.aaa,
      query: z.strictObject({
        role: partyRole,
        state: invoiceRecord.shape.state.exactOptional(),
        periodId: settlementPeriod.exactOptional(),
        ...paging,
      }),
      answers: { 200: invoicePage },
      handler: async ({ query: { role, limit, ...filter } }) => {
        const rows = await invoicing.list({ [role]: utilityId, ...filter, limit: limit + 1 });
        const { items, ...page } = pageOf(
          rows,
          limit,
          (row) => row,
          ({ record }) => record.invoiceId,
        );
        return reply(200, { invoices: items, ...page });
      },
    }),
    route({
      method: 'post',
      path: '/internal/v1/periods/{periodId}/invoices',
      summary: 'Invoice every home utility for what is due',
      auth: auth.aaa,
      params: z.strictObject({ periodId: settlementPeriod }),
      body: invoiceRun,
      answers: { 200: invoiceRunAnswer },
      problems: ['LEDGER_DOWN'],
      handler: async ({ params, body }) =>
        reply(200, { invoices: await invoicing.run(params.periodId, body.untilMs) }),
    }),
  ];
};

const openingRoute = (context: InternalContext): Route =>
  route({
    method: 'post',
    path: '/internal/v1/openings/judge',
    summary: 'May a session of this utility’s customer begin? Asked before energy flows',
    auth: context.auth.aaa,
    body: openingQuestion,
    answers: { 200: openingJudgement },
    handler: async ({ body }) => reply(200, await judgeForHome(context, body.openBody)),
  });

/** What the utility's own router and AAA node ask. */
export const internalRoutes = (context: InternalContext): readonly Route[] => [
  ...registryRoutes(context),
  openingRoute(context),
  ...accountingRoutes(context),
  ...disputeRoutes(context),
  ...missingRoutes(context),
  ...gridRoutes(context),
  ...houseRoutes(context),
  ...groundRoutes(context),
  ...originRoutes(context),
  ...paymentRoutes(context),
];
