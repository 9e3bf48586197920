import { FetchRequest, isError, JsonRpcProvider, Network } from 'ethers';
import { artifactOf, type ContractName } from '../contracts/artifacts.ts';
import { ChainError } from './problem.ts';

export interface ConnectionOptions {
  readonly url: string;
  /** The chain that was agreed on; an answer of any other is refused. */
  readonly chainId: bigint;
  /** How long one question to the node may take. */
  readonly requestMs: number;
}

export interface Connection {
  readonly chainId: bigint;
  /** One question to the node, with its answer as the node wrote it: nothing is kept from earlier answers. */
  ask(method: string, params: readonly unknown[]): Promise<unknown>;
  /** @throws ChainError WRONG_CHAIN */
  requireChain(): Promise<void>;
  /** Calls a function that changes nothing, as of the latest block or of the block with this hash. */
  call(to: string, data: string, blockHash?: string): Promise<string>;
  close(): void;
}

const ERRORS_OF: readonly ContractName[] = ['SessionEscrow', 'NettingEscrow'];

/** The contract's own name for its refusal, where the node gave its data. */
const refusalIn = (data: unknown): string | undefined => {
  if (typeof data !== 'string' || !data.startsWith('0x') || data.length < 10) return undefined;
  for (const contract of ERRORS_OF) {
    const parsed = artifactOf(contract).interface.parseError(data);
    if (parsed !== null) return `${parsed.name}(${parsed.args.map(String).join(', ')})`;
  }
  return data;
};

interface NodeError {
  readonly code?: number;
  readonly message?: string;
  readonly data?: unknown;
}

/** What the node said was wrong, out of the wrappings that the client gives it. */
const nodeErrorOf = (thrown: unknown): NodeError | undefined => {
  if (isError(thrown, 'CALL_EXCEPTION')) return { message: thrown.message, data: thrown.data };
  const { info, error } = thrown as { info?: { error?: NodeError }; error?: NodeError };
  return info?.error ?? error;
};

const translate = (thrown: unknown, method: string): ChainError => {
  const said = nodeErrorOf(thrown);
  if (said !== undefined) {
    const refusal = refusalIn(said.data);
    const isRevert = refusal !== undefined || said.code === 3 || (said.message ?? '').includes('revert');
    return new ChainError(
      isRevert ? 'REVERTED' : 'CHAIN_REFUSED',
      refusal ?? said.message ?? 'the node gave no reason',
      { cause: thrown },
    );
  }
  const why = thrown instanceof Error ? thrown.message.slice(0, 200) : 'no reason given';
  return new ChainError('CHAIN_UNREACHABLE', `no answer to ${method}: ${why}`, { cause: thrown });
};

/** A connection to a node of an EVM chain. Every question has an end. */
export const connectChain = (options: ConnectionOptions): Connection => {
  const request = new FetchRequest(options.url);
  request.timeout = options.requestMs;
  // One attempt: the client's own repeats would go on past the time limit.
  request.setThrottleParams({ maxAttempts: 1 });
  // The network is given: a client that looks for it itself asks once a second, without end, and prints each time.
  const provider = new JsonRpcProvider(request, Network.from(options.chainId), {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
  });

  const ask = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`nothing within ${options.requestMs} ms`));
      }, options.requestMs);
    });
    try {
      return await Promise.race([provider.send(method, [...params]), over]);
    } catch (thrown) {
      throw translate(thrown, method);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    chainId: options.chainId,
    ask,
    async requireChain() {
      const answered = await ask('eth_chainId', []);
      const chainId = typeof answered === 'string' ? BigInt(answered) : undefined;
      if (chainId !== options.chainId)
        throw new ChainError(
          'WRONG_CHAIN',
          `the node at this address is of chain ${chainId ?? 'unknown'}, not ${options.chainId}: correct the address`,
        );
    },
    async call(to, data, blockHash) {
      const answer = await ask('eth_call', [
        { to, data },
        blockHash === undefined ? 'latest' : { blockHash },
      ]);
      if (typeof answer !== 'string' || answer === '0x')
        throw new ChainError('NOT_AS_SAID', `there is no such contract at ${to}`);
      return answer;
    },
    close: () => provider.destroy(),
  };
};
