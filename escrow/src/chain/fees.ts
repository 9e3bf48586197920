import { z } from 'zod';
import type { Connection } from './connection.ts';
import { ChainError } from './problem.ts';

/** What one unit of gas may cost, in the chain's smallest unit. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

const hexNumber = z.string().regex(/^0x[0-9a-f]+$/i);
const block = z.object({ baseFeePerGas: hexNumber });

/**
 * What to offer now: twice the present base fee, so that some full blocks in a row do not strand it, but never more than the
 * cap. The chain takes no more than it needs.
 * @throws ChainError FEE_OVER_CAP when even the present base fee is over the cap: nothing is signed then.
 */
export const quoteFees = async (chain: Connection, capPerGas: bigint): Promise<Fees> => {
  const latest = block.safeParse(await chain.ask('eth_getBlockByNumber', ['latest', false]));
  const asked = hexNumber.safeParse(await chain.ask('eth_maxPriorityFeePerGas', []));
  if (!latest.success || !asked.success)
    throw new ChainError(
      'CHAIN_REFUSED',
      'the chain states no base fee and no tip: it is older than EIP-1559',
    );
  const baseFee = BigInt(latest.data.baseFeePerGas);
  const tip = BigInt(asked.data);
  if (baseFee + tip > capPerGas)
    throw new ChainError(
      'FEE_OVER_CAP',
      `the chain asks for ${baseFee + tip} a unit of gas, and at most ${capPerGas} may be paid: wait, or raise the cap`,
    );
  const wanted = 2n * baseFee + tip;
  return { maxFeePerGas: wanted < capPerGas ? wanted : capPerGas, maxPriorityFeePerGas: tip };
};

/** Nodes take a replacement only when both fees rise by a tenth; an eighth more, and one for small numbers. */
const raised = (fee: bigint): bigint => fee + fee / 8n + 1n;

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What replaces a transaction that is stuck, or undefined when the cap leaves no room for it. */
export const raiseFees = (before: Fees, now: Fees | undefined, capPerGas: bigint): Fees | undefined => {
  const maxFeePerGas = larger(raised(before.maxFeePerGas), now?.maxFeePerGas ?? 0n);
  const maxPriorityFeePerGas = larger(raised(before.maxPriorityFeePerGas), now?.maxPriorityFeePerGas ?? 0n);
  return maxFeePerGas > capPerGas || maxPriorityFeePerGas > maxFeePerGas
    ? undefined
    : { maxFeePerGas, maxPriorityFeePerGas };
};
