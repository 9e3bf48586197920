import { reply, route, type Route } from '@roamgrid/service-kit';
import { gridFigures, instantMs, recordId } from '@roamgrid/wire';
import { sql } from 'kysely';
import { z } from 'zod';
import type { InternalContext } from './routes.ts';

const instant = z.coerce.number().pipe(instantMs);

/** What the utility's own charging rules may depend on: its grid operator's readings, as the ledger has them. */
export const gridRoutes = ({
  db,
  registry,
  utilityId,
  auth,
}: Pick<InternalContext, 'db' | 'registry' | 'utilityId' | 'auth'>): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/grid/areas/{areaId}/figures',
    summary: 'Latest reading of one of this utility’s grid areas, and the highest of a span',
    auth: auth.aaa,
    params: z.strictObject({ areaId: recordId }),
    query: z.strictObject({ fromMs: instant, untilMs: instant }),
    answers: { 200: gridFigures },
    handler: async ({ params, query }) => {
      const readings = db
        .selectFrom('demand')
        .select(['at_ms', 'demand_w'])
        .where('utility_id', '=', utilityId)
        .where('area_id', '=', params.areaId)
        .where('at_ms', '<=', BigInt(query.untilMs))
        .limit(1);
      const [latest, highest] = await Promise.all([
        readings.orderBy('at_ms', 'desc').executeTakeFirst(),
        readings
          .where('at_ms', '>=', BigInt(query.fromMs))
          .orderBy(sql`demand_w::numeric`, 'desc')
          .orderBy('at_ms')
          .executeTakeFirst(),
      ]);
      return reply(200, {
        ...(latest === undefined ? {} : { latest: figureOf(latest) }),
        ...(highest === undefined ? {} : { highest: figureOf(highest) }),
        asOfBlock: registry.asOfBlock,
      });
    },
  }),
];

const figureOf = (row: { readonly at_ms: bigint; readonly demand_w: string }) => ({
  atMs: Number(row.at_ms),
  powerW: BigInt(row.demand_w),
});
