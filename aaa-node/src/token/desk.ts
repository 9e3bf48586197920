import {
  blockAtDepth,
  ChainError,
  holdIdOf,
  readHold,
  sessionCall,
  sessionHash,
  toBaseUnits,
  toMicros,
  type Hold,
} from '@roamgrid/escrow';
import { kitError } from '@roamgrid/service-kit';
import type { OwnChain } from './chain.ts';
import type { TokenSettings } from './config.ts';

/** A hold as the chain has it at the depth that counts. */
export interface SeenHold {
  /** Undefined: the chain does not have it there. */
  readonly hold: Hold | undefined;
  readonly blockHash: string;
  /** Time of that block: what is over by then is over for good. */
  readonly atMs: number;
}

/** What a customer's wallet permits. */
export interface Wanted {
  readonly chainId: string;
  readonly escrow: string;
  readonly token: string;
  readonly decimals: number;
  readonly session: string;
  readonly drawer: string;
  readonly payee: string;
}

/** The node's desk at the chain: it looks, and draws, and knows nothing of accounts. */
export interface TokenDesk {
  readonly settings: TokenSettings;
  /** What is asked of the customer for a hold of this name. */
  wanted(customerId: string, tokenHoldId: string): Promise<Wanted>;
  holdId(customerId: string, tokenHoldId: string, driver: string): string;
  look(holdId: string): Promise<SeenHold>;
  isDrawnHere(drawer: string): boolean;
  micros(baseUnits: bigint): Promise<bigint>;
  /** Tells the chain to draw; the same again changes nothing. */
  draw(holdId: string, micros: bigint): Promise<void>;
}

/** What the chain cannot do now is no fault of who asked. */
const unavailable = (thrown: unknown): unknown =>
  thrown instanceof ChainError ? kitError('UNAVAILABLE', thrown.message, { cause: thrown }) : thrown;

export const openTokenDesk = (
  utilityId: string,
  settings: TokenSettings,
  { chain, sender, decimals }: OwnChain,
): TokenDesk => {
  const { escrow, token, depth } = settings;
  const session = (customerId: string, tokenHoldId: string) =>
    sessionHash(`${utilityId}:${customerId}:${tokenHoldId}`);
  return {
    settings,
    async wanted(customerId, tokenHoldId) {
      try {
        await chain.requireChain();
        return {
          chainId: settings.chainId,
          escrow,
          token,
          decimals: await decimals(),
          session: session(customerId, tokenHoldId),
          drawer: sender.address,
          payee: sender.address,
        };
      } catch (thrown) {
        throw unavailable(thrown);
      }
    },
    holdId: (customerId, tokenHoldId, driver) => holdIdOf(session(customerId, tokenHoldId), driver),
    async look(holdId) {
      try {
        await chain.requireChain();
        const { hash, atS } = await blockAtDepth(chain, depth);
        const hold = await readHold(chain, escrow, holdId, hash);
        return { hold, blockHash: hash, atMs: Number(atS) * 1_000 };
      } catch (thrown) {
        throw unavailable(thrown);
      }
    },
    isDrawnHere: (drawer) => drawer === sender.address,
    micros: async (baseUnits) => toMicros(baseUnits, await decimals()).micros,
    async draw(holdId, micros) {
      // What a token of few decimals cannot carry stays owed, and is part of what is owed next.
      const { baseUnits } = toBaseUnits(micros, await decimals());
      const key = `draw:${holdId}`;
      await sender.send({ key, to: escrow, data: sessionCall.draw(holdId, baseUnits) });
      try {
        await sender.settle(key, 0);
      } catch (thrown) {
        if (!(thrown instanceof ChainError && thrown.code === 'NOT_FINAL')) throw thrown;
      }
    },
  };
};
