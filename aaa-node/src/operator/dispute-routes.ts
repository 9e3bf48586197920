import {
  disputeReason,
  disputeState,
  evidenceText,
  instantMs,
  missingNumber,
  naturalMicrosCodec,
  recordId,
  sessionCloseBody,
  sessionId,
  sha256Hex,
  shownDispute,
  utilityId,
  type AssertionClaims,
  type ShownDispute,
} from '@roamgrid/wire';
import { kitError, reply, route, type Auth, type CallResult, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { GatewayClient } from '../gateway/client.ts';
import { aaaError } from '../problems.ts';
import type { AnsweringOfDisputes } from '../review/answer-disputes.ts';
import type { HomeDisputes } from '../review/home-disputes.ts';
import type { Db } from '../store/database.ts';

/** Which side of the dispute this utility is on. */
const side = z.enum(['home', 'visited']);

/** One disputed record, as this utility knows it. */
export const disputeLine = z.strictObject({
  /** Absent until the ledger has it. */
  disputeId: sha256Hex.exactOptional(),
  invoiceId: recordId.exactOptional(),
  vun: utilityId,
  hun: utilityId,
  sessionId: sessionId.exactOptional(),
  state: z.enum(['raised', ...disputeState.options]),
  reason: disputeReason.exactOptional(),
  evidence: evidenceText.exactOptional(),
  disputedMicros: naturalMicrosCodec.exactOptional(),
  /** What the visited utility answered, and what the record comes to by it. */
  answerEvidence: evidenceText.exactOptional(),
  answeredMicros: naturalMicrosCodec.exactOptional(),
  supplementId: recordId.exactOptional(),
  /** Contested after its invoice was accepted; then what is less goes back by a note. */
  isLate: z.literal(true).exactOptional(),
  creditId: recordId.exactOptional(),
  /** Whose word it waits for: nobody's when it is over. */
  waitsFor: z.enum(['invoice', 'visited', 'home', 'nobody']),
  /** When the silence of whom it waits for says it. */
  untilMs: instantMs.exactOptional(),
  /** The visited node answers by itself; otherwise a person has to. */
  isDecidable: z.boolean().exactOptional(),
});
export type DisputeLine = z.output<typeof disputeLine>;
export const disputeLines = z.strictObject({ disputes: z.array(disputeLine) });
export const missingLines = z.strictObject({
  notEnded: z.array(missingNumber),
  demanded: z.array(missingNumber),
});

/** `POST /operator/v1/disputes` (home): a record, before its invoice comes or after it was accepted. */
export const contest = z.strictObject({
  sessionId,
  reason: disputeReason,
  statement: z.string().min(1).max(4_000),
});
/** `POST /operator/v1/disputes/{disputeId}/answer` (visited) */
const operatorAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.enum(['upheld', 'credited']), statement: evidenceText }),
  z.strictObject({ outcome: z.literal('revised'), statement: evidenceText, close: sessionCloseBody }),
]);

const WAITS = {
  disputed: 'visited',
  revised: 'home',
  upheld: 'home',
  credited: 'nobody',
  settled: 'nobody',
} as const;

const lineOf = ({ record, body, answer, silentUntilMs }: ShownDispute): DisputeLine => ({
  disputeId: record.disputeId,
  invoiceId: record.invoiceId,
  vun: record.vun,
  hun: record.hun,
  state: record.state,
  ...(body && { sessionId: body.sessionId, reason: body.reason, disputedMicros: body.totalMicros }),
  ...(body?.evidence !== undefined && { evidence: body.evidence }),
  ...(answer && { answeredMicros: answer.totalMicros }),
  ...(answer?.evidence !== undefined && { answerEvidence: answer.evidence }),
  ...(record.supplementId !== undefined && { supplementId: record.supplementId }),
  ...(record.late === true && { isLate: record.late }),
  ...(record.creditId !== undefined && { creditId: record.creditId }),
  waitsFor: record.late === true && record.state === 'upheld' ? 'nobody' : WAITS[record.state],
  ...(silentUntilMs !== undefined && { untilMs: silentUntilMs }),
});

const must = <T>(told: CallResult<T>): T => {
  if (told.ok) return told.value;
  const { failure } = told;
  if (failure.kind === 'problem' && failure.problem.status < 500)
    throw aaaError('DISPUTE_REFUSED', `${failure.problem.code}: ${failure.problem.detail}`);
  throw kitError('UNAVAILABLE', 'the utility’s own gateway gives no usable answer', { cause: failure });
};

