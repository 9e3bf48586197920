import type { Connection } from '../chain/connection.ts';
import { artifactOf } from './artifacts.ts';

const { interface: abi } = artifactOf('TestToken');

/** The data of each call. */
export const tokenCall = {
  approve: (spender: string, amount: bigint) => abi.encodeFunctionData('approve', [spender, amount]),
  transfer: (to: string, amount: bigint) => abi.encodeFunctionData('transfer', [to, amount]),
  /** Of test tokens only. */
  mint: (to: string, amount: bigint) => abi.encodeFunctionData('mint', [to, amount]),
};

export const readDecimals = async (chain: Connection, token: string): Promise<number> =>
  Number(
    abi.decodeFunctionResult(
      'decimals',
      await chain.call(token, abi.encodeFunctionData('decimals')),
    )[0] as bigint,
  );

export const readBalance = async (chain: Connection, token: string, who: string): Promise<bigint> =>
  abi.decodeFunctionResult(
    'balanceOf',
    await chain.call(token, abi.encodeFunctionData('balanceOf', [who])),
  )[0] as bigint;
