import {
  ALABAMA_POWER,
  AUDITOR_MSP,
  DUKE_ENERGY,
  UTILITIES,
  type UtilityDefinition,
} from '../system/consortium.ts';
import type { ServedBank } from '../bank/served-bank.ts';
import type { Pages } from '../start/pages.ts';
import { DRIVER } from '../scenario/story.ts';
import { passwordOf } from '../system/customer.ts';
import type { KeyRing } from '../system/key-ring.ts';
import type { LocalSystem } from '../system/system.ts';
import type { RunningUtility } from '../system/utility.ts';
import { callersOf } from './callers.ts';
import { driverCaller, type DriverCaller } from '../system/driver-caller.ts';
import { httpInterface, type HttpSpec } from './http-interface.ts';
import { operationsAt, plain, type Operation } from './http-operations.ts';
import type { Interface } from './interface.ts';
import { peerInterface } from './peer-interface.ts';
import { Pool } from './pool.ts';
import { readerInterface } from './reader-interface.ts';
import { goByCertificate } from './peers-tls.ts';
import { stationsInterface } from './stations-interface.ts';
import { z } from 'zod';

/** What listens beside our own interfaces: software of others, reached by our own processes alone. */
export const OUTSIDE: readonly { readonly what: string; readonly program: RegExp }[] = [
  {
    what: 'fabric-shim’s server around each utility’s contracts: its peer calls it',
    program: /chaincode-bundle\/server\.cjs/,
  },
  { what: 'PostgreSQL: the utility’s services call it', program: /\bpostgres\b/ },
  { what: 'the EVM node of the simulated chain: what serves the chain calls it', program: /\banvil\b/ },
];

/** Served by every service beside its operations. */
const COMMON = ['/healthz', '/readyz', '/metrics', '/openapi.json'].map((path) => plain('GET', path));

/** Where an OpenID provider is asked with what its metadata does not name. */
const BESIDE_METADATA: readonly Operation[] = [
  plain('GET', '/oidc/.well-known/openid-configuration'),
  plain('POST', '/oidc/device'),
  plain('GET', '/oidc/device'),
  plain('GET', '/interaction/x'),
  plain('POST', '/interaction/x/login'),
];

/** Endpoints that a browser opens, too. */
const OPENED = /^(?:authorization|userinfo|end_session)_endpoint$|^jwks_uri$/;

/** What an AAA node's OpenID provider serves, as its metadata says. Spec: RFC 8414 §2. */
const openIdOf = async (issuer: string): Promise<readonly Operation[]> => {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
  const metadata = z.record(z.string(), z.unknown()).parse(await answer.json());
  const endpoints = Object.entries(metadata).flatMap(([name, value]) =>
    (name.endsWith('_endpoint') || name === 'jwks_uri') && typeof value === 'string'
      ? [plain(OPENED.test(name) ? 'GET' : 'POST', new URL(value).pathname)]
      : [],
  );
  return [...endpoints, ...BESIDE_METADATA];
};

const withCommon = async (
  origin: string,
  more: readonly Operation[] = [],
): Promise<HttpSpec['operations']> => {
  const [first, ...rest] = [...(await operationsAt(origin)), ...more, ...COMMON];
  if (first === undefined) throw new Error(`${origin} serves nothing`);
  return [first, ...rest];
};

/** Names that the services give to what opens their routes for a customer. */
const DEVICE_TOKEN = 'device_token';
const BOOKING_TOKEN = 'booking_token';
const OFFLINE_TOKEN = 'offline_token';
const BILLS_TOKEN = 'driver';

