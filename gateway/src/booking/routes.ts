import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  bookedSpans,
  bookingAnswer,
  bookingPlaces,
  bookingQuestion,
  bookingSearch,
  chargeRunAnswer,
  cinRef,
  givenPage,
  houseDayPage,
  settledHouseDay,
  instantMs,
  partyRole,
  recordId,
  reservationPage,
  reservationState,
  settlementPeriod,
  shownReservation,
  stationCalendar,
  statedWish,
  type AssertionClaims,
  type BookingAnswer,
  type BookingQuestion,
} from '@roamgrid/wire';
import { z } from 'zod';
import { instant } from '../auditor-api/page.ts';
import { gatewayError } from '../problems.ts';
import { bookedAt } from './calendar.ts';
import type { Charging } from './charging.ts';
import type { BookingDesk } from './desk.ts';
import { bookingPlacesFor } from './places.ts';
import { cancelReservation, type LifeContext } from './life.ts';
import { givenChanges } from './energy.ts';
import { houseDayChanges } from './house-days.ts';
import type { HouseDays } from './settle-house-day.ts';
import { reservationChanges } from './read.ts';
import { calendarOf, putCalendar } from './tasks.ts';
import type { RouterClient } from '../station-api/router-client.ts';

export interface BookingContext extends LifeContext {
  readonly desk: BookingDesk;
  readonly charging: Charging;
  readonly houseDays: HouseDays;
  readonly nowMs: () => number;
  /** By which partners are asked; none without stations. */
  readonly router: Pick<RouterClient, 'reserve'> | undefined;
  readonly auth: {
    readonly aaa: Auth<AssertionClaims>;
    /** Roles operator and aaa. */
    readonly site: Auth<AssertionClaims>;
  };
}

const reservationParams = z.strictObject({ reservationId: recordId });
const stationParams = z.strictObject({ stationId: recordId });

