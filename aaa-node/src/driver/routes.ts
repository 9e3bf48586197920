import { cinRef, publicJwk } from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { bindDevice, cinsOf } from '../hcp/devices.ts';
import type { Db } from '../store/database.ts';
import type { Driver } from './auth.ts';

export interface DriverRouteOptions {
  readonly db: Db;
  readonly auth: Auth<Driver>;
  readonly nowMs: () => number;
}

const ownCins = z.strictObject({
  cins: z.array(
    z.strictObject({
      cinRef,
      printed: z.string(),
      state: z.enum(['active', 'blocked', 'lost']),
      deviceKey: publicJwk.exactOptional(),
    }),
  ),
});
const cinParams = z.object({ cinRef });

/** What this utility's customers do with the keys of their own devices. */
export const driverRoutes = ({ db, auth, nowMs }: DriverRouteOptions): readonly Route[] => [
  route({
    method: 'get',
    path: '/driver/v1/cins',
    summary: 'My customer numbers, and the device that signs for each',
    auth,
    answers: { 200: ownCins },
    handler: async ({ principal }) => reply(200, { cins: await cinsOf(db, principal.sub) }),
  }),
  route({
    method: 'put',
    path: '/driver/v1/cins/{cinRef}/device-key',
    summary: 'Let this device sign for my charging, in the place of the one before',
    auth,
    params: cinParams,
    body: publicJwk,
    answers: { 204: null },
    problems: ['CIN_NOT_FOUND', 'CIN_NOT_ACTIVE'],
    handler: async ({ principal, params, body }) => {
      await bindDevice(db, { sub: principal.sub, cinRef: params.cinRef }, body, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'delete',
    path: '/driver/v1/cins/{cinRef}/device-key',
    summary: 'No device signs for my charging any more',
    auth,
    params: cinParams,
    answers: { 204: null },
    problems: ['CIN_NOT_FOUND'],
    handler: async ({ principal, params }) => {
      await bindDevice(db, { sub: principal.sub, cinRef: params.cinRef }, null, nowMs());
      return reply(204);
    },
  }),
];