/** The customer of the story, signed in with the driver page's own client at his home utility. */
const driversOf = async (
  { aaa, driverApp }: RunningUtility,
  keys: KeyRing,
): Promise<ReadonlyMap<string, DriverCaller>> => {
  const { origin } = new URL(aaa.issuer);
  const seat = {
    issuer: aaa.issuer,
    clientId: driverApp.clientId,
    redirectUri: `${driverApp.origin}/`,
    login: DRIVER.login,
    password: passwordOf(keys, DRIVER.login),
  };
  return new Map([
    [DEVICE_TOKEN, await driverCaller(seat, 'openid device', `${origin}/driver`)],
    [BOOKING_TOKEN, await driverCaller(seat, 'openid booking', `${origin}/driver`)],
    [OFFLINE_TOKEN, await driverCaller(seat, 'openid offline', `${origin}/driver`)],
    [BILLS_TOKEN, await driverCaller(seat, 'openid bills')],
  ]);
};

const servicesOf = async (
  system: LocalSystem,
  definition: UtilityDefinition,
  pool: Pool,
): Promise<Interface[]> => {
  const { gateway, aaa, router } = system.utility(definition.utilityId);
  const callers = callersOf(definition, system.keys);
  const isHome = definition.utilityId === ALABAMA_POWER.utilityId;
  const drivers = isHome ? await driversOf(system.utility(definition.utilityId), system.keys) : undefined;
  const services = [
    ['gateway', new URL(gateway.url).origin, []],
    ['aaa', new URL(aaa.issuer).origin, await openIdOf(aaa.issuer)],
    ['router', new URL(router.url).origin, []],
  ] as const;
  return Promise.all(
    services.map(async ([name, origin, more]) =>
      httpInterface({
        name: `${name} ${definition.utilityId}`,
        origin,
        operations: await withCommon(origin, more),
        callers,
        ...(drivers !== undefined && { drivers }),
        pool,
      }),
    ),
  );
};

const pagesOf = async (pages: Pages, pool: Pool): Promise<Interface[]> => {
  const page = async (name: string, url: string, paths: readonly string[]): Promise<Interface> => {
    const { origin } = new URL(url);
    const operations = await withCommon(
      origin,
      ['/', ...paths].map((path) => plain('GET', path)),
    );
    const ownHeaders = { origin, 'sec-fetch-site': 'same-origin' };
    return httpInterface({ name, origin, operations, ownHeaders, pool });
  };
  const relays = ['gaps', 'sessions', 'tariffs', 'invoices', 'batches'].map(
    (list) => `/relay/USALP/auditor/v1/${list}`,
  );
  return Promise.all([
    page('overview', pages.overviewUrl, ['/overview/v1/report', '/overview/v1/links']),
    page('driver page', pages.driverUrl, ['/config.json']),
    page('auditor page', pages.auditorUrl, ['/config.json', ...relays]),
    page('operations page', pages.operationsUrl, ['/operations/v1/state']),
    ...pages.kiosks.flatMap(({ url, readerPath }, at) => [
      page(`kiosk ${at + 1}`, url, ['/kiosk/v1/events']),
      Promise.resolve(readerInterface(`card reader ${at + 1}`, readerPath, pool)),
    ]),
  ]);
};

const forecastOf = async ({ forecast }: Pages): Promise<Interface> => {
  const origin = new URL(forecast.url).origin;
  return httpInterface({
    name: 'forecasting service',
    origin,
    operations: await withCommon(origin),
    token: forecast.token,
    // With the name of its data set it would train on years of hours.
    pool: new Pool(),
    isLearning: false,
  });
};

