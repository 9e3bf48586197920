import {
  databaseConfig,
  listenConfig,
  logLevel,
  privateJwk,
  tlsConfig,
  trustedCaller,
  trustedProxies,
} from '@roamgrid/service-kit/runtime';
import { utilityId } from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayConfig } from './gateway/gateway-door.ts';
import { sepServerConfig } from './surfaces/sep/server.ts';
import { vtnConfig } from './surfaces/openadr/vtn/vtn.ts';
import { siteConfig } from './site/site-config.ts';

/** Everything that a utility's energy controller needs to run. Times in milliseconds. */
export const controllerConfig = z
  .strictObject({
    utilityId,
    listen: listenConfig,
    publicUrl: z.url().optional(),
    tls: tlsConfig.optional(),
    trustedProxies,
    database: databaseConfig,
    /** The operators. */
    trusted: z.array(trustedCaller).min(1).max(50),
    /** By which its sites prove themselves to the cloud; registered there under their ids. */
    key: privateJwk.optional(),
    /** Of the utility: by it sites reach the ledger. */
    gateway: gatewayConfig.optional(),
    sites: z
      .array(siteConfig)
      .min(1)
      .max(200)
      .refine((all) => new Set(all.map(({ siteId }) => siteId)).size === all.length, {
        message: 'two sites have one id',
      }),
    /** Serves programs and events of OpenADR 3.1 to houses. */
    openadr: vtnConfig.optional(),
    /** Serves devices of its sites the events there by IEEE 2030.5. */
    ieee20305: sepServerConfig.optional(),
    logLevel,
  })
  .refine(
    ({ gateway, sites }) =>
      gateway !== undefined ||
      sites.every(
        (site) => site.record === undefined && site.booking === undefined && site.home?.tariff === undefined,
      ),
    {
      message:
        'sites whose slots are recorded, that can be booked, or that are billed by a tariff need a gateway',
    },
  )
  .refine(({ key, sites }) => key !== undefined || sites.every((site) => site.cloud === undefined), {
    message: 'sites that share a feed need a key',
  });

export type ControllerConfig = z.input<typeof controllerConfig>;
