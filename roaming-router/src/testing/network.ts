import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { routeRequest, type ChargeOffer, type RouteAnswer, routeAnswer } from '@roamgrid/wire';
import {
  activateRules,
  CHANNEL,
  createAsk,
  HOME,
  issuerOf,
  makeKey,
  makeOffer,
  publicKey,
  startRegistryServer,
  STATION,
  stationOf,
  terms,
  VISITED,
  type Answer,
  type Ask,
  type RegistryWorld,
  type TestKey,
} from '@roamgrid/service-kit/testing';
import { startRouter, type RoamingRouter, type RouterConfig } from '../index.ts';
import { startAaaProcess, type AaaProcess } from './aaa-process.ts';
import { deadPeer, startRelay, type Relay } from './peers.ts';

/** Duke Energy's router between two real AAA nodes: its own, and Alabama Power's. */
export interface Network {
  readonly router: RoamingRouter;
  readonly home: AaaProcess;
  /** What stands before home: everybody asks home through it. */
  readonly relay: Relay;
  readonly own: AaaProcess;
  /** What Duke's gateway, and Alabama Power's, know of the ledger. */
  readonly registry: RegistryWorld;
  readonly homeRegistry: RegistryWorld;
  readonly keys: Readonly<Record<'home' | 'visited' | 'station', TestKey>>;
  /** Asks the home's AAA node as its operator. */
  readonly askHome: Ask;
  readonly askOwn: Ask;
  /** Asks the router as Duke's gateway. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A swipe at Duke's station. */
  swipe(cin: string, changes?: Partial<ChargeOffer>): Promise<RouteAnswer>;
  restartRouter(changes?: Partial<RouterConfig>): Promise<void>;
  close(): Promise<void>;
}

const PACE = { registryFresh: 50, registryStale: 50, revocationsEvery: 200, retryEvery: 100 };
/** So long that a busy machine is no silent home: where a home answers, its answer is what is seen. */
export const PATIENT = {
  ...PACE,
  homeBudget: 20_000,
  ownBudget: 20_000,
  tokenBudget: 20_000,
  openingBudget: 20_000,
  reportBudget: 20_000,
};
/** For a home that never answers: any longer wait would end alike. What answers is not asked under it. */
export const IMPATIENT = { ...PATIENT, homeBudget: 300, openingBudget: 300, reportBudget: 300 };

const hex32 = (): string => randomBytes(32).toString('hex');

export const startNetwork = async (changes: Partial<RouterConfig> = {}): Promise<Network> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'roamgrid-router-'));
  const keys = {
    home: makeKey('alp-1'),
    visited: makeKey('duk-1'),
    station: makeKey('station-1'),
    operator: makeKey('op-1'),
    reviewer: makeKey('op-2'),
    gateway: makeKey('gateway-1'),
    router: makeKey('router-1'),
    aaa: makeKey('aaa-1'),
  };
  const machines = { aaa: publicKey(keys.aaa), router: publicKey(keys.router) };
  const homeGateway = await startRegistryServer(HOME, machines);
  const ownGateway = await startRegistryServer(VISITED, machines);
  const trusted = [
    { iss: 'alice', role: 'operator', key: publicKey(keys.operator) },
    { iss: 'bob', role: 'operator', key: publicKey(keys.reviewer) },
    { iss: 'router', role: 'router', key: publicKey(keys.router) },
    { iss: 'gateway', role: 'gateway', key: publicKey(keys.gateway) },
  ] as const;
  const aaaConfig = (utilityId: string, gatewayUrl: string, signingKey: TestKey) => ({
    utilityId,
    channel: CHANNEL,
    utilityName: utilityId,
    database: { stateDir: folder, name: utilityId.toLowerCase() },
    gatewayUrl,
    signingKey,
    machineKey: keys.aaa,
    providerKeys: [makeKey('oidc-1')],
    trusted,
    secrets: { cookies: hex32(), visitors: hex32(), driverTokens: hex32() },
    times: { registryFresh: 50, registryStale: 50, feed: 1_000 },
    logLevel: 'error',
  });
  const port = Number(new URL(await deadPeer()).port);
  const relay = await startRelay(port);
  const [home, own] = await Promise.all([
    startAaaProcess(folder, {
      ...aaaConfig(HOME, homeGateway.url, keys.home),
      listen: { port },
      publicUrl: relay.url,
    }),
    startAaaProcess(folder, aaaConfig(VISITED, ownGateway.url, keys.visited)),
  ]);
  const homeUrls = { oidcIssuer: home.issuer, aaaUrl: home.url };
  ownGateway.world.issuers.set(HOME, issuerOf(HOME, keys.home, homeUrls, terms()));
  homeGateway.world.issuers.set(
    VISITED,
    issuerOf(VISITED, keys.visited, { oidcIssuer: own.issuer, aaaUrl: own.url }, terms()),
  );
  homeGateway.world.issuers.set(HOME, issuerOf(HOME, keys.home, homeUrls, undefined));
  homeGateway.world.stations.set(`${VISITED} ${STATION}`, stationOf(keys.station, makeKey('meter-1')));
  const callers = {
    operator: { key: keys.operator, iss: 'alice', role: 'operator' },
    reviewer: { key: keys.reviewer, iss: 'bob', role: 'operator' },
    gateway: { key: keys.gateway, iss: 'gateway', role: 'gateway' },
  } as const;
  const askHome = createAsk(() => home.url, HOME, callers);
  const askOwn = createAsk(() => own.url, VISITED, callers);
  await activateRules(askHome);
  await activateRules(askOwn);
  const config: RouterConfig = {
    utilityId: VISITED,
    database: { stateDir: folder, name: VISITED.toLowerCase() },
    gatewayUrl: ownGateway.url,
    aaaUrl: own.url,
    signingKey: keys.visited,
    machineKey: keys.router,
    dpopKey: makeKey('dpop-1'),
    allowedNetworks: ['127.0.0.0/8', '::1/128'],
    trusted: [{ iss: 'gateway', role: 'gateway', key: publicKey(keys.gateway) }],
    times: PATIENT,
    breaker: { failures: 3, openMs: 500 },
    logLevel: 'silent',
    ...changes,
  };
  let router = await startRouter(config);
  const askRouter = createAsk(() => router.url, VISITED, callers);
  const ask: Network['ask'] = (method, pathname, body) => askRouter('gateway', method, pathname, body);
  return {
    get router() {
      return router;
    },
    home,
    relay,
    own,
    registry: ownGateway.world,
    homeRegistry: homeGateway.world,
    keys,
    askHome,
    askOwn,
    ask,
    async swipe(cin, offerChanges = {}) {
      const { agreementId: _chosenByRouter, ...offer } = makeOffer(offerChanges);
      const answer = await ask('POST', '/router/v1/authorisations', routeRequest.encode({ cin, offer }));
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      return routeAnswer.parse(answer.body);
    },
    async restartRouter(more = {}) {
      await router.close();
      router = await startRouter({ ...config, ...more });
    },
    async close() {
      await router.close();
      await Promise.all([home.stop(), own.stop()]);
      await relay.close();
      await Promise.all([homeGateway.service.close(), ownGateway.service.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
