import { reply, route, type Route } from '@roamgrid/service-kit';
import {
  answerRequest,
  creditAnswer,
  creditPage,
  creditRequest,
  disputeAnswer,
  disputeChanges,
  disputePage,
  disputeRequest,
  disputeState,
  invoicedRecordPage,
  invoiceEntry,
  operatorReceipt,
  partyRole,
  recordId,
  sessionId,
  MAX_SESSION_NUMBER,
  settlementPeriod,
  sha256Hex,
  shownDispute,
  supplementAnswer,
  supplementRequest,
  takeBackRequest,
} from '@roamgrid/wire';
import { z } from 'zod';
import { pageOf, paging } from '../auditor-api/page.ts';
import { gatewayError } from '../problems.ts';
import { creditsOf } from '../clearing/credits.ts';
import {
  disputeChangesOf,
  disputeOf,
  disputesOf,
  invoiceOf,
  invoiceWith,
  recordsOf,
} from '../clearing/read.ts';
import type { InternalContext } from './routes.ts';

/** Evidence of a hundred records, and a close whose meter signed every reading. */
const MAX_REQUEST_BYTES = 2 * 1024 * 1024;

const ofInvoice = z.strictObject({ invoiceId: recordId });
const ofDispute = z.strictObject({ disputeId: sha256Hex });
const problems = ['RECORD_NOT_FOUND', 'LEDGER_WRONG_STATE', 'LEDGER_FORBIDDEN', 'LEDGER_DOWN'];

const invoiceRoutes = (context: InternalContext): readonly Route[] => {
  const { auth, disputing } = context;
  return [
    route({
      method: 'get',
      path: '/internal/v1/invoices/{invoiceId}/records',
      summary: 'The charge records that an invoice was made of, with their settled sessions',
      auth: auth.aaa,
      params: ofInvoice,
      query: z.strictObject({
        // A number of the lane: what is larger is none, and no column holds it.
        after: z.coerce.number().int().min(0).max(MAX_SESSION_NUMBER).default(0),
        limit: paging.limit,
      }),
      answers: { 200: invoicedRecordPage },
      problems: ['RECORD_NOT_FOUND'],
      handler: async ({ params, query: { after, limit } }) => {
        const invoice = await invoiceOf(context, params.invoiceId);
        const rows = await recordsOf(context, invoice, { after, limit: limit + 1 });
        const page = pageOf(
          rows,
          limit,
          (row) => row,
          ({ cdr }) => cdr.laneSequence.toString(),
        );
        return reply(200, { invoice, ...page });
      },
    }),
    route({
      method: 'get',
      path: '/internal/v1/sessions/{sessionId}/invoice',
      summary: 'The invoice that the record of a session is on',
      auth: auth.aaa,
      params: z.strictObject({ sessionId }),
      answers: { 200: invoiceEntry },
      problems: ['RECORD_NOT_FOUND'],
      handler: async ({ params }) => reply(200, await invoiceWith(context, params.sessionId)),
    }),
    route({
      method: 'post',
      path: '/internal/v1/invoices/{invoiceId}/disputes',
      summary: 'Accept an invoice that this utility got but for some records, or contest them afterwards',
      auth: auth.aaa,
      params: ofInvoice,
      body: disputeRequest,
      bodyLimitBytes: MAX_REQUEST_BYTES,
      answers: { 200: disputeAnswer },
      problems,
      handler: async ({ params, body }) => {
        const { invoice, disputes } = await disputing.dispute(params.invoiceId, body);
        return reply(200, { invoice, disputes: [...disputes] });
      },
    }),
    route({
      method: 'post',
      path: '/internal/v1/invoices/{invoiceId}/accept',
      summary: 'Accept an invoice that this utility got, or one that it made and home was silent on',
      auth: auth.aaa,
      params: ofInvoice,
      answers: { 200: operatorReceipt },
      problems,
      handler: async ({ params, principal }) => {
        const { transactionId, blockNumber, receipt } = await disputing.accept(params.invoiceId, principal);
        return reply(200, { transactionId, blockNumber: blockNumber.toString(), wrote: receipt.wrote });
      },
    }),
    route({
      method: 'post',
      path: '/internal/v1/invoices/{invoiceId}/cancel',
      summary: 'Take back an invoice of this utility that nobody accepted',
      auth: auth.aaa,
      params: ofInvoice,
      answers: { 200: invoiceEntry },
      problems: [...problems, 'LEDGER_SEQUENCE_GAP'],
      handler: async ({ params, principal }) =>
        reply(200, await disputing.cancel(params.invoiceId, principal)),
    }),
  ];
};

