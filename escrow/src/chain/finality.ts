import { z } from 'zod';
import type { Connection } from './connection.ts';
import { ChainError } from './problem.ts';

const hex = z.string().regex(/^0x[0-9a-f]*$/i);
const receipt = z.object({
  transactionHash: hex,
  blockHash: hex,
  blockNumber: hex,
  status: hex,
  logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex, logIndex: hex })),
});
const block = z.object({ hash: hex, number: hex, timestamp: hex });

export interface ChainLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  /** Its place in its block. */
  readonly logIndex: number;
}

/** Where a transaction is on a chain, as of one moment. */
export interface ChainReceipt {
  readonly chainId: bigint;
  readonly transactionHash: string;
  readonly blockHash: string;
  readonly blockNumber: bigint;
  /** How many blocks deep: 1 when its block is the latest. */
  readonly depth: number;
  readonly isSuccess: boolean;
  readonly logs: readonly ChainLog[];
}

/**
 * Looks where a transaction is now. It asks anew each time and compares the block of that number with the receipt's: what was
 * known before may be of a branch that the chain has left.
 * @returns undefined when the chain does not have it.
 */
export const lookUp = async (
  chain: Connection,
  transactionHash: string,
): Promise<ChainReceipt | undefined> => {
  const answered = await chain.ask('eth_getTransactionReceipt', [transactionHash]);
  if (answered === null) return undefined;
  const found = receipt.parse(answered);
  const inPlace = block.nullable().parse(await chain.ask('eth_getBlockByNumber', [found.blockNumber, false]));
  if (inPlace?.hash !== found.blockHash) return undefined;
  const head = BigInt(hex.parse(await chain.ask('eth_blockNumber', [])));
  const blockNumber = BigInt(found.blockNumber);
  return {
    chainId: chain.chainId,
    transactionHash: found.transactionHash,
    blockHash: found.blockHash,
    blockNumber,
    depth: head < blockNumber ? 0 : Number(head - blockNumber) + 1,
    isSuccess: BigInt(found.status) === 1n,
    logs: found.logs.map((log) => ({ ...log, logIndex: Number(log.logIndex) })),
  };
};

/** The latest block that is so deep: what holds in it holds at that depth. */
export const blockAtDepth = async (
  chain: Connection,
  depth: number,
): Promise<{ readonly hash: string; readonly number: bigint; readonly atS: bigint }> => {
  const head = BigInt(hex.parse(await chain.ask('eth_blockNumber', [])));
  const wanted = head - BigInt(depth) + 1n;
  const asked = `0x${(wanted > 0n ? wanted : 0n).toString(16)}`;
  const found = block.parse(await chain.ask('eth_getBlockByNumber', [asked, false]));
  return { hash: found.hash, number: BigInt(found.number), atS: BigInt(found.timestamp) };
};

/**
 * The receipt of a transaction that another party names, once it is deep enough.
 * @throws ChainError NOT_FINAL while it is not; REVERTED when it failed; WRONG_CHAIN.
 */
export const finalReceipt = async (
  chain: Connection,
  transactionHash: string,
  depth: number,
): Promise<ChainReceipt> => {
  await chain.requireChain();
  const found = await lookUp(chain, transactionHash);
  if (found === undefined)
    throw new ChainError('NOT_FINAL', `the chain does not have ${transactionHash}: ask again later`);
  if (found.depth < depth)
    throw new ChainError(
      'NOT_FINAL',
      `${transactionHash} is ${found.depth} of ${depth} blocks deep: ask later`,
    );
  if (!found.isSuccess) throw new ChainError('REVERTED', `${transactionHash} failed on the chain`);
  return found;
};

/**
 * Looks again at a receipt that was final: the same transaction in the same block, at least as deep.
 * @throws ChainError REORGANISED when the chain no longer has it there.
 */
export const checkAgain = async (
  chain: Connection,
  before: Pick<ChainReceipt, 'transactionHash' | 'blockHash' | 'depth'>,
): Promise<ChainReceipt> => {
  await chain.requireChain();
  const found = await lookUp(chain, before.transactionHash);
  if (found?.blockHash !== before.blockHash || found.depth < before.depth)
    throw new ChainError(
      'REORGANISED',
      `${before.transactionHash} is no longer in block ${before.blockHash}: treat it as not paid until it is final again`,
    );
  return found;
};
