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
  type Permission,
} from '@roamgrid/escrow';
import { kitError } from '@roamgrid/service-kit';
import { aaaError } from '../problems.ts';
import { serially } from '../serially.ts';
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
  /** What a hold has at least. */
  readonly leastMicros: bigint;
}

/** Whose money in escrow is meant. */
export interface ToldHold {
  readonly customerId: string;
  readonly tokenHoldId: string;
  /** The customer's address. */
  readonly driver: string;
}

/** What the customer's wallet signed. */
export interface SignedHold {
  readonly capMicros: bigint;
  readonly expiresAtS: number;
  readonly signature: string;
}

/** The node's desk at the chain: it looks, and draws, and knows nothing of accounts. */
export interface TokenDesk {
  readonly settings: TokenSettings;
  /** Who draws, and is paid. */
  readonly address: string;
  /** What is asked of the customer for a hold of this name. */
  wanted(customerId: string, tokenHoldId: string): Promise<Wanted>;
  holdId(customerId: string, tokenHoldId: string, driver: string): string;
  look(holdId: string): Promise<SeenHold>;
  /** Opens a hold that its driver's wallet signed for; the same again changes nothing, and what is there already stays. */
  openFor(told: ToldHold, signed: SignedHold): Promise<void>;
  /** What became of what the chain was told to open a hold; undefined when it was told nothing. */
  opening(holdId: string): Promise<'told' | 'failed' | undefined>;
  /** One work about openings after the other: what was told the chain and what is written of it do not part. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
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
  const openKey = (holdId: string) => `open:${holdId}`;
  const take = serially((work: () => Promise<unknown>) => work());
  return {
    settings,
    address: sender.address,
    inTurn: async <T>(work: () => Promise<T>) => (await take(work)) as T,
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
          leastMicros: BigInt(settings.leastHoldMicros),
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
    async openFor({ customerId, tokenHoldId, driver }, { capMicros, expiresAtS, signature }) {
      const holdId = holdIdOf(session(customerId, tokenHoldId), driver);
      const key = openKey(holdId);
      try {
        await chain.requireChain();
        if (sender.told(key) === undefined) {
          if ((await readHold(chain, escrow, holdId)) !== undefined) return;
          const { baseUnits } = toBaseUnits(capMicros, await decimals());
          const permission: Permission = {
            session: session(customerId, tokenHoldId),
            driver,
            token,
            cap: baseUnits,
            drawer: sender.address,
            payee: sender.address,
            expiresAtS: BigInt(expiresAtS),
          };
          const data = sessionCall.openSigned(permission, signature);
          await sender.send({ key, to: escrow, data });
        }
        await sender.settle(key, 0);
      } catch (thrown) {
        if (!(thrown instanceof ChainError)) throw thrown;
        if (thrown.code === 'NOT_FINAL') return;
        if (thrown.code === 'REVERTED' || thrown.code === 'GAS_OVER_CAP')
          throw aaaError('TOKEN_HOLD_UNSUITABLE', thrown.message);
        throw unavailable(thrown);
      }
    },
    async opening(holdId) {
      const key = openKey(holdId);
      if (sender.told(key) === undefined) return undefined;
      try {
        await sender.settle(key, 0);
        return 'told';
      } catch (thrown) {
        if (!(thrown instanceof ChainError)) throw thrown;
        if (thrown.code === 'NOT_FINAL') return 'told';
        if (thrown.code === 'REVERTED') return 'failed';
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