/** Duke Energy's simulated site: the page, with its key, the controller behind it, what serves the devices, and what stands beside it. */
const siteOf = async (system: LocalSystem, { site }: Pages, pool: Pool): Promise<Interface[]> => {
  const { url, plant, servers, devices, cloud } = await site.begin();
  goByCertificate(Number(new URL(servers.url).port), servers.identity);
  const page = await withCommon(new URL(site.url).origin, [
    plain('GET', '/'),
    plain('GET', '/site/v1/state'),
    plain('GET', '/site/v1/beside'),
    plain('PUT', '/site/v1/changes/x'),
  ]);
  const served = [
    { name: 'site page', origin: new URL(site.url).origin, operations: page, token: site.key },
    {
      name: `energy-controller ${DUKE_ENERGY.utilityId}`,
      origin: new URL(url).origin,
      operations: await withCommon(new URL(url).origin),
      callers: callersOf(DUKE_ENERGY, system.keys),
    },
    {
      name: 'simulated devices',
      origin: new URL(plant.url).origin,
      operations: await withCommon(new URL(plant.url).origin),
      token: plant.secret,
    },
    {
      name: 'servers of the site',
      origin: new URL(servers.url).origin,
      operations: await withCommon(new URL(servers.url).origin),
    },
    ...(await Promise.all(
      devices.doors.map(async ({ name, url: door, token }) => ({
        name: `${name} of the site`,
        origin: new URL(door).origin,
        operations: await withCommon(new URL(door).origin),
        token,
      })),
    )),
    {
      name: `energy-cloud ${DUKE_ENERGY.utilityId}`,
      origin: new URL(cloud.url).origin,
      operations: await withCommon(new URL(cloud.url).origin),
      callers: callersOf(DUKE_ENERGY, system.keys),
    },
  ];
  return served.map((spec) => httpInterface({ ...spec, pool }));
};

/** Duke Energy's door to stations that speak OCPP: what its operators ask, and where stations connect. */
const streetOf = async (system: LocalSystem, { street }: Pages, pool: Pool): Promise<Interface[]> => {
  const { origin } = new URL(street.url);
  return [
    httpInterface({
      name: `ocpp ${DUKE_ENERGY.utilityId}`,
      origin,
      operations: await withCommon(origin),
      callers: callersOf(DUKE_ENERGY, system.keys),
      pool,
    }),
    stationsInterface(`ocpp stations ${DUKE_ENERGY.utilityId}`, street.station, pool),
  ];
};

/** The bank, each utility's desk at it, and the chain, whose node starts with the first question. */
const paymentsOf = async (system: LocalSystem, bank: ServedBank, pool: Pool): Promise<Interface[]> => {
  const doors = bank.doors.map(async ({ name, url, token, utilityId }) => {
    const { origin } = new URL(url);
    const definition = UTILITIES.find((each) => each.utilityId === utilityId);
    const callers = definition && callersOf(definition, system.keys);
    return httpInterface({
      name,
      origin,
      operations: await withCommon(origin),
      token,
      ...(callers !== undefined && { callers }),
      pool,
    });
  });
  const { chain } = system;
  if (chain === undefined) return Promise.all(doors);
  const { origin } = new URL(chain.url);
  const node = httpInterface({ name: 'chain', origin, operations: await withCommon(origin), pool });
  return [...(await Promise.all(doors)), node];
};

/**
 * Every interface that the consortium and its pages serve on this machine. What is added to the system is added here:
 * `start/whole-surface.test.ts` compares with what listens.
 */
export async function servedInterfaces({
  system,
  bank,
  pages,
  cin,
}: {
  system: LocalSystem;
  bank: ServedBank;
  pages: Pages;
  cin: string;
}): Promise<readonly [Interface, ...Interface[]]> {
  const pool = new Pool();
  for (const name of ['cin', 'userId']) pool.add(name, cin);
  const services = await Promise.all(UTILITIES.map((definition) => servicesOf(system, definition, pool)));
  const [first, ...rest] = [
    ...services.flat(),
    ...(await pagesOf(pages, pool)),
    await forecastOf(pages),
    ...(await streetOf(system, pages, pool)),
    ...(await siteOf(system, pages, pool)),
    ...(await paymentsOf(system, bank, pool)),
    ...UTILITIES.map(({ mspId }) => peerInterface(system.ledger.endpoint(mspId), pool)),
    peerInterface(system.ledger.endpoint(AUDITOR_MSP), pool, 'auditor'),
  ];
  return [first, ...rest];
}