export interface DisputeRouteOptions {
  readonly db: Db;
  readonly gateway: GatewayClient;
  readonly homeDisputes: HomeDisputes;
  readonly answering: AnsweringOfDisputes;
  readonly utilityId: string;
  readonly auth: Auth<AssertionClaims>;
}

const ofDispute = z.strictObject({ disputeId: sha256Hex });
const problems = ['DISPUTE_REFUSED', 'UNAVAILABLE'];

/** Records that wait for their invoice to be disputed with it. */
const raisedLines = async ({ db, utilityId: hun }: DisputeRouteOptions): Promise<readonly DisputeLine[]> => {
  const rows = await db
    .selectFrom('record_dispute')
    .innerJoin('cdr', 'cdr.session_id', 'record_dispute.session_id')
    .select(['cdr.vun', 'cdr.session_id', 'reason', 'evidence', 'record_dispute.invoice_id', 'total_micros'])
    .where('state', '=', 'raised')
    .orderBy('cdr.session_id')
    .execute();
  return rows.map((row) => ({
    vun: row.vun,
    hun,
    sessionId: row.session_id,
    state: 'raised',
    reason: row.reason,
    evidence: row.evidence,
    disputedMicros: row.total_micros,
    ...(row.invoice_id !== null && { invoiceId: row.invoice_id }),
    waitsFor: 'invoice',
  }));
};

const listRoutes = (options: DisputeRouteOptions): readonly Route[] => {
  const { gateway, answering, auth } = options;
  return [
    route({
      method: 'get',
      path: '/operator/v1/disputes',
      summary:
        'Disputed records, of home’s customers or at own stations: their reasons, and whose word each waits for until when',
      auth,
      query: z.strictObject({ side, state: disputeState.exactOptional() }),
      answers: { 200: disputeLines },
      problems: ['UNAVAILABLE'],
      handler: async ({ query: { side: on, ...filter } }) => {
        const shown = await gateway.disputes({ role: on === 'home' ? 'hun' : 'vun', ...filter });
        const lines: DisputeLine[] = [];
        for (const dispute of shown) {
          const isOurs = on === 'visited' && dispute.record.state === 'disputed';
          lines.push({
            ...lineOf(dispute),
            ...(isOurs && { isDecidable: (await answering.answerOf(dispute)) !== undefined }),
          });
        }
        const raised = on === 'home' && filter.state === undefined ? await raisedLines(options) : [];
        return reply(200, { disputes: [...raised, ...lines] });
      },
    }),
    route({
      method: 'get',
      path: '/operator/v1/missing-records',
      summary: 'Sessions whose records have not come: those that still may, and those that home demands',
      auth,
      query: z.strictObject({ side }),
      answers: { 200: missingLines },
      problems: ['UNAVAILABLE'],
      handler: async ({ query }) => {
        const role = query.side === 'home' ? 'hun' : 'vun';
        const [notEnded, demanded] = await Promise.all([
          gateway.missing(role, 'not-ended'),
          gateway.missing(role, 'demanded'),
        ]);
        return reply(200, { notEnded: [...notEnded], demanded: [...demanded] });
      },
    }),
  ];
};

/** What operators see of disputes and say themselves, on either side; the rest the node does alone. */
export const disputeRoutes = (options: DisputeRouteOptions): readonly Route[] => {
  const { gateway, homeDisputes, auth } = options;
  return [
    ...listRoutes(options),
    route({
      method: 'post',
      path: '/operator/v1/disputes',
      summary: 'Contest a record of a customer’s, before its invoice comes or after it was accepted',
      auth,
      body: contest,
      answers: { 204: null },
      problems: ['RECORD_UNKNOWN', 'DISPUTE_RAISED', 'DISPUTE_NOT_YET', ...problems],
      handler: async ({ body, principal }) => {
        await homeDisputes.contest({ ...body, by: principal.iss });
        return reply(204);
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/disputes/{disputeId}/answer',
      summary: 'Answer a dispute about a record of an own station',
      auth,
      params: ofDispute,
      body: operatorAnswer,
      answers: { 200: shownDispute },
      problems,
      handler: async ({ params, body }) => {
        const evidence = body.statement;
        const answer =
          body.outcome === 'revised'
            ? { outcome: body.outcome, evidence, close: body.close }
            : { outcome: body.outcome, evidence };
        return reply(200, must(await gateway.answerDispute(params.disputeId, answer)));
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/disputes/{disputeId}/accept',
      summary: 'Agree to what the visited utility answered, before silence does',
      auth,
      params: ofDispute,
      answers: { 200: shownDispute },
      problems,
      handler: async ({ params }) => {
        must(await homeDisputes.accept(params.disputeId));
        return reply(200, await gateway.dispute(params.disputeId));
      },
    }),
  ];
};
