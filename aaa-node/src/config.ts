import { publicJwk, utilityId, assertionClaims } from '@roamgrid/wire';
import { z } from 'zod';

/** ECDSA P-256 private key as a JSON Web Key. */
export const privateJwk = publicJwk.extend({ d: z.string().regex(/^[\w-]{43}$/) });
export type PrivateJwk = z.infer<typeof privateJwk>;

const secretHex = z.string().regex(/^[0-9a-f]{64}$/, '32 random bytes in hex');

/** A machine or person of the own utility whose assertions are taken, and in which role. */
const trustedCaller = z.strictObject({
  iss: z.string().min(1).max(64),
  role: assertionClaims.shape.role,
  key: publicJwk,
});

/** The driver's app, or the utility's own pages: a public client that proves itself by PKCE and DPoP. */
const app = z.strictObject({
  clientId: z.string().regex(/^[a-z][a-z0-9-]{2,40}$/),
  name: z.string().min(1).max(60),
  redirectUris: z.array(z.url()).max(10),
});

const ms = (fallback: number) => z.int().min(50).max(86_400_000).default(fallback);

/** Everything an AAA node needs to run. Times in milliseconds. */
export const aaaNodeConfig = z.strictObject({
  utilityId,
  utilityName: z.string().min(1).max(100),
  listen: z
    .strictObject({
      port: z.int().min(0).max(65_535).default(0),
      host: z.string().default('127.0.0.1'),
      publicHost: z.string().default('localhost'),
    })
    .prefault({}),
  /** Origin under which others reach the node when a proxy stands before it. */
  publicUrl: z.url().optional(),
  tls: z.strictObject({ key: z.string(), cert: z.string() }).optional(),
  database: z.strictObject({
    /** Without it the shipped PostgreSQL runs in `stateDir`. */
    url: z.string().optional(),
    stateDir: z.string(),
    name: z.string(),
  }),
  /** Origin of the own gateway. */
  gatewayUrl: z.url(),
  /** Key under which the ledger's registry knows the utility: signs authorisations and profiles. */
  signingKey: privateJwk,
  /** Key with which the node asks its own gateway, in role `aaa`. */
  machineKey: privateJwk,
  /** Keys of the OpenID provider: the first signs ID tokens and access tokens, the others still verify. */
  providerKeys: z.array(privateJwk).min(1).max(4),
  trusted: z.array(trustedCaller).min(1).max(50),
  apps: z.array(app).max(20).default([]),
  secrets: z.strictObject({
    /** Signs the provider's cookies. */
    cookies: secretHex,
    /** Keys the store of visitors: the HMAC of a CIN under it, never the CIN. */
    visitors: secretHex,
  }),
  times: z
    .strictObject({
      /** An answer of the registry serves so long … */
      registryFresh: ms(30_000),
      /** … and so long when the gateway does not answer. */
      registryStale: ms(300_000),
      /** A decision waits so long for the driver's consent. */
      consent: ms(300_000),
      /** How often the gateway's feeds are read. */
      feed: ms(2_000),
      /** Without a reading of a home utility's revocations for so long, its profiles are not used. */
      revocationsStale: ms(90_000),
    })
    .prefault({}),
  /** What is put aside for a session beyond its estimate, parts per million of the estimate. */
  headroomPpm: z.int().min(1_000_000).max(5_000_000).default(1_500_000),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export type AaaNodeConfig = z.input<typeof aaaNodeConfig>;
/** The configuration with every default filled in. */
export type AaaNodeSettings = z.output<typeof aaaNodeConfig>;
