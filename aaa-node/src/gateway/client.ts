import {
  cdrPage,
  gridFigures,
  holdingPage,
  invoiceRunAnswer,
  invoiceRun,
  ledgerHead,
  openingJudgement,
  openingQuestion,
  operatorReceipt,
  ownPayments,
  paymentCommands,
  sessionCommands,
  sessionQuartersPage,
  type VisitorProfile,
} from '@roamgrid/wire';
import { call, kitError, type Call, type CallResult } from '@roamgrid/service-kit';
import { z } from 'zod';
import { derivedId } from '../store/ids.ts';
import { bookingCalls } from './booking.ts';
import { clearingCalls, type AskKept } from './clearing.ts';
import { offlineCalls } from './offline.ts';
import { createUnchanged } from './unchanged.ts';

const CALL_TIMEOUT_MS = 5_000;
/** So long the gateway keeps the question after its head. */
const HEAD_WAIT_MS = 20_000;
/** What waits for blocks: a period's invoices are many commands, one after the other in each lane. */
const LEDGER_TIMEOUT_MS = 120_000;
/** Figures of the grid that come later are no longer worth having. */
const FIGURES_TIMEOUT_MS = 1_000;
/** The visited utility waits a second for home's word on an opening; what comes later comes too late. */
const JUDGE_TIMEOUT_MS = 800;
/** A page of 200 charge records with their lines. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

const spanOf = (fromMs: number, untilMs: number, after: string): string =>
  new URLSearchParams({ fromMs: fromMs.toString(), untilMs: untilMs.toString(), after }).toString();

/** What the node asks of its own gateway, each request with a fresh assertion in role `aaa`. */
export const createGatewayClient = (
  gatewayUrl: string,
  utilityId: string,
  sign: (audience: string) => Promise<string>,
  headAt: () => string | undefined = () => undefined,
) => {
  const unchanged = createUnchanged(headAt);
  const origin = new URL(gatewayUrl).origin;
  const ask = async <T extends z.ZodType>(
    method: Call<T>['method'],
    path: string,
    answer: T,
    body?: unknown,
    timeoutMs = CALL_TIMEOUT_MS,
    signal?: AbortSignal,
  ): Promise<CallResult<z.output<T>>> => {
    const answered = await call({
      method,
      url: `${origin}${path}`,
      headers: { authorization: `Bearer ${await sign(origin)}` },
      answer,
      timeoutMs,
      maxBytes: MAX_PAGE_BYTES,
      ...(body === undefined ? {} : { body }),
      ...(signal && { signal }),
    });
    // What this node did itself it sees at once.
    if (method !== 'GET') unchanged.forget();
    return answered;
  };
  /** For what only a block changes: not asked again before one comes. */
  const askKept: AskKept = (kind, path, answer) => unchanged.ask(kind, path, () => ask('GET', path, answer));

  const must = <T>(result: CallResult<T>): T => {
    if (!result.ok) throw unavailable(result.failure);
    return result.value;
  };

  return {
    /** How far the gateway has read the ledger; waits until that is behind what is known. */
    head: (known: string | undefined, signal: AbortSignal) => {
      const query = new URLSearchParams({
        ...(known !== undefined && { after: known }),
        waitMs: HEAD_WAIT_MS.toString(),
      });
      const path = `/internal/v1/head?${query.toString()}`;
      return ask('GET', path, ledgerHead, undefined, HEAD_WAIT_MS + CALL_TIMEOUT_MS, signal);
    },
    cdrs: async (role: 'hun' | 'vun', after: string, limit: number) =>
      must(
        await askKept(
          `cdrs ${role}`,
          `/internal/v1/cdrs?${new URLSearchParams({ role, after, limit: limit.toString() }).toString()}`,
          cdrPage,
        ),
      ),
    runInvoices: async (periodId: string, untilMs: number) =>
      must(
        await ask(
          'POST',
          `/internal/v1/periods/${periodId}/invoices`,
          invoiceRunAnswer,
          invoiceRun.encode({ untilMs }),
          LEDGER_TIMEOUT_MS,
        ),
      ),
    /** What was recorded of an area of the own grid: the latest reading by `untilMs`, and the highest since `fromMs`. */
    gridFigures: (areaId: string, fromMs: number, untilMs: number) => {
      const span = new URLSearchParams({ fromMs: fromMs.toString(), untilMs: untilMs.toString() });
      const path = `/internal/v1/grid/areas/${areaId}/figures?${span.toString()}`;
      return ask('GET', path, gridFigures, undefined, FIGURES_TIMEOUT_MS);
    },
    /** Whether this utility's endorser would take the opening; a driver waits for the answer. */
    judgeOpening: (openBody: string) =>
      ask(
        'POST',
        '/internal/v1/openings/judge',
        openingJudgement,
        openingQuestion.encode({ openBody }),
        JUDGE_TIMEOUT_MS,
      ),
    /** Certificates that this utility holds, of quarter-hours in a span. */
    holdings: async (fromMs: number, untilMs: number, after: string) =>
      must(await ask('GET', `/internal/v1/holdings?${spanOf(fromMs, untilMs, after)}`, holdingPage)),
    /** Energy by quarter-hour of customers' sessions that ended in a span. */
    sessionQuarters: async (fromMs: number, untilMs: number, after: string) =>
      must(
        await ask(
          'GET',
          `/internal/v1/session-quarters?${spanOf(fromMs, untilMs, after)}`,
          sessionQuartersPage,
        ),
      ),
    /** Uses certificates up on the ledger; the same command told twice does it once. */
    cancelCertificates: (command: unknown) =>
      ask(
        'POST',
        '/operator/v1/commands/grid/cancelCertificates',
        operatorReceipt,
        { command },
        LEDGER_TIMEOUT_MS,
      ),
    /** Revokes a profile on the ledger; revoking twice is revoking once. */
    revokeProfile: ({
      profileId,
      laneId,
      validUntilMs,
    }: Pick<VisitorProfile, 'profileId' | 'laneId' | 'validUntilMs'>) =>
      ask('POST', '/operator/v1/commands/session/revoke', operatorReceipt, {
        command: sessionCommands.revoke.encode({
          commandId: derivedId('revoke', utilityId, profileId),
          hun: utilityId,
          laneId,
          profileId,
          validUntilMs,
        }),
      }),
    ...bookingCalls(ask, askKept, must),
    ...offlineCalls(ask),
    ...clearingCalls(ask, askKept, must),
    /** What this utility pays or is paid, of nettings that are open or not older than an instant. */
    ownPayments: async (sinceMs: number) => {
      const { payments } = must(await ask('GET', `/internal/v1/payments?sinceMs=${sinceMs}`, ownPayments));
      return payments;
    },
    /** Says on the ledger what was sent, came, or was taken back; the same command told twice says it once. */
    tellPayment: async <V extends 'send' | 'receive' | 'undo'>(
      verb: V,
      command: z.output<(typeof paymentCommands)[V]>,
    ): Promise<void> => {
      const told = z.encode(paymentCommands[verb] as z.ZodType, command);
      const path = `/operator/v1/commands/payment/${verb}`;
      must(await ask('POST', path, operatorReceipt, { command: told }, LEDGER_TIMEOUT_MS));
    },
  };
};

export type GatewayClient = ReturnType<typeof createGatewayClient>;

const unavailable = (cause: unknown) =>
  kitError('UNAVAILABLE', 'the utility’s own gateway gives no usable answer', { cause });
