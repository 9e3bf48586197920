import { kitError, reply, route, type Route } from '@roamgrid/service-kit';
import {
  billSummary,
  driverConsentState,
  interimAnswer,
  interimReport,
  offeredTariff,
  recordId,
  startAnswer,
  startRequest,
  stationReservations,
  stopRequest,
  swipeAnswer,
  swipeRequest,
  type AssertionClaims,
  type StationRecord,
} from '@roamgrid/wire';
import type { Registry as MetricsRegistry } from 'prom-client';
import { z } from 'zod';
import { deviceRoutes } from '../driver-api/device-routes.ts';
import type { Charges } from './charges.ts';
import type { StationContext } from './context.ts';
import { DriverConsents } from './driver-consents.ts';
import { ReportDesk } from './report.ts';
import { reservationsAt } from './reserved.ts';
import { Serial } from './serial.ts';
import { StartDesk } from './start.ts';
import { hearingOffsets } from './station-clocks.ts';
import { stationAuth } from './station-auth.ts';
import { StopDesk } from './stop.ts';
import { SwipeDesk } from './swipe.ts';

const MAX_STOP_BYTES = 1024 * 1024;

/** What charging stations ask. A station proves itself with the key that the ledger has of it. */
export const stationRoutes = (
  context: StationContext,
  charges: Charges,
  audiences: () => readonly string[],
  metrics: MetricsRegistry,
): readonly Route[] => {
  const { nowMs, registry, utilityId } = context;
  const auth = hearingOffsets(stationAuth(context, audiences), metrics, context.logger);
  const serial = new Serial();
  const swipes = new SwipeDesk(context);
  const starting = new Serial();
  const consents = new DriverConsents(context, starting);
  const starts = new StartDesk(context, { swipes, charges, consents, serial: starting });
  const reports = new ReportDesk(context, charges, serial);
  const stops = new StopDesk(context, charges, serial);
  const stationOf = ({ iss }: AssertionClaims): StationRecord => {
    const station = registry.station(utilityId, iss);
    if (station === undefined) throw kitError('FORBIDDEN', 'the station is not registered');
    return station;
  };
  const session = z.strictObject({ sessionId: recordId });

  return [
    route({
      method: 'post',
      path: '/station/v1/swipes',
      summary: 'A driver showed a CIN: an offer, or why there is none',
      auth,
      body: swipeRequest,
      answers: { 200: swipeAnswer },
      problems: ['SWIPE_REUSED'],
      handler: async ({ principal, body }) => reply(200, await swipes.answer(principal.iss, body)),
    }),
    route({
      method: 'get',
      path: '/station/v1/reservations',
      summary: 'What is booked at the station and still waits for its driver',
      auth,
      answers: { 200: stationReservations },
      handler: async ({ principal }) => {
        const reservations = await reservationsAt(context, stationOf(principal), nowMs());
        return reply(200, { reservations });
      },
    }),
    ...deviceRoutes(consents, nowMs),
    route({
      method: 'get',
      path: '/station/v1/swipes/{swipeId}/driver-consent',
      summary: 'Whether the driver’s own device has consented to the offer',
      auth,
      params: z.strictObject({ swipeId: recordId }),
      answers: { 200: driverConsentState },
      problems: ['SWIPE_UNKNOWN'],
      handler: async ({ principal, params }) => {
        const { answer } = await swipes.find(principal.iss, params.swipeId);
        const isGiven =
          answer.outcome === 'offer' && (await consents.of(answer.quote.sessionId)) !== undefined;
        return reply(200, { state: isGiven ? ('given' as const) : ('waiting' as const) });
      },
    }),
    route({
      method: 'get',
      path: '/station/v1/swipes/{swipeId}/tariff',
      summary: 'The tariff that the offer is priced by, for stations that show more of it than its text',
      auth,
      params: z.strictObject({ swipeId: recordId }),
      answers: { 200: offeredTariff },
      problems: ['SWIPE_UNKNOWN'],
      handler: async ({ principal, params }) =>
        reply(200, await swipes.tariff(principal.iss, params.swipeId)),
    }),
    route({
      method: 'post',
      path: '/station/v1/sessions',
      summary: 'The driver consented: charging starts with this answer',
      auth,
      body: startRequest,
      answers: { 201: startAnswer },
      problems: [
        'SWIPE_UNKNOWN',
        'CONSENT_INVALID',
        'CONSENT_EXPIRED',
        'METER_INVALID',
        'STATION_UNAVAILABLE',
      ],
      handler: async ({ principal, body }) => reply(201, await starts.start(stationOf(principal), body)),
    }),
    route({
      method: 'post',
      path: '/station/v1/sessions/{sessionId}/reports',
      summary: 'Interim accounting; a repeated sequence gets its first answer',
      auth,
      params: session,
      body: interimReport,
      answers: { 200: interimAnswer },
      problems: ['SESSION_UNKNOWN', 'SESSION_ENDED', 'READINGS_INVALID'],
      handler: async ({ principal, params, body }) =>
        reply(200, await reports.report(principal.iss, params.sessionId, body)),
    }),
    route({
      method: 'post',
      path: '/station/v1/sessions/{sessionId}/stop',
      summary: 'Charging ended: the bill',
      auth,
      params: session,
      body: stopRequest,
      bodyLimitBytes: MAX_STOP_BYTES,
      answers: { 200: billSummary },
      problems: ['SESSION_UNKNOWN', 'SESSION_ENDED', 'READINGS_INVALID', 'METER_INVALID'],
      handler: async ({ principal, params, body }) =>
        reply(200, await stops.stop(stationOf(principal), params.sessionId, body)),
    }),
  ];
};
