import { channelName, driverAppUrl, utilityId } from '@roamgrid/wire';
import {
  databaseConfig,
  duration,
  listenConfig,
  logLevel,
  privateJwk,
  tlsConfig,
  trustedCaller,
  trustedProxies,
} from '@roamgrid/service-kit/runtime';
import { z } from 'zod';
import { offlineConfig } from './offline/config.ts';
import { tokenConfig } from './token/config.ts';

const secretHex = z.string().regex(/^[0-9a-f]{64}$/, '32 random bytes in hex');

/** The driver's app, or the utility's own pages: a public client that proves itself by PKCE and DPoP. */
const app = z.strictObject({
  clientId: z.string().regex(/^[a-z][a-z0-9-]{2,40}$/),
  name: z.string().min(1).max(60),
  redirectUris: z.array(z.url()).max(10),
});

/** Everything an AAA node needs to run. Times in milliseconds. */
export const aaaNodeConfig = z.strictObject({
  utilityId,
  /** The ledger's channel: offers of another are refused, and what is signed here is good in this one alone. */
  channel: channelName,
  utilityName: z.string().min(1).max(100),
  listen: listenConfig,
  /** Origin under which others reach the node when a proxy stands before it. */
  publicUrl: z.url().optional(),
  tls: tlsConfig.optional(),
  trustedProxies,
  database: databaseConfig,
  /** Origin of the own gateway. */
  gatewayUrl: z.url(),
  /** Origin of the own door for partners outside, where the utility stands in for some of them. */
  partnersDoorUrl: z.url().optional(),
  /** Key under which the ledger's registry knows the utility: signs authorisations and profiles. */
  signingKey: privateJwk,
  /** Key with which the node asks its own gateway, in role `aaa`. */
  machineKey: privateJwk,
  /** Keys of the OpenID provider: the first signs ID tokens and access tokens, the others still verify. */
  providerKeys: z.array(privateJwk).min(1).max(4),
  trusted: z.array(trustedCaller).min(1).max(50),
  apps: z.array(app).max(20).default([]),
  /** Page on which drivers' devices consent; what the visited utility signs follows behind a `#`. */
  driverAppUrl: driverAppUrl.exactOptional(),
  secrets: z.strictObject({
    /** Signs the provider's cookies. */
    cookies: secretHex,
    /** Keys the store of visitors: the HMAC of a CIN under it, never the CIN. */
    visitors: secretHex,
    /** Keys the tokens of drivers: changed, none of them is found any more. */
    driverTokens: secretHex,
  }),
  times: z
    .strictObject({
      /** An answer of the registry serves so long … */
      registryFresh: duration(30_000),
      /** … and so long when the gateway does not answer. */
      registryStale: duration(300_000),
      /** A decision waits so long for the driver's consent. */
      consent: duration(300_000),
      /** How often the gateway's feeds are read. */
      feed: duration(2_000),
      /** A record that could not be billed is judged again so often. */
      heldAgain: duration(30_000),
      /** How often the figures that the charging rules ask of the grid are read … */
      gridFigures: duration(1_000),
      /** … and for how long they serve when the gateway does not answer. */
      gridFiguresKept: duration(10_000),
      /** Without a reading of a home utility's revocations for so long, its profiles are not used. */
      revocationsStale: duration(90_000),
    })
    .prefault({}),
  /** What is put aside for a session beyond its estimate, parts per million of the estimate. */
  headroomPpm: z.int().min(1_000_000).max(5_000_000).default(1_500_000),
  /** Most sessions that one visited utility may open on one kept profile. */
  profileSessions: z.int().min(1).max(100_000).default(200),
  /** Most offers to one card that wait for an answer, at home or on a kept profile: beyond, the oldest lapses. */
  offersPerCard: z.int().min(1).max(20).default(3),
  /** Reservations that one card may have open. */
  reservationsPerCard: z.int().min(0).max(100).default(3),
  /** Most cars that one card may charge at once; a record beyond is disputed. Of a fleet's card it may be more. */
  carsAtOnce: z.int().min(1).max(100_000).default(1),
  /** Tokens of nobody's that one partner, or the own router, may ask for in a minute. */
  unknownTokensPerMinute: z.int().min(1).max(1_000_000).default(3_000),
  /** The chain on which customers may pay by token; without it nobody can. */
  token: tokenConfig.exactOptional(),
  /** Tokens for charging where nobody hears of anything; without it none are issued. */
  offline: offlineConfig.exactOptional(),
  logLevel,
});

export type AaaNodeConfig = z.input<typeof aaaNodeConfig>;
/** The configuration with every default filled in. */
export type AaaNodeSettings = z.output<typeof aaaNodeConfig>;
