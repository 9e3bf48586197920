import { kitError, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  bookingAnswer,
  bookingCards,
  bookingPlaces,
  bookingQuestion,
  bookingSearch,
  driverBookingAnswer,
  driverBookingRequest,
  driverBookingTerms,
  driverReservation,
  driverReservations,
  recordId,
  statedWish,
  utilityId,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { Driver } from '../driver/auth.ts';
import type { Db } from '../store/database.ts';
import type { GatewayClient } from '../gateway/client.ts';
import type { Partner } from '../oidc/roaming-auth.ts';
import { cinsOf } from '../hcp/devices.ts';
import type { Reserver } from './reserve.ts';

/** What this utility's customers book. */
export const driverBookingRoutes = ({
  db,
  reserver,
  gateway,
  auth,
}: {
  readonly db: Db;
  readonly reserver: Reserver;
  readonly gateway: Pick<GatewayClient, 'bookingPlaces'>;
  readonly auth: Auth<Driver>;
}): readonly Route[] => [
  route({
    method: 'post',
    path: '/driver/v1/reservations',
    summary: 'Book an outlet; slow charging is offered first, and taken by asking for it',
    auth,
    body: driverBookingRequest,
    answers: { 200: driverBookingAnswer },
    problems: [
      'CIN_NOT_FOUND',
      'CIN_NOT_ACTIVE',
      'ISSUER_REFUSED',
      'BOOKING_NOT_OFFERED',
      'RESERVATIONS_OPEN',
      'RATE_NOT_STATED',
      'PARTNER_SILENT',
      'UNAVAILABLE',
    ],
    handler: async ({ principal, body }) => {
      return reply(200, await reserver.ask(principal.sub, body));
    },
  }),
  route({
    method: 'get',
    path: '/driver/v1/booking-cards',
    summary: 'My cards',
    auth,
    answers: { 200: bookingCards },
    handler: async ({ principal }) => {
      const own = await cinsOf(db, principal.sub);
      return reply(200, { cards: own.map(({ cinRef, printed, state }) => ({ cinRef, printed, state })) });
    },
  }),
  route({
    method: 'get',
    path: '/driver/v1/booking-places',
    summary: 'Where I may book: stations of this utility and its partners',
    auth,
    query: bookingSearch,
    answers: { 200: bookingPlaces },
    problems: ['UNAVAILABLE'],
    handler: async ({ query }) => reply(200, await gateway.bookingPlaces(query.search)),
  }),
  route({
    method: 'get',
    path: '/driver/v1/reservations',
    summary: 'My reservations, the latest first',
    auth,
    answers: { 200: driverReservations },
    problems: ['UNAVAILABLE'],
    handler: async ({ principal }) => reply(200, { reservations: await reserver.list(principal.sub) }),
  }),
  route({
    method: 'post',
    path: '/driver/v1/reservations/{reservationId}/cancel',
    summary: 'Give an outlet back; for nothing until the stated time',
    auth,
    params: z.strictObject({ reservationId: recordId }),
    answers: { 200: driverReservation },
    problems: ['RESERVATION_NOT_FOUND', 'RESERVATION_OVER', 'UNAVAILABLE'],
    handler: async ({ principal, params }) =>
      reply(200, await reserver.cancel(principal.sub, params.reservationId)),
  }),
  route({
    method: 'get',
    path: '/driver/v1/booking-terms/{vun}',
    summary: 'What booking at a utility’s stations costs me, and how far ahead I may',
    auth,
    params: z.strictObject({ vun: utilityId }),
    answers: { 200: driverBookingTerms },
    problems: ['ISSUER_REFUSED', 'BOOKING_NOT_OFFERED', 'CUSTOMER_NOT_FOUND', 'RATE_NOT_STATED'],
    handler: async ({ principal, params }) => reply(200, await reserver.termsFor(principal.sub, params.vun)),
  }),
];

/** What partners' customers book at this utility's stations. */
export const partnerBookingRoute = (gateway: Pick<GatewayClient, 'reserve'>, auth: Auth<Partner>): Route =>
  route({
    method: 'post',
    path: '/roaming/v1/reservations',
    summary: 'Book an outlet of this utility for a customer of the asking one',
    auth,
    body: bookingQuestion,
    answers: { 200: bookingAnswer },
    problems: ['UNAVAILABLE'],
    handler: async ({ principal, body }) => {
      if (statedWish(body.wish)?.iss !== principal.utilityId)
        throw kitError('FORBIDDEN', 'the wish is not of the utility that asks');
      return reply(200, await gateway.reserve(body));
    },
  });
