import { energyByQuarter } from '@roamgrid/domain';
import { reply, route, type Route } from '@roamgrid/service-kit';
import {
  cdr as cdrSchema,
  certificateRecord,
  holdingPage,
  instantMs,
  parseSettled,
  sessionQuartersPage,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { InternalContext } from './routes.ts';

const instant = z.coerce.number().pipe(instantMs);
/** Where a page goes on: after which row. */
const after = z
  .string()
  .regex(/^[\w.:-]{0,120}$/)
  .default('');
const span = z.strictObject({ fromMs: instant, untilMs: instant, after });
/** A row's place in the order of holdings: its quarter-hour, where it begins, and its generator. */
const placeAfter = z
  .string()
  .regex(/^(\d{1,18}:\d{1,18}:[\w.-]{1,80})?$/)
  .default('');

const HOLDINGS_A_PAGE = 1_000;
const SESSIONS_A_PAGE = 200;

const placeOf = (row: { generator_id: string; quarter_ms: bigint; from_wh: bigint }): string =>
  `${row.quarter_ms}:${row.from_wh}:${row.generator_id}`;

const placeIn = (cursor: string) => {
  const [quarter = '-1', fromWh = '-1', generatorId = ''] = cursor === '' ? [] : cursor.split(':');
  return { quarterMs: BigInt(quarter), fromWh: BigInt(fromWh), generatorId };
};

type Context = Pick<InternalContext, 'db' | 'utilityId' | 'auth'>;

const holdingRoute = ({ db, utilityId, auth }: Context): Route =>
  route({
    method: 'get',
    path: '/internal/v1/holdings',
    summary:
      'Certificates of generation that this utility holds and has not used up, of quarter-hours in a span',
    auth: auth.aaa,
    query: span.extend({ after: placeAfter }),
    answers: { 200: holdingPage },
    handler: async ({ query }) => {
      const at = placeIn(query.after);
      const rows = await db
        .selectFrom('holding')
        .innerJoin('certificate', (join) =>
          join
            .onRef('certificate.generator_id', '=', 'holding.generator_id')
            .onRef('certificate.quarter_ms', '=', 'holding.quarter_ms'),
        )
        .select(['holding.generator_id', 'holding.quarter_ms', 'from_wh', 'to_wh', 'certificate.record'])
        .where('holder', '=', utilityId)
        .where('cancelled', '=', false)
        .where('holding.quarter_ms', '>=', BigInt(query.fromMs))
        .where('holding.quarter_ms', '<', BigInt(query.untilMs))
        .where(({ eb, refTuple, tuple }) =>
          eb(
            refTuple('holding.quarter_ms', 'from_wh', 'holding.generator_id'),
            '>',
            tuple(at.quarterMs, at.fromWh, at.generatorId),
          ),
        )
        .orderBy('holding.quarter_ms')
        .orderBy('from_wh')
        .orderBy('holding.generator_id')
        .limit(HOLDINGS_A_PAGE)
        .execute();
      const holdings = rows.map((row) => {
        const { generatorId, quarterMs, areaId, source } = certificateRecord.parse(row.record);
        return { generatorId, quarterMs, areaId, source, fromWh: row.from_wh, toWh: row.to_wh };
      });
      const last = rows.length === HOLDINGS_A_PAGE ? rows.at(-1) : undefined;
      return reply(200, { holdings, cursor: last === undefined ? '' : placeOf(last) });
    },
  });

const quartersRoute = ({ db, utilityId, auth }: Context): Route =>
  route({
    method: 'get',
    path: '/internal/v1/session-quarters',
    summary: 'Energy by quarter-hour of this utility’s customers’ sessions that ended in a span',
    auth: auth.aaa,
    query: span,
    answers: { 200: sessionQuartersPage },
    handler: async ({ query }) => {
      const rows = await db
        .selectFrom('cdr')
        .innerJoin('settled_session', 'settled_session.session_id', 'cdr.session_id')
        .select(['cdr.session_id', 'cdr', 'body'])
        .where('hun', '=', utilityId)
        .where('end_ms', '>=', BigInt(query.fromMs))
        .where('end_ms', '<', BigInt(query.untilMs))
        .where('cdr.session_id', '>', query.after)
        .orderBy('cdr.session_id')
        .limit(SESSIONS_A_PAGE)
        .execute();
      const sessions = rows.map((row) => ({
        sessionId: row.session_id,
        quarters: [
          ...energyByQuarter(parseSettled(row.body).close.readings, cdrSchema.parse(row.cdr).energyWh),
        ],
      }));
      return reply(200, {
        sessions,
        cursor: rows.length === SESSIONS_A_PAGE ? (rows.at(-1)?.session_id ?? '') : '',
      });
    },
  });

/** What home's node matches certificates of generation to sessions with. */
export const originRoutes = (context: Context): readonly Route[] => [
  holdingRoute(context),
  quartersRoute(context),
];
