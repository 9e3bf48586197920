import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AgreementTerms, ChargeOffer, IssuerEntry, StationRecord } from '@roamgrid/wire';
import { createAssertionSigner } from '@roamgrid/service-kit';
import {
  makeKey,
  publicKey,
  startRegistryServer,
  type RegistryWorld,
  type TestKey,
} from '@roamgrid/service-kit/testing';
import { startAaaNode, type AaaNode, type AaaNodeConfig } from '../index.ts';

/** Alabama Power as the home utility and Duke Energy as the visited one, over real HTTP and SQL. */
export const HOME = 'USALP';
export const VISITED = 'USDUK';
export const STATION = 'duke-station-1';
export const EVSE = 'US*DUK*E0001*1';
export const AGREEMENT = 'alp-duk-2026';
export const DAY_MS = 86_400_000;

export const terms = (changes: Partial<AgreementTerms> = {}): AgreementTerms => ({
  agreementId: AGREEMENT,
  parties: [HOME, VISITED],
  currency: 'USD',
  floorMicrosPerKWh: 50_000n,
  ceilingMicrosPerKWh: 900_000n,
  maxStepMicrosPerKWh: 500_000n,
  noticeMs: 0,
  shares: { hun: 50_000n, vun: 700_000n, infrastructure: 230_000n, driver: 20_000n },
  adjustment: {
    none: { minPpm: -50_000n, maxPpm: 100_000n },
    gold: { minPpm: -100_000n, maxPpm: 50_000n },
    diamond: { minPpm: -150_000n, maxPpm: 0n },
    platinum: { minPpm: -200_000n, maxPpm: 0n },
  },
  maxSessionMicros: 60_000_000n,
  exposureLimitMicros: 100_000_000n,
  profileLifetimeMs: 7 * DAY_MS,
  cdrBoundMs: DAY_MS,
  settlementPeriod: 'month',
  salt: '0'.repeat(64),
  ...changes,
});

export const issuerOf = (
  utilityId: string,
  key: TestKey,
  urls: { readonly oidcIssuer: string; readonly aaaUrl: string },
  agreement: AgreementTerms | undefined,
): IssuerEntry => ({
  utility: {
    type: 'utility',
    version: 1,
    utilityId,
    mspId: `${utilityId}MSP`,
    name: utilityId === HOME ? 'Alabama Power' : 'Duke Energy',
    ...urls,
    signingKeys: [publicKey(key)],
    validUntilMs: Date.now() + 365 * DAY_MS,
    status: 'active',
  },
  ...(agreement === undefined
    ? {}
    : {
        agreement: {
          type: 'agreement',
          version: 1,
          agreementId: agreement.agreementId,
          parties: agreement.parties,
          termsHash: '0'.repeat(64),
          validFromMs: 0,
          validUntilMs: Date.now() + 365 * DAY_MS,
          state: 'active',
          signedBy: agreement.parties,
        },
        terms: agreement,
      }),
  asOfBlock: 1,
});

const stationOf = (stationKey: TestKey, meterKey: TestKey): StationRecord => ({
  type: 'station',
  version: 1,
  stationId: STATION,
  utilityId: VISITED,
  name: 'Charlotte Uptown',
  address: '1 Main Street',
  countryCode: 'US',
  timeZone: 'America/New_York',
  evses: [{ evseId: EVSE, meterId: 'meter-1', meterKey: publicKey(meterKey), maxPowerW: 50_000n }],
  signingKey: publicKey(stationKey),
  infrastructureProvider: 'duke-infra',
  status: 'active',
});

