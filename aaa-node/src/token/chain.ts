import { connectChain, createSender, readDecimals, type Connection, type Sender } from '@roamgrid/escrow';
import type { TokenSettings } from './config.ts';

/** The chain as this node uses it: one connection, and one account that sends in one order, whatever it sends. */
export interface OwnChain {
  readonly chain: Connection;
  readonly sender: Sender;
  /** Of the token that is taken. */
  readonly decimals: () => Promise<number>;
  close(): void;
}

const POLL_MS = 1_000;

export const openOwnChain = (settings: TokenSettings): OwnChain => {
  const chain = connectChain({
    url: settings.url,
    chainId: BigInt(settings.chainId),
    requestMs: settings.ask,
  });
  const sender = createSender({
    chain,
    privateKey: settings.accountKey,
    folder: settings.folder,
    depth: settings.depth,
    feeCapPerGas: BigInt(settings.feeCapPerGas),
    gasCap: BigInt(settings.gasCap),
    stuckAfterMs: settings.stuckAfter,
    pollMs: POLL_MS,
  });
  let known: number | undefined;
  return {
    chain,
    sender,
    decimals: async () => (known ??= await readDecimals(chain, settings.token)),
    close() {
      sender.close();
      chain.close();
    },
  };
};
