import {
  allowedNetworks,
  databaseConfig,
  duration,
  listenConfig,
  logLevel,
  privateJwk,
  tlsConfig,
  trustedCaller,
  trustedProxies,
} from '@roamgrid/service-kit/runtime';
import { utilityId } from '@roamgrid/wire';
import { z } from 'zod';

/** Everything a roaming router needs to run. Times in milliseconds. */
export const routerConfig = z.strictObject({
  utilityId,
  listen: listenConfig,
  /** Origin under which others reach the router when a proxy stands before it. */
  publicUrl: z.url().optional(),
  tls: tlsConfig.optional(),
  trustedProxies,
  database: databaseConfig,
  /** Origin of the own gateway. */
  gatewayUrl: z.url(),
  /** Origin of the own AAA node. */
  aaaUrl: z.url(),
  /** Key under which the ledger's registry knows the utility: signs client assertions (`private_key_jwt`). */
  signingKey: privateJwk,
  /** Key with which the router asks its own gateway and AAA node, in role `router`. */
  machineKey: privateJwk,
  /** Key that access tokens are bound to. Kept over restarts, or the tokens of running sessions are lost. */
  dpopKey: privateJwk,
  allowedNetworks,
  /** Who may ask the router. */
  trusted: z.array(trustedCaller).min(1).max(20),
  times: z
    .strictObject({
      /** Everything that one swipe may take at the home utility. */
      homeBudget: duration(4_000),
      /** Everything that all members together may take to say whose a token is: a driver waits, and home is asked after it. */
      tokenBudget: duration(2_000),
      /** Everything that the own AAA node may take for one question. */
      ownBudget: duration(1_000),
      /** Home's word on an opening: a driver waits for it, and after it `terms.homeSilent` decides. */
      openingBudget: duration(1_000),
      /** One try to hand over a report. */
      reportBudget: duration(2_000),
      /** A partner answers a wish when it is on the ledger. */
      reserveBudget: duration(30_000),
      registryFresh: duration(30_000),
      registryStale: duration(300_000),
      /** How often the homes' revocations are read. */
      revocationsEvery: duration(15_000),
      /** How often kept reports are tried again. */
      retryEvery: duration(2_000),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      /** So many failures in a row, and a home is not asked for a while. */
      failures: z.int().min(1).max(100).default(5),
      /** That while. */
      openMs: duration(10_000),
    })
    .prefault({}),
  /** Occurrences kept at most; the oldest finished ones go first. */
  maxOccurrences: z.int().min(100).max(10_000_000).default(500_000),
  logLevel,
});

export type RouterConfig = z.input<typeof routerConfig>;
