import {
  call,
  createLogger,
  createService,
  kitError,
  publicAuth,
  reply,
  route,
  withKitProblems,
} from '@roamgrid/service-kit';
import { z } from 'zod';
import { startSimulatedNode, type SimulatedNode, type SimulatedNodeOptions } from './node.ts';

/** What a node of a public chain answers, and what is asked of one here. */
const METHODS = [
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_getBlockByNumber',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_sendRawTransaction',
] as const;

const id = z.union([z.int(), z.string().max(64)]);
const question = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id,
  method: z.enum(METHODS),
  params: z.array(z.json()).max(10),
});
const answer = z.looseObject({ jsonrpc: z.literal('2.0') });

const MAX_QUESTION_BYTES = 256 * 1024;
const ASK_MS = 30_000;

export interface ServedChainOptions extends SimulatedNodeOptions {
  readonly port: number;
  /** Puts on a chain what is to be there, each time that the node starts; what is there already stays. */
  readonly prepare: (nodeUrl: string) => Promise<void>;
}

export interface ServedChain {
  readonly url: string;
  /** The node itself, with all that it can do, started if it does not run. */
  node(): Promise<SimulatedNode>;
  /** Whether anybody asked so far. */
  readonly isRunning: boolean;
  close(): Promise<void>;
}

/** A chain that nobody pays for until somebody asks it: the node starts with the first question, and again when it ended. */
export const serveChain = async (options: ServedChainOptions): Promise<ServedChain> => {
  let running: Promise<SimulatedNode> | undefined;
  const begin = async (): Promise<SimulatedNode> => {
    const started = await startSimulatedNode(options);
    void started.ended.then(() => {
      running = undefined;
    });
    try {
      await options.prepare(started.url);
      return started;
    } catch (thrown) {
      await started.stop();
      throw thrown;
    }
  };
  const node = (): Promise<SimulatedNode> => {
    running ??= begin().catch((thrown: unknown) => {
      running = undefined;
      throw thrown;
    });
    return running;
  };
  const service = createService({
    name: 'simulated-chain',
    version: '0.1.0',
    logger: createLogger('simulated-chain', { level: 'error' }),
    problems: withKitProblems({}),
    routes: [
      route({
        method: 'post',
        path: '/',
        summary: 'One question to the chain, JSON-RPC',
        auth: publicAuth,
        body: question,
        bodyLimitBytes: MAX_QUESTION_BYTES,
        answers: { 200: answer },
        problems: ['UNAVAILABLE'],
        handler: async ({ body }) => {
          const { url } = await node().catch((cause: unknown) => {
            throw kitError('UNAVAILABLE', 'the EVM node does not start', { cause });
          });
          const asked = await call({ method: 'POST', url, body, answer, timeoutMs: ASK_MS });
          if (asked.ok) return reply(200, asked.value);
          throw kitError('UNAVAILABLE', 'the EVM node gives no usable answer', { cause: asked.failure });
        },
      }),
    ],
  });
  const url = await service.listen({ port: options.port });
  return {
    url,
    node,
    get isRunning() {
      return running !== undefined;
    },
    async close() {
      await service.close(0);
      const last = await running?.catch(() => undefined);
      await last?.stop();
    },
  };
};
