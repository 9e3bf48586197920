import { reply, route, type Route } from '@roamgrid/service-kit';
import { peerAuth } from '@roamgrid/service-kit/peers';
import { badgeReport, bladeReport, cabinetEvents, eventsAcknowledged, sensorReport } from '@roamgrid/wire';
import { z } from 'zod';
import type { Agent } from '../agent.ts';
import { now } from './now.ts';

const controller = peerAuth('controller');

/** Blades, sensor, badges and anomalies. */
export const cabinetRoutes = (agent: Agent): readonly Route[] => [
  route({
    method: 'put',
    path: '/v1/blades/self',
    summary: 'How a blade is',
    auth: peerAuth('blade'),
    body: bladeReport,
    answers: { 204: null },
    handler: ({ principal, body }) => {
      agent.cabinet.hearBlade(principal.id, body);
      return now(reply(204));
    },
  }),
  route({
    method: 'put',
    path: '/v1/sensor',
    summary: 'What the cabinet’s sensor sees',
    auth: peerAuth('sensor'),
    body: sensorReport,
    answers: { 204: null },
    handler: ({ principal, body }) => {
      agent.cabinet.hearSensor(principal.id, body);
      return now(reply(204));
    },
  }),
  route({
    method: 'post',
    path: '/v1/badges',
    summary: 'A valid badge was shown at the cabinet',
    auth: controller,
    body: badgeReport,
    answers: { 204: null },
    handler: () => {
      agent.cabinet.hear({ what: 'badge' });
      return now(reply(204));
    },
  }),
  route({
    method: 'get',
    path: '/v1/events',
    summary: 'Anomalies that were not acknowledged, at most 1,000 at a time',
    auth: controller,
    query: z.strictObject({ after: z.coerce.number().pipe(z.int().min(0)).default(0) }),
    answers: { 200: cabinetEvents },
    handler: ({ query }) => now(reply(200, { events: [...agent.cabinet.eventsAfter(query.after)] })),
  }),
  route({
    method: 'put',
    path: '/v1/events/acknowledged',
    summary: 'The controller has all anomalies up to this one',
    auth: controller,
    body: eventsAcknowledged,
    answers: { 204: null },
    handler: ({ body }) => {
      agent.cabinet.acknowledge(body.through);
      return now(reply(204));
    },
  }),
];
