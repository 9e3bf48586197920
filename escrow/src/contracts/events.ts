import { getAddress, type Interface } from 'ethers';
import type { ChainReceipt } from '../chain/finality.ts';

export interface ChainEvent {
  readonly logIndex: number;
  readonly values: readonly unknown[];
}

/** Every event of a name that one contract wrote in a transaction; what other contracts wrote says nothing. */
export const eventsIn = (
  abi: Interface,
  receipt: ChainReceipt,
  contract: string,
  name: string,
): readonly ChainEvent[] =>
  receipt.logs
    .filter(({ address }) => getAddress(address) === getAddress(contract))
    .flatMap((log) => {
      const parsed = abi.parseLog(log);
      return parsed?.name === name
        ? [{ logIndex: log.logIndex, values: [...(parsed.args as unknown as Iterable<unknown>)] }]
        : [];
    });