const listRoutes = (context: InternalContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/disputes',
    summary: 'Disputed records of this utility, with their bodies',
    auth: context.auth.aaa,
    query: z.strictObject({
      role: partyRole,
      state: disputeState.exactOptional(),
      invoiceId: recordId.exactOptional(),
      ...paging,
    }),
    answers: { 200: disputePage },
    handler: async ({ query }) => {
      const rows = await disputesOf(context, { ...query, limit: query.limit + 1 });
      return reply(
        200,
        pageOf(
          rows,
          query.limit,
          (row) => row,
          ({ record }) => record.disputeId,
        ),
      );
    },
  }),
  route({
    method: 'get',
    path: '/internal/v1/dispute-changes',
    summary: 'Disputed records of this utility in the order in which the ledger last changed them',
    auth: context.auth.aaa,
    query: z.strictObject({
      role: partyRole,
      after: z.string().max(200).default(''),
      limit: paging.limit,
    }),
    answers: { 200: disputeChanges },
    handler: async ({ query }) => reply(200, await disputeChangesOf(context, query)),
  }),
  route({
    method: 'get',
    path: '/internal/v1/credits',
    summary: 'Credit notes of this utility, with their bodies',
    auth: context.auth.aaa,
    query: z.strictObject({ role: partyRole, periodId: settlementPeriod.exactOptional(), ...paging }),
    answers: { 200: creditPage },
    handler: async ({ query }) => {
      const rows = await creditsOf(context, { ...query, limit: query.limit + 1 });
      return reply(
        200,
        pageOf(
          rows,
          query.limit,
          (row) => row,
          ({ record }) => record.creditId,
        ),
      );
    },
  }),
  route({
    method: 'get',
    path: '/internal/v1/disputes/{disputeId}',
    summary: 'One disputed record of this utility',
    auth: context.auth.aaa,
    params: ofDispute,
    answers: { 200: shownDispute },
    problems: ['RECORD_NOT_FOUND'],
    handler: async ({ params }) => reply(200, await disputeOf(context, params.disputeId)),
  }),
];

const stepRoutes = ({ auth, disputing }: InternalContext): readonly Route[] => [
  route({
    method: 'post',
    path: '/internal/v1/disputes/{disputeId}/answer',
    summary: 'Revise, uphold or credit a record of this utility’s that home disputes',
    auth: auth.aaa,
    params: ofDispute,
    body: answerRequest,
    bodyLimitBytes: MAX_REQUEST_BYTES,
    answers: { 200: shownDispute },
    problems: [...problems, 'READINGS_INVALID', 'LEDGER_BAD_SIGNATURE', 'LEDGER_OVERLAP', 'LEDGER_OVER_CAP'],
    handler: async ({ params, body }) => reply(200, await disputing.answer(params.disputeId, body)),
  }),
  route({
    method: 'post',
    path: '/internal/v1/disputes/{disputeId}/silence',
    summary: 'Say that the visited utility did not answer in time, so that the record is credited',
    auth: auth.aaa,
    params: ofDispute,
    answers: { 200: shownDispute },
    problems,
    handler: async ({ params, principal }) =>
      reply(200, await disputing.silence(params.disputeId, principal)),
  }),
  route({
    method: 'post',
    path: '/internal/v1/disputes/{disputeId}/supplement',
    summary: 'Invoice what the answer to a dispute says is owed',
    auth: auth.aaa,
    params: ofDispute,
    body: supplementRequest,
    answers: { 200: supplementAnswer },
    problems,
    handler: async ({ params, body }) =>
      reply(200, await disputing.supplement(params.disputeId, body.periodId)),
  }),
  route({
    method: 'post',
    path: '/internal/v1/disputes/{disputeId}/credit-note',
    summary: 'Write what a late dispute came to as a credit note, which is netted',
    auth: auth.aaa,
    params: ofDispute,
    body: creditRequest,
    answers: { 200: creditAnswer },
    problems,
    handler: async ({ params, body }) =>
      reply(200, await disputing.creditNote(params.disputeId, body.periodId)),
  }),
];

const takeBackRoute = ({ auth, router }: InternalContext): Route =>
  route({
    method: 'post',
    path: '/internal/v1/sessions/{sessionId}/take-back',
    summary: 'Tell home that this utility takes a record of its own back',
    auth: auth.aaa,
    params: z.strictObject({ sessionId }),
    body: takeBackRequest,
    answers: { 204: null },
    problems: ['TAKE_BACK_REFUSED', 'HOME_SERVICE_DOWN'],
    handler: async ({ params, body }) => {
      if (router === undefined) throw gatewayError('TAKE_BACK_REFUSED', 'this gateway serves no stations');
      const told = await router.takeBack(params.sessionId, body);
      if (told.kind === 'refused') throw gatewayError('TAKE_BACK_REFUSED', `${told.code}: ${told.detail}`);
      if (told.kind === 'later') {
        const { failure } = told;
        const why = failure.kind === 'problem' ? failure.problem.detail : failure.kind;
        throw gatewayError('HOME_SERVICE_DOWN', `home has not been told yet: ${why}`);
      }
      return reply(204);
    },
  });

/** What the AAA node asks and says of records that are not accepted. */
export const disputeRoutes = (context: InternalContext): readonly Route[] => [
  ...invoiceRoutes(context),
  ...listRoutes(context),
  ...stepRoutes(context),
  takeBackRoute(context),
];
