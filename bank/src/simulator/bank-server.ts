import {
  call,
  createLogger,
  createService,
  reply,
  route,
  sharedSecretAuth,
  withKitProblems,
} from '@roamgrid/service-kit';
import { startRounds } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';
import { keyOf, type BankPost, type SimulatedBank } from './bank.ts';
import type { ToldAccount } from './write-account-report.ts';

/** A customer that talks to the bank over HTTP. */
export interface BankClient {
  readonly account: ToldAccount;
  /** By which the bank knows him. */
  readonly token: string;
  /** Where he wants to be told, and by which token he knows the bank; looked up when there is something to tell. */
  readonly tell: () => { readonly url: string; readonly token: string };
}

export interface BankServer {
  readonly url: string;
  /** Where a customer gives his orders. */
  ordersUrl(account: ToldAccount): string;
  close(): Promise<void>;
}

const MAX_ORDER_BYTES = 4 * 1024 * 1024;
const TICK_MS = 200;
const TELL_TIMEOUT_MS = 10_000;

/** The simulated bank over HTTP: takes orders, and tells until it is heard, in the order in which things happened. */
export const serveBank = async (
  bank: SimulatedBank,
  clients: readonly BankClient[],
  nowMs: () => number = Date.now,
  port = 0,
): Promise<BankServer> => {
  const logger = createLogger('simulated-bank', { level: 'error' });
  const waiting = new Map<string, BankPost[]>(clients.map(({ account }) => [keyOf(account), []]));
  const service = createService({
    name: 'simulated-bank',
    version: '0.1.0',
    logger,
    problems: withKitProblems({}),
    routes: clients.map(({ account, token }) =>
      route({
        method: 'post',
        path: `/customers/${keyOf(account)}/orders`,
        summary: 'An order of this customer, pain.001.001.09; what becomes of it is told later',
        auth: sharedSecretAuth([token], 'customer'),
        body: z.strictObject({ message: z.string().max(MAX_ORDER_BYTES) }),
        bodyLimitBytes: 2 * MAX_ORDER_BYTES,
        answers: { 202: null },
        handler: ({ body }) => {
          bank.take(keyOf(account), Buffer.from(body.message, 'utf8'), nowMs());
          return Promise.resolve(reply(202));
        },
      }),
    ),
  });
  const url = await service.listen({ port });
  const tell = async ({ account, tell: whereTo }: BankClient): Promise<void> => {
    const queue = waiting.get(keyOf(account)) ?? [];
    for (let [next] = queue; next !== undefined; [next] = queue) {
      const { url: toUrl, token } = whereTo();
      const result = await call({
        method: 'POST',
        url: toUrl,
        headers: { authorization: `Bearer ${token}` },
        body: { message: next.text },
        answer: z.looseObject({}),
        timeoutMs: TELL_TIMEOUT_MS,
      });
      // Whoever is away hears it later; a message that he cannot read is not told him again.
      const isUnread =
        !result.ok && result.failure.kind === 'problem' && result.failure.problem.status === 422;
      if (!result.ok && !isUnread) return;
      queue.shift();
    }
  };
  const rounds = startRounds(
    'simulated bank',
    TICK_MS,
    async () => {
      for (const post of bank.tick(nowMs())) waiting.get(post.to)?.push(post);
      await Promise.all(clients.map(tell));
    },
    logger,
  );
  return {
    url,
    ordersUrl: (account) => `${url}/customers/${keyOf(account)}/orders`,
    async close() {
      await rounds.stop();
      await service.close(0);
    },
  };
};
