import { reply, route, type Route } from '@roamgrid/service-kit';
import { peerAuth } from '@roamgrid/service-kit/peers';
import { jobTransfer, recordId, transferFate } from '@roamgrid/wire';
import { z } from 'zod';
import type { Agent } from '../agent.ts';
import type { AgentConfig } from '../config.ts';
import { agentError } from '../problems.ts';
import { dropOffer, takeOffer, takeOver } from '../transfer/arrive.ts';
import { now } from './now.ts';

const jobParams = z.strictObject({ jobId: recordId });
const hopQuery = z.strictObject({ hop: z.coerce.number().pipe(z.int().min(1)) });
/** The largest checkpoint in base64, and what is around it. */
const TRANSFER_BYTES = 8 * 1024 * 1024;
const cabinet = peerAuth('cabinet');

/** What cabinets tell each other of a job that moves. */
export const transferRoutes = (agent: Agent, config: AgentConfig): readonly Route[] => [
  route({
    method: 'put',
    path: '/v1/transfers/{jobId}',
    summary: 'Offers a job; it is kept here and does not run before it is released',
    auth: cabinet,
    params: jobParams,
    body: jobTransfer,
    bodyLimitBytes: TRANSFER_BYTES,
    answers: { 204: null },
    problems: ['PROGRAM_NOT_ALLOWED', 'JOB_DIFFERS', 'CABINET_FULL', 'WRONG_STATE', 'CHECKPOINT_DAMAGED'],
    handler: ({ principal, params, body }) => {
      if (body.from !== principal.id || body.order.jobId !== params.jobId) {
        throw agentError('JOB_DIFFERS', 'a job is offered by the cabinet that has it, under its id');
      }
      takeOffer(agent.book, config, body);
      return now(reply(204));
    },
  }),
  route({
    method: 'post',
    path: '/v1/transfers/{jobId}/release',
    summary: 'The job was stopped where it was: it is this cabinet’s now',
    auth: cabinet,
    params: jobParams,
    body: z.strictObject({ hop: z.int().min(1) }),
    answers: { 204: null },
    problems: ['JOB_UNKNOWN'],
    handler: ({ principal, params, body }) => {
      takeOver(agent.book, params.jobId, principal.id, body.hop);
      agent.desk.share();
      return now(reply(204));
    },
  }),
  route({
    method: 'delete',
    path: '/v1/transfers/{jobId}',
    summary: 'The job stays where it is',
    auth: cabinet,
    params: jobParams,
    query: hopQuery,
    answers: { 204: null },
    handler: ({ principal, params, query }) => {
      dropOffer(agent.book, params.jobId, principal.id, query.hop);
      return now(reply(204));
    },
  }),
  route({
    method: 'get',
    path: '/v1/transfers/{jobId}',
    summary: 'What became of a move to the cabinet that asks',
    auth: cabinet,
    params: jobParams,
    query: hopQuery,
    answers: { 200: transferFate },
    problems: ['JOB_UNKNOWN'],
    handler: ({ principal, params, query }) =>
      now(reply(200, { fate: agent.moves.fateOf(params.jobId, principal.id, query.hop) })),
  }),
];
