import { instantMs, sessionCloseBody, sessionId, type AssertionClaims } from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { keepTakeBack, takeBacksOf } from '../review/take-backs.ts';
import type { Db } from '../store/database.ts';

const statement = z.string().min(1).max(1_000);
/** `POST /operator/v1/take-backs` (visited): whole, or for what another close of the session comes to. */
const takeBack = z.strictObject({ sessionId, statement, close: sessionCloseBody.exactOptional() });
const takeBackLines = z.strictObject({
  items: z.array(
    z.strictObject({
      sessionId,
      statement,
      isRevision: z.boolean(),
      saidBy: z.string(),
      saidAtMs: instantMs,
      /** `told`: home disputes it, and is answered so. */
      state: z.enum(['waiting', 'told', 'refused']),
      refusal: z.string().exactOptional(),
    }),
  ),
});

export interface TakeBackRouteOptions {
  readonly db: Db;
  readonly utilityId: string;
  readonly auth: Auth<AssertionClaims>;
  readonly nowMs: () => number;
}

/** Records of own stations that this utility takes back, before anybody contests them. */
export const takeBackRoutes = ({ db, utilityId, auth, nowMs }: TakeBackRouteOptions): readonly Route[] => [
  route({
    method: 'post',
    path: '/operator/v1/take-backs',
    summary: 'Take a record of an own station back: home is told, disputes it, and is answered',
    auth,
    body: takeBack,
    answers: { 204: null },
    problems: ['RECORD_UNKNOWN', 'DISPUTE_RAISED', 'DISPUTE_REFUSED'],
    handler: async ({ body, principal }) => {
      await keepTakeBack(db, utilityId, { ...body, by: principal.iss }, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'get',
    path: '/operator/v1/take-backs',
    summary: 'Records of own stations that were taken back, and whether home has heard it',
    auth,
    answers: { 200: takeBackLines },
    handler: async () => reply(200, { items: await takeBacksOf(db) }),
  }),
];
