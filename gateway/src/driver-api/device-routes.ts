import { publicAuth, reply, route, type Route } from '@roamgrid/service-kit';
import { driverClock, driverConsentRequest, quotingStation, recordId, utilityId } from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { Registry } from '../registry/registry.ts';
import type { DriverConsents } from '../station-api/driver-consents.ts';

/**
 * What the devices of drivers who stand at this utility's stations ask. They are customers of another utility and cannot
 * sign in here; the page is of their own utility's origin, whichever that is. So anyone may ask from anywhere: nothing but
 * a verified signature has an effect.
 */
export const DEVICE_PATHS = ['/driver/v1/driver-consents', '/driver/v1/clock'] as const;

export const deviceRoutes = (consents: DriverConsents, nowMs: () => number): readonly Route[] => [
  route({
    method: 'post',
    path: '/driver/v1/driver-consents',
    summary: 'The driver’s own device consents to a quote',
    auth: publicAuth,
    body: driverConsentRequest,
    bodyLimitBytes: 2_048,
    answers: { 204: null },
    problems: ['CONSENT_INVALID', 'CONSENT_EXPIRED'],
    handler: async ({ body }) => {
      await consents.give(body);
      return reply(204);
    },
  }),
  route({
    method: 'get',
    path: '/driver/v1/clock',
    summary: 'The time that quotes are issued in',
    auth: publicAuth,
    answers: { 200: driverClock },
    handler: () => Promise.resolve(reply(200, { nowMs: nowMs() })),
  }),
];

/** Who offers a quote, for this utility's own customers' devices: all of it stands in the consortium's registry. */
export const quotingStationRoute = (registry: Registry): Route =>
  route({
    method: 'get',
    path: '/driver/v1/utilities/{utilityId}/stations/{stationId}',
    summary: 'A station of the network, and the keys that sign its quotes',
    auth: publicAuth,
    params: z.strictObject({ utilityId, stationId: recordId }),
    answers: { 200: quotingStation },
    problems: ['STATION_NOT_FOUND'],
    handler: ({ params }) => {
      const utility = registry.utility(params.utilityId);
      const station = registry.station(params.utilityId, params.stationId);
      if (utility === undefined || station === undefined)
        throw gatewayError(
          'STATION_NOT_FOUND',
          `the registry has no ${params.stationId} of ${params.utilityId}`,
        );
      const { name: stationName, address, timeZone } = station;
      const { name: utilityName, signingKeys } = utility;
      return Promise.resolve(reply(200, { utilityName, stationName, address, timeZone, signingKeys }));
    },
  });