export interface World {
  readonly node: AaaNode;
  readonly config: AaaNodeConfig;
  readonly registry: RegistryWorld;
  readonly keys: Readonly<
    Record<'home' | 'visited' | 'station' | 'operator' | 'reviewer' | 'router' | 'gateway', TestKey>
  >;
  /** Asks the node as a machine or person of the home utility. */
  ask(role: 'operator' | 'router' | 'gateway', method: string, path: string, body?: unknown): Promise<Answer>;
  /** As another operator, for what needs four eyes. */
  askAs(who: Caller, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Ends the node and starts it again on the same database and port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  // Tests read what they expect; a wrong shape fails their assertion.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

type Caller = 'operator' | 'reviewer' | 'router' | 'gateway';

export const hex32 = (): string => randomBytes(32).toString('hex');

export const startWorld = async (changes: Partial<AaaNodeConfig> = {}): Promise<World> => {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-aaa-'));
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
  gateway.world.issuers.set(
    VISITED,
    issuerOf(
      VISITED,
      keys.visited,
      { oidcIssuer: 'http://localhost:1/oidc', aaaUrl: 'http://localhost:1' },
      terms(),
    ),
  );
  gateway.world.stations.set(`${VISITED} ${STATION}`, stationOf(keys.station, makeKey('meter-1')));
  const config: AaaNodeConfig = {
    utilityId: HOME,
    utilityName: 'Alabama Power',
    database: { stateDir, name: 'usalp' },
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
    secrets: { cookies: hex32(), visitors: hex32() },
    times: { registryFresh: 50, registryStale: 50, feed: 50 },
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
  const askAs = async (who: Caller, method: string, pathname: string, body?: unknown): Promise<Answer> => {
    const sign = createAssertionSigner({ ...callers[who], utility: HOME });
    const response = await fetch(node.url + pathname, {
      method,
      headers: {
        authorization: `Bearer ${await sign(node.url)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  return {
    get node() {
      return node;
    },
    config,
    registry: gateway.world,
    keys,
    ask: askAs,
    askAs,
    async restart() {
      const port = Number(new URL(node.url).port);
      await node.close();
      node = await startAaaNode({ ...config, listen: { port } });
    },
    async close() {
      await node.close();
      await gateway.service.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
};

/** Puts rules for both classes and for partners in force. */
export const activateRules = async (
  world: World,
  byLoyalty = { none: '0', gold: '-50000', diamond: '-80000', platinum: '-120000' },
) => {
  const customer = {
    basePpm: '0',
    byLoyalty,
    byPayment: { postpaid: '0', prepaid: '10000', debit: '0', 'credit-card': '0', crypto: '0' },
  };
  const tables = [
    ['residential', customer],
    ['commercial', { ...customer, basePpm: '20000' }],
    ['partner', [{ hun: '*', minPpm: '-200000', maxPpm: '100000' }]],
  ] as const;
  for (const [table, rules] of tables) {
    const base = `/operator/v1/crp/${table}/versions`;
    const draft = await world.ask('operator', 'POST', base, { rules, effectiveFromMs: 0 });
    await world.askAs('reviewer', 'POST', `${base}/${draft.body.version}/review`);
    const active = await world.ask('operator', 'POST', `${base}/${draft.body.version}/activate`);
    if (active.status !== 200) throw new Error(JSON.stringify(active));
  }
};

let logins = 0;

export interface TestCustomer {
  readonly customerId: string;
  readonly sub: string;
  readonly accountId: string;
  readonly cin: string;
  readonly cinRef: string;
  readonly login: string;
  readonly password: string;
}

/** A customer with a CIN, made through the operator's interface. */
export const makeCustomer = async (
  world: World,
  changes: Record<string, unknown> = {},
  cinChanges: Record<string, unknown> = {},
): Promise<TestCustomer> => {
  logins += 1;
  const login = `driver-${logins}`;
  const password = 'correct horse battery';
  const created = await world.ask('operator', 'POST', '/operator/v1/customers', {
    person: { name: 'Ada Driver', email: 'ada@example.org', login, password },
    customerClass: 'residential',
    account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '200000000' },
    ...changes,
  });
  if (created.status !== 201) throw new Error(JSON.stringify(created));
  const cin = await world.ask(
    'operator',
    'POST',
    `/operator/v1/customers/${created.body.customerId}/cins`,
    cinChanges,
  );
  if (cin.status !== 201) throw new Error(JSON.stringify(cin));
  return { ...created.body, ...cin.body, login, password };
};

let requests = 0;

export const makeOffer = (changes: Partial<ChargeOffer> = {}): ChargeOffer => {
  requests += 1;
  return {
    requestId: `req-${process.pid}-${requests}`,
    vun: VISITED,
    agreementId: AGREEMENT,
    stationId: STATION,
    evseId: EVSE,
    service: 'charging',
    tariffId: 'duke-tou',
    tariffVersion: 1,
    currency: 'USD',
    minMicrosPerKWh: 100_000n,
    maxMicrosPerKWh: 400_000n,
    minAdjustmentPpm: -200_000n,
    maxAdjustmentPpm: 100_000n,
    requestedEnergyWh: 30_000n,
    estimateMicros: 10_000_000n,
    validUntilMs: Date.now() + 120_000,
    ...changes,
  };
};
