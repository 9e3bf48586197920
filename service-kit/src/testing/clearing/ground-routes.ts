import { agreementGround, demandGround, recordId, tariffGround } from '@roamgrid/wire';
import { z } from 'zod';
import { reply, route, type Route } from '../../http/route.ts';
import { find, none, type ClearingPart } from './world.ts';

export const groundRoutes = ({ world, auth }: ClearingPart): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/agreements/{agreementId}',
    summary: 'An agreement',
    auth,
    params: z.object({ agreementId: recordId }),
    answers: { 200: agreementGround },
    handler: async ({ params }) => {
      const entry = find(
        [...world.issuers.values()],
        ({ agreement }) => agreement?.agreementId === params.agreementId,
      );
      const { agreement, terms } = entry;
      if (agreement === undefined || terms === undefined) throw none();
      return Promise.resolve(reply(200, { agreement, terms }));
    },
  }),
  route({
    method: 'get',
    path: '/internal/v1/agreements/{agreementId}/demand',
    summary: 'No grid demand',
    auth,
    params: z.object({ agreementId: recordId }),
    answers: { 200: demandGround },
    handler: () => Promise.resolve(reply(200, { chunks: [] })),
  }),
  route({
    method: 'get',
    path: '/internal/v1/tariffs/{tariffId}/versions/{version}',
    summary: 'A tariff',
    auth,
    params: z.object({ tariffId: recordId, version: z.coerce.number() }),
    answers: { 200: tariffGround },
    handler: async ({ params: { tariffId, version } }) => {
      const tariffJson = world.tariffs.get(`${tariffId} ${version}`);
      if (tariffJson === undefined) throw none();
      const tariff = {
        type: 'tariff' as const,
        version,
        tariffId,
        utilityId: tariffId.slice(0, 5),
        tariffJson,
        validFromMs: 0,
        validUntilMs: Date.now() + 86_400_000,
        publishedAtMs: 0,
      };
      return Promise.resolve(reply(200, { tariff }));
    },
  }),
];
