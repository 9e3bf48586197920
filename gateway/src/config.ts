import { assertionClaims, mspId, publicJwk, role, utilityId } from '@roamgrid/wire';
import { trustedProxies } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';

/** ECDSA P-256 private key as a JSON Web Key. */
export const privateJwk = publicJwk.extend({ d: z.string().regex(/^[\w-]{43}$/) });
export type PrivateJwk = z.infer<typeof privateJwk>;

/** A ledger identity as files in PEM. */
const userFiles = z.object({ certificatePath: z.string(), privateKeyPath: z.string() });

/** A machine or person whose assertions are taken, and in which role. Stations are not here: their keys are on the ledger. */
const trustedCaller = z.strictObject({
  iss: z.string().min(1).max(64),
  role: assertionClaims.shape.role,
  key: publicJwk,
});

const ms = (fallback: number) => z.int().min(1).max(86_400_000).default(fallback);

const ledgerConfig = z.object({
  /** `gateway` for peers from 2.4 on; `legacy` for older ones, through fabric-network and a connection profile. */
  kind: z.enum(['gateway', 'legacy']).default('gateway'),
  channel: z.string().min(1),
  chaincode: z.string().min(1).default('roaming'),
  mspId,
  /** `host:port` of the own organisation's peer. */
  endpoint: z.string().min(1),
  tlsRootCertPath: z.string(),
  /** Name in the peer's certificate when it is reached by another. */
  tlsHostOverride: z.string().optional(),
  /** Identities by the `role` attribute of their certificates; others are left alone. */
  users: z.partialRecord(role, userFiles),
  /** Connection profile in JSON, for `legacy`. */
  connectionProfilePath: z.string().optional(),
});

/** Everything a gateway needs to run. Times in milliseconds. */
export const gatewayConfig = z.strictObject({
  /** Absent at an auditor's gateway, which reads and records nothing. */
  utilityId: utilityId.optional(),
  name: z.string().min(1).max(100),
  listen: z
    .strictObject({
      port: z.int().min(0).max(65_535).default(0),
      host: z.string().default('127.0.0.1'),
      publicHost: z.string().default('localhost'),
      /** Plain HTTP where other hosts can reach it. Without it and without `tls` a service listens on loopback alone. */
      insecurePlainHttp: z.boolean().default(false),
    })
    .prefault({}),
  /** Origin under which others reach the gateway when a proxy stands before it. */
  publicUrl: z.url().optional(),
  tls: z.strictObject({ key: z.string(), cert: z.string(), clientCa: z.string().exactOptional() }).optional(),
  database: z.strictObject({
    /** Without it the shipped PostgreSQL runs in `stateDir`. */
    url: z.string().optional(),
    stateDir: z.string(),
    name: z.string(),
  }),
  ledger: ledgerConfig,
  /** Key under which the ledger's registry knows the utility: signs quotes. */
  signingKey: privateJwk.optional(),
  /** Key with which the gateway asks its own router and AAA node, in role `gateway`. */
  machineKey: privateJwk.optional(),
  routerUrl: z.url().optional(),
  aaaUrl: z.url().optional(),
  /** The utility's own OpenID provider, whose access tokens drivers bring. */
  driverTokens: z
    .strictObject({
      issuer: z.url(),
      jwksUri: z.url().optional(),
      /** What the tokens are for; the gateway's own origin when absent. */
      audience: z.string().optional(),
      /** Origins of the utility's own pages, which may ask the driver API from a browser. */
      appOrigins: z.array(z.url()).max(20).default([]),
    })
    .optional(),
  trusted: z.array(trustedCaller).max(200).default([]),
  station: z
    .strictObject({
      quoteValid: ms(300_000),
      reportEvery: ms(60_000),
      /** A station that told nothing of a session for so long after its planned end loses the outlet to the next driver. */
      silentAfter: ms(3_600_000),
      /** How often it is looked for sessions that no station ends. */
      reapEvery: ms(30_000),
      /** How long the router may take to answer a swipe. */
      routerTimeout: ms(8_000),
      /** How long the home utility may take to say whether an opening is good, before energy flows. */
      openingTimeout: ms(1_000),
      /** How long the relay of a report may hold up the answer to the station. */
      relayTimeout: ms(2_000),
      /** Cap beyond the estimate, parts per million of the estimate. */
      headroomPpm: z.int().min(1_000_000).max(5_000_000).default(1_500_000),
    })
    .prefault({}),
  batcher: z
    .strictObject({
      maxItems: z.int().min(1).max(500).default(200),
      maxBytes: z.int().min(10_000).max(2_500_000).default(1_500_000),
      /** How long an end may wait for others to be settled with. */
      maxWait: ms(100),
      /** How long an opening may wait for others of its lane. */
      openWait: ms(200),
      /** How long a note on a running session may wait for others of its lane. */
      noteWait: ms(2_000),
      /** A fact that the ledger refuses for what may pass is told again so often, and then parked. */
      attempts: z.int().min(0).max(50).default(12),
      /** An end that is not settled after this share of the agreed bound is claimed, parts per million. */
      claimAfterPpm: z.int().min(1).max(1_000_000).default(500_000),
      /** A record not committed within this bound stops its session, and new ones are not started. */
      recordBound: ms(60_000),
      /** Pause after a failed submission, doubled up to thirty times. */
      retryPause: ms(200),
      /** Pause before a parked fact is told again, doubled each time up to an hour. */
      retellAfter: ms(60_000),
    })
    .prefault({}),
  netting: z
    .strictObject({
      /** How often it is looked for a netting in which this utility has something to say. */
      lookEvery: ms(5_000),
      /** How long another member is waited for that could say the same. */
      helpAfter: ms(5_000),
    })
    .prefault({}),
  booking: z
    .strictObject({
      /** How often it is looked what became of reservations whose time has begun. */
      lookEvery: ms(15_000),
      /** Wishes that come within so long of one another are heard in the order of loyalty. */
      gather: ms(50),
    })
    .prefault({}),
  /** Charging where nobody hears of anything. */
  offline: z
    .strictObject({
      /** How long an account's holder may think about a price that was asked for ahead of time. */
      quoteValid: ms(600_000),
      /** Own chargers that hear of nobody; without it none is vouched for, and nothing is taken of phones. */
      chargers: z
        .strictObject({
          /** Signs certificates, lists, receipts and times; the ledger's registry has it with the use `chargers`. */
          key: privateJwk,
          /** For whom chargers seal records. */
          reader: privateJwk,
          /** Readers before it: chargers that were not told of the present one seal for them. */
          earlierReaders: z.array(privateJwk).max(8).default([]),
          /** How long a charger's certificate is good. */
          certificateDays: z.int().min(1).max(3_650).default(730),
          /** How often records that wait for the ledger are looked at. */
          lookEvery: ms(5_000),
        })
        .exactOptional(),
    })
    .prefault({}),
  trustedProxies,
  rateLimit: z
    .union([z.literal('off'), z.strictObject({ windowMs: z.int().min(1_000), requests: z.int().min(1) })])
    .default({ windowMs: 60_000, requests: 6_000 }),
  /** The same for what drivers' devices ask without signing in. */
  deviceRateLimit: z
    .union([z.literal('off'), z.strictObject({ windowMs: z.int().min(1_000), requests: z.int().min(1) })])
    .default({ windowMs: 60_000, requests: 120 }),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export type GatewayConfig = z.input<typeof gatewayConfig>;
/** The configuration with every default filled in. */
export type GatewaySettings = z.output<typeof gatewayConfig>;
