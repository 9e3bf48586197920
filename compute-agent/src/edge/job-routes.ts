import { reply, route, type Route } from '@roamgrid/service-kit';
import { peerAuth } from '@roamgrid/service-kit/peers';
import { jobList, jobOrder, jobStatus, moveAnswer, moveOrder, recordId } from '@roamgrid/wire';
import { z } from 'zod';
import type { Agent } from '../agent.ts';
import { now } from './now.ts';

const jobParams = z.strictObject({ jobId: recordId });
const controller = peerAuth('controller');

/** Jobs, as the controller gives and moves them. */
export const jobRoutes = (agent: Agent): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/jobs',
    summary: 'Takes a job; the same again changes nothing',
    auth: controller,
    body: jobOrder,
    answers: { 200: jobStatus },
    problems: ['PROGRAM_NOT_ALLOWED', 'JOB_DIFFERS', 'CABINET_FULL'],
    handler: ({ body }) => now(reply(200, agent.submit(body))),
  }),
  route({
    method: 'get',
    path: '/v1/jobs',
    summary: 'All jobs that are known here',
    auth: controller,
    answers: { 200: jobList },
    handler: () => now(reply(200, { jobs: [...agent.statuses()] })),
  }),
  route({
    method: 'get',
    path: '/v1/jobs/{jobId}',
    summary: 'One job',
    auth: controller,
    params: jobParams,
    answers: { 200: jobStatus },
    problems: ['JOB_UNKNOWN'],
    handler: ({ params }) => now(reply(200, agent.statusOf(params.jobId))),
  }),
  route({
    method: 'delete',
    path: '/v1/jobs/{jobId}',
    summary: 'Ends a job',
    auth: controller,
    params: jobParams,
    answers: { 200: jobStatus },
    problems: ['JOB_UNKNOWN', 'WRONG_STATE'],
    handler: async ({ params }) => reply(200, await agent.cancel(params.jobId)),
  }),
  route({
    method: 'post',
    path: '/v1/jobs/{jobId}/move',
    summary: 'Moves a job to another cabinet, where it goes on under its id',
    auth: controller,
    params: jobParams,
    body: moveOrder,
    answers: { 200: moveAnswer },
    problems: [
      'JOB_UNKNOWN',
      'WRONG_STATE',
      'CABINET_UNKNOWN',
      'CANNOT_CHECKPOINT',
      'TARGET_REFUSED',
      'TARGET_AWAY',
    ],
    handler: async ({ params, body }) =>
      reply(200, await agent.moves.move(params.jobId, body.to, body.mayRestart)),
  }),
];
