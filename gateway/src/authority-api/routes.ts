import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { authorityRecordPage, authorityReport, type AssertionClaims } from '@roamgrid/wire';
import type { BundleGround } from '../auditor-api/bundle/bundle.ts';
import { ChainTrees } from '../auditor-api/bundle/checkpoint.ts';
import { proofRoute } from '../auditor-api/bundle/proof-route.ts';
import type { Registry } from '../registry/registry.ts';
import { recordFilter, recordPage, reportFilter, reportOf } from './records.ts';

export interface AuthorityContext extends BundleGround {
  readonly utilityId: string;
  readonly registry: Registry;
  /** Role authority, which opens nothing else. */
  readonly auth: Auth<AssertionClaims>;
}

/** What tax and energy authorities ask: sums by period and place, the records behind them, and what proves each. */
export const authorityRoutes = (context: AuthorityContext): readonly Route[] => {
  const { db, registry, utilityId, auth } = context;
  const trees = new ChainTrees(db);
  return [
    route({
      method: 'get',
      path: '/authority/v1/report',
      summary: 'Energy, money and tax by place and tariff element, of sessions that ended in a period',
      auth,
      query: reportFilter,
      answers: { 200: authorityReport },
      handler: async ({ query }) => reply(200, await reportOf(db, registry, utilityId, query)),
    }),
    route({
      method: 'get',
      path: '/authority/v1/records',
      summary: 'The charge records that a report sums up',
      auth,
      query: recordFilter,
      answers: { 200: authorityRecordPage },
      handler: async ({ query }) => reply(200, await recordPage(db, registry, query)),
    }),
    proofRoute(context, trees, {
      path: '/authority/v1/proofs/{sessionId}',
      summary: 'One record with everything that proves it under a checkpoint of so many blocks',
      auth,
    }),
  ];
};
