import { assertionClaims, publicJwk } from '@roamgrid/wire';
import { z } from 'zod';

/** Parts of every service's configuration. */

/** ECDSA P-256 private key as a JSON Web Key. */
export const privateJwk = publicJwk.extend({ d: z.string().regex(/^[\w-]{43}$/) });
export type PrivateJwk = z.infer<typeof privateJwk>;

/** A machine or person of the own utility whose assertions are taken, and in which role. */
export const trustedCaller = z.strictObject({
  iss: z.string().min(1).max(64),
  role: assertionClaims.shape.role,
  key: publicJwk,
});
export type TrustedCaller = z.infer<typeof trustedCaller>;

/** Where a service listens. Port 0 takes a free one. */
export const listenConfig = z
  .strictObject({
    port: z.int().min(0).max(65_535).default(0),
    host: z.string().default('127.0.0.1'),
    publicHost: z.string().default('localhost'),
    /** Plain HTTP where other hosts can reach it. Without it and without `tls` a service listens on loopback alone. */
    insecurePlainHttp: z.boolean().default(false),
  })
  .prefault({});

/** Addresses or ranges (`10.0.0.0/8`). */
const networks = z
  .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
  .max(50)
  .default([]);

/** The proxies that stand before the service and say who a client is. */
export const trustedProxies = networks;

/**
 * Networks of one's own in which other members' services may be all the same: `127.0.0.0/8` on one machine, a private
 * line's. Any other address that a member registered and that is none of the Internet's is not asked.
 */
export const allowedNetworks = networks;

/** PEM texts; without them the service speaks plain HTTP, for loopback and for behind a proxy that ends TLS. */
export const tlsConfig = z.strictObject({ key: z.string(), cert: z.string() });

export const databaseConfig = z.strictObject({
  /** A PostgreSQL server; without it the shipped one runs in `stateDir`. */
  url: z.string().optional(),
  stateDir: z.string(),
  /** One database per utility. */
  name: z.string(),
});

/** A time in milliseconds with its default. */
export const duration = (defaultMs: number) => z.int().min(10).max(86_400_000).default(defaultMs);

export const logLevel = z
  .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  .default('info');
