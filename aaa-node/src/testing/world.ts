import { randomBytes } from 'node:crypto';
import {
  CHANNEL,
  createAsk,
  HOME,
  issuerOf,
  makeKey,
  publicKey,
  startRegistryServer,
  STATION,
  stationOf,
  terms,
  VISITED,
  type Ask,
  type RegistryWorld,
  type TestKey,
} from '@roamgrid/service-kit/testing';
import { createAssertionSigner, openStore, type Store } from '@roamgrid/service-kit';
import { aaaMigrations } from '../store/migrations.ts';
import type { AaaDatabase } from '../store/schema.ts';
import { freshDatabase } from './database.ts';
import { METER_KEY, TARIFF_JSON } from './settled.ts';
import { startAaaNode, type AaaNode, type AaaNodeConfig } from '../index.ts';

/** Alabama Power's real AAA node on a real database, with a registry that knows Duke Energy. */
export interface World {
  readonly node: AaaNode;
  readonly config: AaaNodeConfig;
  readonly registry: RegistryWorld;
  readonly keys: Readonly<
    Record<'home' | 'visited' | 'station' | 'operator' | 'reviewer' | 'router' | 'gateway', TestKey>
  >;
  /** Asks the node as a machine or person of the home utility. */
  readonly ask: Ask;
  /** Asks the gateway of these tests, as the other side would ask its own. */
  askGateway(method: 'GET' | 'POST', url: string, body?: unknown): Promise<unknown>;
  /** Ends the node and starts it again on the same database and port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The node's own tables, to look into what it keeps. Close it before the world. */
export const storeOf = ({ config }: Pick<World, 'config'>): Promise<Store<AaaDatabase>> => {
  const { stateDir, name: database } = config.database;
  return openStore({ stateDir, database, schema: 'aaa', migrations: aaaMigrations });
};

export const hex32 = (): string => randomBytes(32).toString('hex');

export const startWorld = async (changes: Partial<AaaNodeConfig> = {}): Promise<World> => {
  const keys = {
    home: makeKey('alp-1'),
    visited: makeKey('duk-1'),
    station: makeKey('station-1'),
    operator: makeKey('op-1'),
    reviewer: makeKey('op-2'),
    router: makeKey('router-1'),
    gateway: makeKey('gateway-1'),
  };
  const machineKey = makeKey('aaa-1');
  const gateway = await startRegistryServer(HOME, { aaa: publicKey(machineKey) });
  const nowhere = { oidcIssuer: 'http://localhost:1/oidc', aaaUrl: 'http://localhost:1' };
  gateway.world.issuers.set(VISITED, issuerOf(VISITED, keys.visited, nowhere, terms()));
  gateway.world.issuers.set(HOME, issuerOf(HOME, keys.home, nowhere, undefined));
  gateway.world.stations.set(`${VISITED} ${STATION}`, stationOf(keys.station, METER_KEY));
  gateway.world.tariffs.set('USDUK-tou 1', TARIFF_JSON);
  const config: AaaNodeConfig = {
    utilityId: HOME,
    channel: CHANNEL,
    utilityName: 'Alabama Power',
    database: changes.database ?? (await freshDatabase()),
    gatewayUrl: gateway.url,
    signingKey: keys.home,
    machineKey,
    providerKeys: [makeKey('oidc-1')],
    trusted: [
      { iss: 'alice', role: 'operator', key: publicKey(keys.operator) },
      { iss: 'bob', role: 'operator', key: publicKey(keys.reviewer) },
      { iss: 'router', role: 'router', key: publicKey(keys.router) },
      { iss: 'gateway', role: 'gateway', key: publicKey(keys.gateway) },
    ],
    apps: [{ clientId: 'driver-app', name: 'Driver app', redirectUris: ['http://127.0.0.1/callback'] }],
    secrets: { cookies: hex32(), visitors: hex32(), driverTokens: hex32() },
    times: { registryFresh: 50, registryStale: 50, feed: 50, heldAgain: 50 },
    logLevel: 'error',
    ...changes,
  };
  let node = await startAaaNode(config);
  const callers = {
    operator: { key: keys.operator, iss: 'alice', role: 'operator' },
    reviewer: { key: keys.reviewer, iss: 'bob', role: 'operator' },
    router: { key: keys.router, iss: 'router', role: 'router' },
    gateway: { key: keys.gateway, iss: 'gateway', role: 'gateway' },
  } as const;
  const ask = createAsk(() => node.url, HOME, callers);
  return {
    get node() {
      return node;
    },
    config,
    registry: gateway.world,
    keys,
    ask,
    async askGateway(method, url, body) {
      const origin = new URL(url).origin;
      const sign = createAssertionSigner({ key: machineKey, iss: 'aaa', utility: HOME, role: 'aaa' });
      const response = await fetch(url, {
        method,
        headers: { authorization: `Bearer ${await sign(origin)}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return await response.json();
    },
    async restart() {
      const port = Number(new URL(node.url).port);
      await node.close();
      node = await startAaaNode({ ...config, listen: { port } });
    },
    async close() {
      await node.close();
      await gateway.service.close();
    },
  };
};
