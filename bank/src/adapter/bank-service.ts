import {
  createReplayCache,
  createService,
  createLogger,
  reply,
  route,
  ServiceError,
  sharedSecretAuth,
  withKitProblems,
  type LogLevel,
  type Route,
  type Service,
} from '@roamgrid/service-kit';
import { createTrust, startRounds, type TrustedCaller } from '@roamgrid/service-kit/runtime';
import { formatMinor } from '@roamgrid/domain';
import { z } from 'zod';
import type { Desk } from '../desk/desk.ts';

export interface BankServiceOptions {
  readonly utilityId: string;
  readonly desk: Desk;
  /** Tokens by which the bank, or the program that talks to it, is known here. */
  readonly bankTokens: readonly string[];
  /** Operators of the own utility. */
  readonly trusted: readonly TrustedCaller[];
  readonly listen: { readonly port: number };
  /** How often the desk orders and tells. */
  readonly roundEveryMs: number;
  /** What a bank leaves in folders, where it does; looked at before each round. */
  readonly collect?: () => unknown;
  readonly logLevel: LogLevel;
}

export interface BankService {
  readonly url: string;
  /** Does at once what there is to do, instead of at the next round. */
  look(): Promise<void>;
  close(): Promise<void>;
}

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const MAX_ID = 64;

const problems = withKitProblems({
  MESSAGE_REFUSED: {
    status: 422,
    title: 'The message is not one that is read here',
    remedy: 'Send pain.002, camt.053 or camt.054 whole, as its namespace says.',
  },
  PAYMENT_NOT_TRIED: {
    status: 409,
    title: 'There is nothing to try again',
    remedy: 'Only a payment that was ordered here can be tried again.',
  },
});
const bankError = (code: 'MESSAGE_REFUSED' | 'PAYMENT_NOT_TRIED', detail: string): ServiceError =>
  new ServiceError(code, detail);

const stateAnswer = z.strictObject({
  attempts: z.array(
    z.strictObject({
      paymentId: z.string(),
      attempt: z.int(),
      endToEndId: z.string(),
      orderId: z.string(),
      currency: z.string(),
      amount: z.string(),
      orderedAtMs: z.int(),
      state: z.string(),
      reasons: z.array(z.strictObject({ code: z.string(), text: z.string() })),
    }),
  ),
  unmatched: z.array(z.strictObject({ movementId: z.string(), why: z.string() })),
  unclear: z.array(
    z.strictObject({ movementId: z.string(), currency: z.string(), amount: z.string(), why: z.string() }),
  ),
  withoutAccount: z.array(z.strictObject({ paymentId: z.string(), payee: z.string() })),
  refused: z.array(z.string()),
});

/** Messages of the bank in; to operators, how payments stand. */
const bankRoutes = (
  { desk, bankTokens, utilityId, trusted }: BankServiceOptions,
  url: () => string,
): readonly Route[] => {
  const bank = sharedSecretAuth(bankTokens, 'bank');
  const operator = createTrust(utilityId, trusted, () => [url()], createReplayCache())('operator');
  return [
    route({
      method: 'post',
      path: '/bank/v1/messages',
      summary: 'A message of the bank: pain.002, camt.053 or camt.054; the same again changes nothing',
      auth: bank,
      body: z.strictObject({ message: z.string().max(MAX_MESSAGE_BYTES) }),
      bodyLimitBytes: 2 * MAX_MESSAGE_BYTES,
      answers: { 200: z.strictObject({ outcome: z.enum(['taken', 'repeated']) }) },
      problems: ['MESSAGE_REFUSED'],
      handler: ({ body }) => {
        const taken = desk.take(Buffer.from(body.message, 'utf8'));
        if (taken.outcome !== 'refused') return Promise.resolve(reply(200, { outcome: taken.outcome }));
        throw bankError('MESSAGE_REFUSED', `${taken.error.code}: ${taken.error.message.slice(0, 500)}`);
      },
    }),
    route({
      method: 'get',
      path: '/bank/v1/state',
      summary: 'Every attempt to pay, and money that waits for a person',
      auth: operator,
      answers: { 200: stateAnswer },
      handler: async () => {
        const { attempts, unmatched, unclear, withoutAccount, refused } = await desk.state();
        return reply(200, {
          attempts: attempts.map(({ amount, reasons, ...attempt }) => ({
            ...attempt,
            currency: amount.currency,
            amount: formatMinor(amount),
            reasons: [...reasons],
          })),
          unmatched: [...unmatched],
          unclear: unclear.map(({ movement, why }) => ({
            movementId: movement.movementId,
            currency: movement.amount.currency,
            amount: formatMinor(movement.amount),
            why,
          })),
          withoutAccount: [...withoutAccount],
          refused: [...refused],
        });
      },
    }),
    route({
      method: 'post',
      path: '/bank/v1/payments/{paymentId}/retry',
      summary: 'Try a payment again that was refused, came back or came to less',
      auth: operator,
      params: z.strictObject({ paymentId: z.string().min(1).max(MAX_ID) }),
      answers: { 202: null },
      problems: ['PAYMENT_NOT_TRIED'],
      handler: async ({ params: { paymentId } }) => {
        const { attempts } = await desk.state();
        if (!attempts.some((attempt) => attempt.paymentId === paymentId))
          throw bankError('PAYMENT_NOT_TRIED', 'this payment was never ordered here');
        desk.retry(paymentId);
        return reply(202);
      },
    }),
  ];
};

/** A utility's desk as a service: its bank pushes messages, its operators look and let things be tried again. */
export const startBankService = async (options: BankServiceOptions): Promise<BankService> => {
  const { desk, listen, roundEveryMs, collect, logLevel } = options;
  const logger = createLogger('bank', { level: logLevel });
  let lastFailure: string | undefined;
  const service: Service = createService({
    name: 'bank',
    version: '0.1.0',
    logger,
    problems,
    ready: () =>
      Promise.resolve([
        {
          name: 'round',
          ok: lastFailure === undefined,
          isAdvisory: true,
          ...(lastFailure !== undefined && { detail: lastFailure }),
        },
      ]),
    routes: bankRoutes(options, () => service.url ?? ''),
  });
  const url = await service.listen(listen);
  let last: Promise<void> = Promise.resolve();
  const round = async (): Promise<void> => {
    try {
      collect?.();
      await desk.round();
      lastFailure = undefined;
    } catch (thrown) {
      lastFailure = 'the last round did not come to its end';
      throw thrown;
    }
  };
  // One after the other: two at once would order the same.
  const look = (): Promise<void> => {
    const mine = last.then(round);
    last = mine.catch(() => undefined);
    return mine;
  };
  const rounds = startRounds('payments by bank', roundEveryMs, look, logger);
  return {
    url,
    look,
    async close() {
      await rounds.stop();
      await last;
      await service.close(0);
      desk.close();
    },
  };
};
