import { AbiCoder, computeAddress, concat, getAddress, getCreateAddress } from 'ethers';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Connection } from '../chain/connection.ts';
import { ChainError } from '../chain/problem.ts';
import { artifactOf, type ContractName } from './artifacts.ts';

/** What creates a contract. */
export const creationOf = (name: ContractName, args: readonly unknown[] = []): string => {
  const { interface: abi, bytecode } = artifactOf(name);
  return concat([bytecode, AbiCoder.defaultAbiCoder().encode(abi.deploy.inputs, args)]);
};

/** Where the contract will be that an account creates as its so-manieth transaction, from 0 on. */
export const createdAt = (from: string, nonce: number): string => getCreateAddress({ from, nonce });

/** The account of a private key of 32 bytes in hex. */
export const accountOf = (privateKey: string): string => computeAddress(privateKey);

const created = z.object({ status: z.literal('0x1'), contractAddress: z.string() }).nullable();
const POLL_MS = 5;

/**
 * Creates a contract from an account that the node itself signs for, as a simulated chain's does.
 * @throws ChainError NOT_FINAL when no block took it in time.
 */
export const deployUnsigned = async (
  chain: Connection,
  from: string,
  data: string,
  withinMs: number,
): Promise<string> => {
  await chain.requireChain();
  const hash = await chain.ask('eth_sendTransaction', [{ from, data }]);
  const untilMs = Date.now() + withinMs;
  while (Date.now() < untilMs) {
    const receipt = created.parse(await chain.ask('eth_getTransactionReceipt', [hash]));
    if (receipt !== null) return getAddress(receipt.contractAddress);
    await delay(POLL_MS);
  }
  throw new ChainError('NOT_FINAL', 'no block took the contract: look at the node');
};
