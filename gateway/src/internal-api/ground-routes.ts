import { reply, route, type Route } from '@roamgrid/service-kit';
import {
  agreementGround,
  chunkSpan,
  demandChunkRecord,
  demandGround,
  instantMs,
  recordId,
  tariffGround,
  type AgreementGround,
} from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { InternalContext } from './routes.ts';

type Context = Pick<InternalContext, 'db' | 'registry' | 'auth'>;

/** What a column of versions holds. */
const MAX_VERSION = 2_147_483_647;
const instant = z.coerce.number().pipe(instantMs);
const agreementParams = z.strictObject({ agreementId: recordId });

const groundOf = ({ registry }: Context, agreementId: string): AgreementGround => {
  const agreement = registry.agreement(agreementId);
  const terms = agreement && registry.terms(agreementId, agreement.version)?.terms;
  if (agreement === undefined || terms === undefined)
    throw gatewayError('RECORD_NOT_FOUND', `the terms of agreement ${agreementId} are not here`);
  return { agreement, terms };
};

/** Demand of the agreement's sources that may move the price of sessions in a span. */
const demandOf = async (context: Context, agreementId: string, span: { startMs: number; endMs: number }) => {
  const { adaptation } = groundOf(context, agreementId).terms;
  if (adaptation === undefined) return [];
  const { fromMs, untilMs } = chunkSpan(adaptation, span.startMs, span.endMs);
  const rows = await Promise.all(
    adaptation.sources.map(({ utilityId, areaId }) =>
      context.db
        .selectFrom('demand_chunk')
        .select('record')
        .where('utility_id', '=', utilityId)
        .where('area_id', '=', areaId)
        .where('first_at_ms', '>=', BigInt(fromMs))
        .where('first_at_ms', '<', BigInt(untilMs))
        .orderBy('first_at_ms')
        .execute(),
    ),
  );
  return rows.flat().map(({ record }) => demandChunkRecord.parse(record));
};

/** What the utility's own node checks charge records by before it accepts them. */
export const groundRoutes = (context: Context): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/agreements/{agreementId}',
    summary: 'An agreement of this utility with its terms',
    auth: context.auth.aaa,
    params: agreementParams,
    answers: { 200: agreementGround },
    problems: ['RECORD_NOT_FOUND'],
    handler: ({ params }) => Promise.resolve(reply(200, groundOf(context, params.agreementId))),
  }),
  route({
    method: 'get',
    path: '/internal/v1/agreements/{agreementId}/demand',
    summary: 'Grid demand that may move the price of sessions in a span',
    auth: context.auth.aaa,
    params: agreementParams,
    query: z.strictObject({ startMs: instant, endMs: instant }),
    answers: { 200: demandGround },
    problems: ['RECORD_NOT_FOUND'],
    handler: async ({ params, query }) =>
      reply(200, { chunks: await demandOf(context, params.agreementId, query) }),
  }),
  route({
    method: 'get',
    path: '/internal/v1/tariffs/{tariffId}/versions/{version}',
    summary: 'A published version of a tariff',
    auth: context.auth.aaa,
    params: z.strictObject({ tariffId: recordId, version: z.coerce.number().int().min(1).max(MAX_VERSION) }),
    answers: { 200: tariffGround },
    problems: ['RECORD_NOT_FOUND'],
    handler: ({ params: { tariffId, version } }) => {
      const tariff = context.registry.tariff(tariffId, version);
      if (tariff === undefined)
        throw gatewayError('RECORD_NOT_FOUND', `there is no version ${version} of ${tariffId}`);
      return Promise.resolve(reply(200, { tariff }));
    },
  }),
];
