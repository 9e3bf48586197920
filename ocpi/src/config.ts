import { utilityId } from '@roamgrid/wire';
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
import { z } from 'zod';
import { partnerStationsConfig } from './roaming/partner-stations/config.ts';

const DAY_MS = 86_400_000;

/** Everything the door needs to run. Times in milliseconds. */
export const ocpiConfig = z.strictObject({
  /** Country and party of every object that the door owns. */
  utilityId,
  utilityName: z.string().min(1).max(100),
  website: z.url().max(255).optional(),
  /** What the utility is to its partners. */
  roles: z
    .array(z.enum(['CPO', 'EMSP']))
    .min(1)
    .max(2)
    .default(['CPO', 'EMSP']),
  listen: listenConfig,
  /** Origin under which partners reach the door when a proxy stands before it. */
  publicUrl: z.url().optional(),
  tls: tlsConfig.optional(),
  trustedProxies,
  /** Partners may be reached by plain HTTP: for tests and for lines that somebody else protects. */
  plainTransport: z.boolean().default(false),
  /** Networks of one's own in which partners may be all the same. */
  allowedNetworks,
  database: databaseConfig,
  /** Keeps partners' tokens closed in the store. */
  sealKey: z.string().regex(/^[0-9a-f]{64}$/, '32 random bytes in hex'),
  /** Operators, and the own AAA node. */
  trusted: z.array(trustedCaller).min(1).max(50),
  tokens: z
    .strictObject({
      /** A token of ours is good for so long. */
      lifeMs: z
        .int()
        .min(1_000)
        .max(400 * DAY_MS)
        .default(90 * DAY_MS),
      /** After a rotation the one before counts until the new one was used, and at most for so long. */
      overlapMs: z.int().min(0).max(DAY_MS).default(3_600_000),
      /** The token of an invitation. */
      inviteMs: z
        .int()
        .min(1_000)
        .max(30 * DAY_MS)
        .default(7 * DAY_MS),
    })
    .prefault({}),
  /** Of each partner. */
  rate: z
    .strictObject({
      requests: z.int().min(1).max(1_000_000).default(600),
      /** Of one module: the rest is left for its others. */
      perModule: z.int().min(1).max(1_000_000).default(480),
      /** Each has the door ask addresses that the partner names. */
      handshakes: z.int().min(1).max(1_000).default(20),
      windowMs: duration(60_000),
    })
    .prefault({}),
  /** Most objects in an answer. */
  pageLimit: z.int().min(1).max(1_000).default(100),
  times: z
    .strictObject({
      /** A partner's answer is waited for this long. */
      call: duration(10_000),
      /** A driver waits for a partner’s word on its card: the AAA node waits a little longer than this. */
      authorise: duration(1_200),
      outbox: duration(1_000),
      /** How often sessions that run, and the ledger's records, are looked at. */
      feed: duration(2_000),
      /** Of a session that goes on a partner is told what moved at most once in so long. */
      progress: duration(60_000),
      /** Between the first and the second try of a push; it doubles each time, … */
      firstRetry: duration(2_000),
      /** … up to this. */
      longestRetry: duration(600_000),
      /** A command's result is waited for this long. */
      command: duration(30_000),
      /** A session of which a partner says nothing for so long ends with what it said last. */
      partnerSilent: duration(21_600_000),
      /** How often what is over is deleted. */
      prune: duration(3_600_000),
      /** A corrected CDR may follow a credit for so long; then the record is taken back whole. */
      correctedCdr: duration(900_000),
    })
    .prefault({}),
  /** The utility's own machines, where it stands in for partners on the ledger. */
  standIn: z
    .strictObject({
      gatewayUrl: z.url(),
      aaaUrl: z.url(),
      /** Key with which the door asks them, as `ocpi`: in role `aaa` and `operator` the gateway, in role `operator` the AAA node. */
      machineKey: privateJwk,
    })
    .optional(),
  /** Stations of partners at which customers of the consortium charge. */
  partnerStations: partnerStationsConfig.optional(),
  logLevel,
});
export type OcpiConfig = z.input<typeof ocpiConfig>;
export type OcpiSettings = z.output<typeof ocpiConfig>;
