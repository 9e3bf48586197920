import {
  databaseConfig,
  duration,
  listenConfig,
  logLevel,
  tlsConfig,
  trustedCaller,
  trustedProxies,
} from '@roamgrid/service-kit/runtime';
import { powerWCodec, recordId, utilityId } from '@roamgrid/wire';
import { z } from 'zod';

const pool = z
  .strictObject({
    poolId: recordId,
    /** What the feed carries. */
    limitW: powerWCodec,
    leaseMs: duration(15_000),
    /** By how much a site's clock may be off. */
    slackMs: duration(1_000),
    /** Power is kept free for what is booked at a site from so long before it. */
    holdAheadMs: z.int().min(0).max(86_400_000).default(900_000),
    sites: z
      .array(
        z.strictObject({
          siteId: recordId,
          weight: z.int().min(1).max(1_000).default(1),
          /** What it takes while the cloud is away. */
          staticW: powerWCodec,
        }),
      )
      .min(1)
      .max(500),
  })
  .refine(({ limitW, sites }) => sites.reduce((sum, { staticW }) => sum + staticW, 0n) <= limitW, {
    message: 'the static parts add up to more than the feed carries',
  });
export type PoolSettings = z.output<typeof pool>;

/** Everything that the cloud over a utility's sites needs to run. */
export const cloudConfig = z.strictObject({
  utilityId,
  listen: listenConfig,
  publicUrl: z.url().optional(),
  tls: tlsConfig.optional(),
  trustedProxies,
  database: databaseConfig,
  /** Sites by their ids in the role `station`, and operators. */
  trusted: z.array(trustedCaller).min(1).max(500),
  pools: z.array(pool).min(1).max(100),
  logLevel,
});
export type CloudConfig = z.input<typeof cloudConfig>;
