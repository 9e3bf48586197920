import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  auditedAgreementPage,
  auditedBatchPage,
  auditedCertificatePage,
  auditedDemandPage,
  auditedInvoicePage,
  auditedLanePage,
  auditedNettingPage,
  auditedSessionPage,
  auditedSocPage,
  auditedStationPage,
  auditedTariffPage,
  auditedTransactionPage,
  auditedUnmatchedPage,
  auditedUtilityPage,
  gapReport,
  sessionEvidence,
  sessionId as sessionIdSchema,
  type AssertionClaims,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { evidenceOf } from './evidence.ts';
import { gapFilter, readGaps } from './gaps.ts';
import { disputeLists } from './dispute-lists.ts';
import { bookingLists } from './booking-lists.ts';
import { houseLists } from './house-lists.ts';
import { certificateFilter, listCertificates } from './certificate-lists.ts';
import { batchFilter, invoiceFilter, listBatches, listInvoices, listTariffs, tariffFilter } from './lists.ts';
import {
  demandFilter,
  listDemand,
  listSoc,
  listTransactions,
  socFilter,
  transactionFilter,
} from './reading-lists.ts';
import { listNettings, listUnmatched, nettingFilter, unmatchedFilter } from './netting-lists.ts';
import { laneFilter, listLanes, listSessions, sessionFilter } from './session-lists.ts';

export interface AuditorContext {
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
  /** Roles auditor and operator. */
  readonly auth: Auth<AssertionClaims>;
}

const registryLists = ({ registry, auth }: AuditorContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/auditor/v1/utilities',
    summary: 'Who takes part',
    auth,
    answers: { 200: auditedUtilityPage },
    handler: () =>
      Promise.resolve(reply(200, { items: [...registry.utilities()], asOfBlock: registry.asOfBlock })),
  }),
  route({
    method: 'get',
    path: '/auditor/v1/stations',
    summary: 'Registered stations with their outlets and meters',
    auth,
    answers: { 200: auditedStationPage },
    handler: () =>
      Promise.resolve(reply(200, { items: [...registry.stations()], asOfBlock: registry.asOfBlock })),
  }),
  route({
    method: 'get',
    path: '/auditor/v1/agreements',
    summary: 'Bilateral agreements; their terms are private to the parties',
    auth,
    answers: { 200: auditedAgreementPage },
    handler: () =>
      Promise.resolve(reply(200, { items: [...registry.agreements()], asOfBlock: registry.asOfBlock })),
  }),
];

const recordLists = ({ db, registry, auth }: AuditorContext): readonly Route[] => {
  const asOf = () => ({ asOfBlock: registry.asOfBlock });
  return [
    route({
      method: 'get',
      path: '/auditor/v1/sessions',
      summary: 'Sessions on the ledger with their states, in the order in which they opened',
      auth,
      query: sessionFilter,
      answers: { 200: auditedSessionPage },
      handler: async ({ query }) => reply(200, { ...(await listSessions(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/lanes',
      summary: 'Lanes of sessions, and what became of the numbers that each opened',
      auth,
      query: laneFilter,
      answers: { 200: auditedLanePage },
      handler: async ({ query }) => reply(200, { ...(await listLanes(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/tariffs',
      summary: 'Published tariff versions, and the agreements under which each is bound',
      auth,
      query: tariffFilter,
      answers: { 200: auditedTariffPage },
      handler: async ({ query }) => reply(200, { ...(await listTariffs(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/certificates',
      summary: 'Certificates of generation, and whose each Wh is or for what it was used up',
      auth,
      query: certificateFilter,
      answers: { 200: auditedCertificatePage },
      handler: async ({ query }) => reply(200, { ...(await listCertificates(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/batches',
      summary: 'Batches of CDRs with their Merkle roots',
      auth,
      query: batchFilter,
      answers: { 200: auditedBatchPage },
      handler: async ({ query }) => reply(200, { ...(await listBatches(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/invoices',
      summary: 'Invoices between utilities',
      auth,
      query: invoiceFilter,
      answers: { 200: auditedInvoicePage },
      handler: async ({ query }) => reply(200, { ...(await listInvoices(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/nettings',
      summary: 'Net positions and their payments',
      auth,
      query: nettingFilter,
      answers: { 200: auditedNettingPage },
      handler: async ({ query }) => reply(200, { ...(await listNettings(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/unmatched',
      summary: 'Money that came and is of no payment',
      auth,
      query: unmatchedFilter,
      answers: { 200: auditedUnmatchedPage },
      handler: async ({ query }) => reply(200, { ...(await listUnmatched(db, query)), ...asOf() }),
    }),
  ];
};

const readingLists = ({ db, registry, auth }: AuditorContext): readonly Route[] => {
  const asOf = () => ({ asOfBlock: registry.asOfBlock });
  return [
    route({
      method: 'get',
      path: '/auditor/v1/demand',
      summary: 'Grid demand of an area',
      auth,
      query: demandFilter,
      answers: { 200: auditedDemandPage },
      handler: async ({ query }) => reply(200, { ...(await listDemand(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/soc',
      summary: 'State of charge during a session, to whom its parties’ bodies are known',
      auth,
      query: socFilter,
      answers: { 200: auditedSocPage },
      handler: async ({ query }) => reply(200, { ...(await listSoc(db, query)), ...asOf() }),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/transactions',
      summary: 'Transactions with their validity, in the order of the chain',
      auth,
      query: transactionFilter,
      answers: { 200: auditedTransactionPage },
      handler: async ({ query }) => reply(200, { ...(await listTransactions(db, query)), ...asOf() }),
    }),
  ];
};

/** What an auditor asks: lists, the evidence of one session, and what is missing. */
export const auditorRoutes = (context: AuditorContext): readonly Route[] => {
  const { db, registry, auth } = context;
  return [
    ...registryLists(context),
    ...recordLists(context),
    ...disputeLists(context),
    ...bookingLists(context),
    ...houseLists(context),
    ...readingLists(context),
    route({
      method: 'get',
      path: '/auditor/v1/sessions/{sessionId}',
      summary: 'Everything to verify one session offline',
      auth,
      params: z.strictObject({ sessionId: sessionIdSchema }),
      answers: { 200: sessionEvidence },
      problems: ['RECORD_NOT_FOUND'],
      handler: async ({ params }) => reply(200, await evidenceOf(db, params.sessionId)),
    }),
    route({
      method: 'get',
      path: '/auditor/v1/gaps',
      summary: 'Numbers that are missing in the CDRs of a lane, and numbers that have not ended',
      auth,
      query: gapFilter,
      answers: { 200: gapReport },
      handler: async ({ query }) => reply(200, await readGaps(db, registry, query)),
    }),
  ];
};
