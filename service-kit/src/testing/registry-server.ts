import {
  cdrPage,
  holdingPage,
  gridFigures,
  instantMs,
  invoiceRun,
  invoiceRunAnswer,
  issuerEntry,
  openingJudgement,
  openingQuestion,
  operatorCommand,
  operatorReceipt,
  recordId,
  givenPage,
  houseDayPage,
  reservationPage,
  sessionCommands,
  stationEntry,
  utilityId,
  type GridFigure,
  type IssuerEntry,
  type PublicJwk,
  type GivenBatch,
  type SettledHouseDay,
  type ShownReservation,
  type StationRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import { assertionAuth } from '../auth/bearer.ts';
import { createService, type Service } from '../http/service.ts';
import { reply, route } from '../http/route.ts';
import { createLogger } from '../log/logger.ts';
import { withKitProblems } from '../problem/catalogue.ts';
import { ServiceError } from '../problem/service-error.ts';
import { clearingRoutes } from './clearing/routes.ts';
import { emptyClearing, type ClearingWorld } from './clearing/world.ts';
import { judgeBy } from './judge.ts';

type CdrItem = z.output<typeof cdrPage>['items'][number];

/** What the part of a gateway that other services of its utility read would know; tests change it as they go. */
export interface RegistryWorld extends ClearingWorld {
  readonly issuers: Map<string, IssuerEntry>;
  /** By `<utility> <stationId>`. */
  readonly stations: Map<string, StationRecord>;
  readonly cdrs: { hun: CdrItem[]; vun: CdrItem[] };
  /** Own customers' reservations in the order in which the ledger changed them, one that changed once more for each change. */
  readonly reservations: ShownReservation[];
  /** What own customers' cars gave, in the order of the ledger. */
  readonly given: GivenBatch[];
  /** What own customers' houses did for their grids, in the order of the ledger. */
  readonly houseDays: SettledHouseDay[];
  /** Readings by grid area, ascending in time. */
  readonly grid: Map<string, readonly GridFigure[]>;
  /** How often each issuer was asked for. */
  readonly asked: Map<string, number>;
  /** Openings that were judged, as told. */
  readonly judged: string[];
  /** Profiles whose revocation stands on the ledger, in order. */
  readonly revoked: string[];
  /** What fails while tests say so: openings wait this long for their judgement, the ledger takes no command. */
  readonly faults: ClearingWorld['faults'] & { judgeAfterMs: number; ledgerAway: boolean };
}

const problems = withKitProblems({
  NOT_FOUND: { status: 404, title: 'The registry has no such entry' },
  WRONG_STATE: { status: 409, title: 'The record is not in the state for this step' },
  RECORD_NOT_FOUND: { status: 404, title: 'There is no such record' },
  LEDGER_CLOCK_SKEW: { status: 422, title: 'The contract refused the command' },
  LEDGER_EXPIRED: { status: 409, title: 'The contract refused the command' },
  LEDGER_TOO_LARGE: { status: 413, title: 'The contract refused the command' },
  TAKE_BACK_REFUSED: { status: 409, title: 'The record cannot be taken back' },
  HOME_SERVICE_DOWN: { status: 503, title: 'Home does not answer' },
  LEDGER_AWAY: { status: 503, title: 'The ledger takes no command' },
});
const instant = z.coerce.number().pipe(instantMs);
const notFound = () => new ServiceError('NOT_FOUND', 'no entry');

/**
 * A gateway's internal interface over real HTTP, for tests of the services that ask it: same routes, same schemas, same
 * assertions, but its knowledge is a {@link RegistryWorld} instead of a ledger.
 */
export const startRegistryServer = async (
  own: string,
  keys: Readonly<Partial<Record<'aaa' | 'router', PublicJwk>>>,
): Promise<{ readonly url: string; readonly world: RegistryWorld; readonly service: Service }> => {
  const world: RegistryWorld = {
    ...emptyClearing(),
    issuers: new Map(),
    stations: new Map(),
    cdrs: { hun: [], vun: [] },
    reservations: [],
    given: [],
    houseDays: [],
    grid: new Map(),
    asked: new Map(),
    judged: [],
    revoked: [],
    faults: { judgeAfterMs: 0, ledgerAway: false, answersLost: false },
  };
  let url = '';
  const auth = assertionAuth({
    audiences: () => [url],
    roles: ['aaa', 'router'],
    resolveKey: ({ iss, utility, role }) =>
      utility === own && iss === role && (role === 'aaa' || role === 'router') ? keys[role] : undefined,
  });
  const service = createService({
    name: 'registry-for-tests',
    version: '0.0.0',
    logger: createLogger('registry', { level: 'silent' }),
    problems,
    rateLimit: 'off',
    routes: [
      route({
        method: 'get',
        path: '/internal/v1/registry/issuers/{prefix}',
        summary: 'An issuer',
        auth,
        params: z.object({ prefix: utilityId }),
        answers: { 200: issuerEntry },
        handler: ({ params }) => {
          world.asked.set(params.prefix, (world.asked.get(params.prefix) ?? 0) + 1);
          const entry = world.issuers.get(params.prefix);
          return entry === undefined ? Promise.reject(notFound()) : Promise.resolve(reply(200, entry));
        },
      }),
      route({
        method: 'get',
        path: '/internal/v1/registry/stations/{stationId}',
        summary: 'A station',
        auth,
        params: z.object({ stationId: recordId }),
        query: z.strictObject({ utilityId }),
        answers: { 200: stationEntry },
        handler: ({ params, query }) => {
          const station = world.stations.get(`${query.utilityId} ${params.stationId}`);
          return station === undefined
            ? Promise.reject(notFound())
            : Promise.resolve(reply(200, { station, asOfBlock: 1 }));
        },
      }),
      route({
        method: 'get',
        path: '/internal/v1/grid/areas/{areaId}/figures',
        summary: 'Latest and highest reading',
        auth,
        params: z.object({ areaId: recordId }),
        query: z.object({ fromMs: instant, untilMs: instant }),
        answers: { 200: gridFigures },
        handler: ({ params, query }) => {
          const told = (world.grid.get(params.areaId) ?? []).filter(({ atMs }) => atMs <= query.untilMs);
          const latest = told.at(-1);
          const [highest] = told
            .filter(({ atMs }) => atMs >= query.fromMs)
            .sort((a, b) => (a.powerW < b.powerW ? 1 : -1));
          return Promise.resolve(
            reply(200, {
              ...(latest === undefined ? {} : { latest }),
              ...(highest === undefined ? {} : { highest }),
              asOfBlock: 1,
            }),
          );
        },
      }),
      route({
        method: 'post',
        path: '/internal/v1/openings/judge',
        summary: 'Is this opening good?',
        auth,
        body: openingQuestion,
        answers: { 200: openingJudgement },
        handler: async ({ body }) => {
          world.judged.push(body.openBody);
          await new Promise((resolve) => setTimeout(resolve, world.faults.judgeAfterMs));
          return reply(200, await judgeBy(world, body.openBody));
        },
      }),
      route({
        method: 'post',
        path: '/operator/v1/commands/session/revoke',
        summary: 'Revoke a profile on the ledger',
        auth,
        body: operatorCommand,
        answers: { 200: operatorReceipt },
        handler: ({ body }) => {
          if (world.faults.ledgerAway) return Promise.reject(new ServiceError('LEDGER_AWAY', 'no orderer'));
          const { profileId } = sessionCommands.revoke.parse(body.command);
          if (!world.revoked.includes(profileId)) world.revoked.push(profileId);
          return Promise.resolve(reply(200, { transactionId: 't', blockNumber: '1', wrote: [] }));
        },
      }),
      route({
        method: 'get',
        path: '/internal/v1/holdings',
        summary: 'Certificates of generation: none',
        auth,
        answers: { 200: holdingPage },
        handler: () => Promise.resolve(reply(200, { holdings: [], cursor: '' })),
      }),
      route({
        method: 'get',
        path: '/internal/v1/cdrs',
        summary: 'Committed charge records after a cursor',
        auth,
        query: z.object({ role: z.enum(['hun', 'vun']), after: z.string(), limit: z.coerce.number() }),
        answers: { 200: cdrPage },
        handler: ({ query }) => {
          const from = query.after === '' ? 0 : Number(query.after);
          const items = world.cdrs[query.role].slice(from, from + query.limit);
          return Promise.resolve(reply(200, { items, cursor: (from + items.length).toString() }));
        },
      }),
      route({
        method: 'get',
        path: '/internal/v1/reservations',
        summary: 'Reservations after a cursor',
        auth,
        query: z.object({ role: z.literal('hun'), after: z.string(), limit: z.coerce.number() }),
        answers: { 200: reservationPage },
        handler: ({ query }) => {
          const from = query.after === '' ? 0 : Number(query.after);
          const items = world.reservations.slice(from, from + query.limit);
          return Promise.resolve(reply(200, { items, cursor: (from + items.length).toString() }));
        },
      }),
      route({
        method: 'get',
        path: '/internal/v1/given',
        summary: 'What cars gave, after a cursor',
        auth,
        query: z.object({ after: z.string(), limit: z.coerce.number() }),
        answers: { 200: givenPage },
        handler: ({ query }) => {
          const from = query.after === '' ? 0 : Number(query.after);
          const items = world.given.slice(from, from + query.limit);
          return Promise.resolve(reply(200, { items, cursor: (from + items.length).toString() }));
        },
      }),
      route({
        method: 'get',
        path: '/internal/v1/house-days',
        summary: 'What days of houses came to, after a cursor',
        auth,
        query: z.object({ after: z.string(), limit: z.coerce.number() }),
        answers: { 200: houseDayPage },
        handler: ({ query }) => {
          const from = query.after === '' ? 0 : Number(query.after);
          const items = world.houseDays.slice(from, from + query.limit);
          return Promise.resolve(reply(200, { items, cursor: (from + items.length).toString() }));
        },
      }),
      route({
        method: 'post',
        path: '/internal/v1/periods/{periodId}/invoices',
        summary: 'Invoice run',
        auth,
        params: z.object({ periodId: recordId }),
        body: invoiceRun,
        answers: { 200: invoiceRunAnswer },
        handler: () => Promise.resolve(reply(200, { invoices: world.invoices })),
      }),
      ...clearingRoutes({ world, own, auth }),
    ],
  });
  url = await service.listen();
  return { url, world, service };
};
