import { currencyCode, utilityId } from '@roamgrid/wire';
import { duration } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'an address on an EVM chain');

/** The chain on which customers may put money in escrow for this utility. */
export const tokenConfig = z.strictObject({
  url: z.url(),
  /** In decimal; an answer of another chain is refused. */
  chainId: z.string().regex(/^[1-9]\d{0,30}$/),
  /** How deep a block must be to count. */
  depth: z.int().min(1).max(10_000),
  /** The `SessionEscrow` on it. */
  escrow: address,
  /** The token that is taken, one for one unit of `currency`. */
  token: address,
  currency: currencyCode,
  /** 32 bytes in hex: the account that draws and is paid, used by nothing else. */
  accountKey: z.string().regex(/^0x[0-9a-f]{64}$/),
  /** Where the journal of what was sent is. */
  folder: z.string().min(1),
  /** Who else may be named to draw, as a visited utility at whose station the money is used. */
  drawers: z.array(address).max(200).default([]),
  /** The most that a unit of gas may cost, in the chain's smallest unit. */
  feeCapPerGas: z.string().regex(/^\d{1,30}$/),
  /** The most gas that one call may take: a token and a wallet that is a contract run code of others. */
  gasCap: z
    .string()
    .regex(/^\d{1,12}$/)
    .default('1000000'),
  /** Holds of a customer that are open at once: each costs the utility up to two transactions. */
  mostHolds: z.int().min(1).max(100).default(10),
  /** What a hold has at least, in millionths of the currency: less is not worth what it costs to open and to draw. */
  leastHoldMicros: z
    .string()
    .regex(/^[1-9]\d{0,17}$/)
    .default('1000000'),
  /** Nettings that are paid by token; by bank when left out. */
  netting: z
    .strictObject({
      /** The `NettingEscrow` on the chain. */
      escrow: address,
      /** Members that pay each other by token, with their accounts on the chain; a bank desk is told no account of theirs. */
      members: z.record(utilityId, address),
      /** How many days a payee has to confirm; after that the money goes back. */
      confirmWithinDays: z.int().min(1).max(89).default(30),
    })
    .exactOptional(),
  /** Money in escrow counts as means until so long before its end; owed by then, it is drawn. */
  margin: duration(86_400_000),
  /** How long one question to the chain may take … */
  ask: duration(10_000),
  /** … and how long a transaction stays as it is before its fee is raised. */
  stuckAfter: duration(60_000),
});
export type TokenSettings = z.output<typeof tokenConfig>;
export type NettingSettings = NonNullable<TokenSettings['netting']>;