/** What the own AAA node asks: for its customers, and for partners' customers at this utility's stations. */
const partyRoutes = (context: BookingContext): readonly Route[] => [
  route({
    method: 'post',
    path: '/internal/v1/reservations',
    summary:
      'Book an outlet for a wish that its driver’s home utility signed: here, or at a partner’s station',
    auth: context.auth.aaa,
    body: bookingQuestion,
    answers: { 200: bookingAnswer },
    problems: ['LEDGER_DOWN', 'HOME_SERVICE_DOWN', 'PARTNER_REFUSED'],
    handler: async ({ body }) => reply(200, await askWhere(context, body)),
  }),
  route({
    method: 'get',
    path: '/internal/v1/reservations',
    summary: 'Reservations of this utility by the block that last changed each',
    auth: context.auth.aaa,
    query: z.strictObject({
      role: partyRole,
      state: reservationState.exactOptional(),
      cinRef: z.union([cinRef.transform((one) => [one]), z.array(cinRef).max(50)]).exactOptional(),
      after: z.string().max(200).default(''),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    answers: { 200: reservationPage },
    handler: async ({ query }) => reply(200, await reservationChanges(context.db, context.utilityId, query)),
  }),
  route({
    method: 'get',
    path: '/internal/v1/given',
    summary: 'What cars of this utility’s customers gave to sites, by the block that last changed each batch',
    auth: context.auth.aaa,
    query: z.strictObject({
      after: z.string().max(200).default(''),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    answers: { 200: givenPage },
    handler: async ({ query }) => reply(200, await givenChanges(context.db, context.utilityId, query)),
  }),
  route({
    method: 'get',
    path: '/internal/v1/house-days',
    summary:
      'What days of this utility’s customers’ houses came to, by the block that last changed each: what is owed to whom for which line',
    auth: context.auth.aaa,
    query: z.strictObject({
      after: z.string().max(200).default(''),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    answers: { 200: houseDayPage },
    handler: async ({ query }) => reply(200, await houseDayChanges(context.db, context.utilityId, query)),
  }),
  route({
    method: 'post',
    path: '/internal/v1/houses/{houseId}/days/{dayMs}/settle',
    summary:
      'Settle a day of a house from what is recorded of it: its lines, worked out by both parties’ contracts',
    auth: context.auth.aaa,
    params: z.strictObject({ houseId: recordId, dayMs: z.coerce.number().pipe(instantMs) }),
    answers: { 200: settledHouseDay },
    problems: ['RECORD_NOT_FOUND', 'LEDGER_WRONG_STATE', 'LEDGER_DOWN'],
    handler: async ({ params }) => reply(200, await context.houseDays.settle(params.houseId, params.dayMs)),
  }),
  route({
    method: 'get',
    path: '/internal/v1/booking-places',
    summary: 'Stations at which this utility’s customers may book',
    auth: context.auth.aaa,
    query: bookingSearch,
    answers: { 200: bookingPlaces },
    handler: ({ query }) =>
      Promise.resolve(reply(200, bookingPlacesFor(context, query.search, context.ledgerNowMs()))),
  }),
  route({
    method: 'post',
    path: '/internal/v1/reservations/{reservationId}/cancel',
    summary: 'Give an outlet back',
    auth: context.auth.aaa,
    params: reservationParams,
    answers: { 200: shownReservation },
    problems: ['RECORD_NOT_FOUND', 'LEDGER_WRONG_STATE', 'LEDGER_EXPIRED', 'LEDGER_DOWN'],
    handler: async ({ params }) => reply(200, await cancelReservation(context, params.reservationId)),
  }),
  route({
    method: 'post',
    path: '/internal/v1/periods/{periodId}/charges',
    summary: 'Charge every other utility for reservations, servers’ and cars’ energy that are due',
    auth: context.auth.aaa,
    params: z.strictObject({ periodId: settlementPeriod }),
    answers: { 200: chargeRunAnswer },
    problems: ['LEDGER_DOWN'],
    handler: async ({ params }) => reply(200, { charges: await context.charging.run(params.periodId) }),
  }),
  route({
    method: 'get',
    path: '/internal/v1/periods/{periodId}/charges',
    summary: 'Charge notes of a period',
    auth: context.auth.aaa,
    params: z.strictObject({ periodId: settlementPeriod }),
    query: z.strictObject({ role: partyRole }),
    answers: { 200: chargeRunAnswer },
    handler: async ({ params, query }) =>
      reply(200, { charges: await context.charging.list(query.role, params.periodId) }),
  }),
];

/** What a station's controller and operators say and see. */
const siteRoutes = (context: BookingContext): readonly Route[] => [
  route({
    method: 'put',
    path: '/operator/v1/stations/{stationId}/calendar',
    summary:
      'What bookings at a station must know: its power, its place, the tasks on its servers; from the version that was read',
    auth: context.auth.site,
    params: stationParams,
    body: stationCalendar,
    answers: { 200: stationCalendar },
    problems: ['STATION_NOT_FOUND', 'VERSION_OLD', 'CALENDAR_INVALID'],
    handler: async ({ params, body }) => {
      requireOwn(context, params.stationId);
      return reply(200, await putCalendar(context.db, params.stationId, body, context.nowMs()));
    },
  }),
  route({
    method: 'get',
    path: '/operator/v1/stations/{stationId}/calendar',
    summary: 'The same as it stands now, tasks that a booking moved where they go on',
    auth: context.auth.site,
    params: stationParams,
    answers: { 200: stationCalendar },
    problems: ['STATION_NOT_FOUND'],
    handler: async ({ params }) => {
      requireOwn(context, params.stationId);
      return reply(200, await calendarOf(context.db, params.stationId));
    },
  }),
  route({
    method: 'get',
    path: '/operator/v1/stations/{stationId}/reservations',
    summary: 'Reservations at a station on a time axis',
    auth: context.auth.site,
    params: stationParams,
    query: z.strictObject({ fromMs: instant, untilMs: instant }),
    answers: { 200: bookedSpans },
    problems: ['STATION_NOT_FOUND'],
    handler: async ({ params, query }) => {
      requireOwn(context, params.stationId);
      return reply(200, { items: await bookedAt(context, params.stationId, query) });
    },
  }),
];

const requireOwn = ({ registry, utilityId }: BookingContext, stationId: string): void => {
  if (registry.station(utilityId, stationId) === undefined)
    throw gatewayError('STATION_NOT_FOUND', `this utility has no station ${stationId}`);
};

/** A wish of an own customer's for a partner's station goes there; every other one is answered here. */
const askWhere = async (
  { desk, router, utilityId }: BookingContext,
  question: BookingQuestion,
): Promise<BookingAnswer> => {
  const parties = statedWish(question.wish);
  if (parties?.iss !== utilityId || parties.aud === utilityId) return desk.ask(question);
  if (router === undefined) throw gatewayError('PARTNER_REFUSED', 'this gateway has no router');
  const told = await router.reserve(question);
  if (told.kind === 'taken') return told.value;
  if (told.kind === 'refused') throw gatewayError('PARTNER_REFUSED', `${told.code}: ${told.detail}`);
  const { failure } = told;
  const why = failure.kind === 'problem' ? failure.problem.detail : failure.kind;
  throw gatewayError('HOME_SERVICE_DOWN', `the station’s utility gave no answer: ${why}`);
};

export const bookingRoutes = (context: BookingContext): readonly Route[] => [
  ...partyRoutes(context),
  ...siteRoutes(context),
];
