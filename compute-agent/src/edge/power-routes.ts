import { reply, route, type Route } from '@roamgrid/service-kit';
import { peerAuth } from '@roamgrid/service-kit/peers';
import { cabinetReading, computeEnergy, computeGrant, instantMs } from '@roamgrid/wire';
import { z } from 'zod';
import type { Agent } from '../agent.ts';
import { now } from './now.ts';

/** Longest time that energy is asked for at once, ms: 31 days. */
const LONGEST_MS = 31 * 86_400_000;
const controller = peerAuth('controller');

/** What the controller asks and says of the cabinet’s power and energy. */
export const powerRoutes = (agent: Agent): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/cabinet',
    summary: 'What the cabinet takes, wants and does',
    auth: controller,
    answers: { 200: cabinetReading },
    handler: () => now(reply(200, agent.reading())),
  }),
  route({
    method: 'put',
    path: '/v1/grant',
    summary: 'What parts of the cabinet may take from now on, until it lapses',
    auth: controller,
    body: computeGrant,
    answers: { 200: cabinetReading },
    handler: ({ body }) => {
      agent.desk.take(body);
      return now(reply(200, agent.reading()));
    },
  }),
  route({
    method: 'post',
    path: '/v1/safe',
    summary: 'Standby at once: no job runs before the next grant',
    auth: controller,
    answers: { 200: cabinetReading },
    handler: () => {
      agent.desk.makeSafe();
      return now(reply(200, agent.reading()));
    },
  }),
  route({
    method: 'get',
    path: '/v1/energy',
    summary: 'Signed intervals that ended after `from` and until `to`, at most 1,000 of at most 31 days',
    auth: controller,
    query: z
      .strictObject({ from: z.coerce.number().pipe(instantMs), to: z.coerce.number().pipe(instantMs) })
      .refine(
        ({ from, to }) => to >= from && to - from <= LONGEST_MS,
        'from is before to, by at most 31 days',
      ),
    answers: { 200: computeEnergy },
    handler: ({ query: { from, to } }) => now(reply(200, agent.energy(from, to))),
  }),
];
