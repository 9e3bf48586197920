import { duration } from '@roamgrid/service-kit/runtime';
import { z } from 'zod';
import { PASSWORD_HASH } from './password.ts';

/** How a station proves itself: one way each, so that nothing weaker is taken from it. */
export const credential = z.union([
  /** Security profiles 1 and 2: the basic password, as `hashPassword` writes it. */
  z.strictObject({ passwordHash: z.string().regex(PASSWORD_HASH) }),
  /** Security profile 3: a certificate of the utility's station CA whose subject has the station's id as common name, … */
  z.strictObject({
    certificate: z.strictObject({
      /** … or this one instead, … */
      commonName: z.string().min(1).max(64).optional(),
      /** … and which is this very certificate: SHA-256 in hex with colons. */
      fingerprint256: z
        .string()
        .regex(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
        .optional(),
    }),
  }),
]);
export type Credential = z.output<typeof credential>;

/** Where stations connect, and how much of it one may use. Times in milliseconds. */
export const edgeConfig = z.strictObject({
  port: z.int().min(0).max(65_535).default(0),
  host: z.string().default('127.0.0.1'),
  /** Stations connect to `<scheme>://<host>:<port><path>/<station id>`. */
  path: z
    .string()
    .regex(/^(?:\/[a-z0-9-]+)+$/)
    .default('/ocpp'),
  /** PEM texts. With `stationCa` stations may prove themselves by certificate. */
  tls: z.strictObject({ key: z.string(), cert: z.string(), stationCa: z.string().optional() }).optional(),
  /** Security profile 1: passwords and prices can be read on the way. Only for a line of nobody else's. */
  insecurePlainTransport: z.boolean().default(false),
  limits: z
    .strictObject({
      connections: z.int().min(1).max(100_000).default(10_000),
      messageBytes: z.int().min(1_024).max(10_000_000).default(262_144),
      /** Calls of one station that wait for their answers; one that follows the protocol has one. */
      callsWaiting: z.int().min(1).max(1_000).default(16),
      callsASecond: z.int().min(1).max(10_000).default(20),
      callsAtOnce: z.int().min(1).max(10_000).default(100),
      /** In a row; after them the socket is closed. */
      badMessages: z.int().min(1).max(1_000).default(10),
      /** Commands to one station that wait for it. */
      commandsWaiting: z.int().min(1).max(1_000).default(16),
    })
    .prefault({}),
  times: z
    .strictObject({
      /** A socket whose station answers no ping until the next is closed. */
      ping: duration(30_000),
      /** So long a station may take for the answer to a command. */
      command: duration(30_000),
      heartbeat: duration(300_000),
    })
    .prefault({}),
  refusals: z
    .strictObject({
      windowMs: duration(60_000),
      /** Of one id from one address … */
      pair: z.int().min(1).max(10_000).default(10),
      /** … from one address, whatever the id … */
      address: z.int().min(1).max(100_000).default(30),
      /** … and of one id from anywhere. The last two do not shut a station out that was let in from this address before. */
      id: z.int().min(1).max(100_000).default(60),
    })
    .prefault({}),
});
export type EdgeConfig = z.input<typeof edgeConfig>;
export type EdgeSettings = z.output<typeof edgeConfig>;
