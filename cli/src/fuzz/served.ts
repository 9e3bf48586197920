import { AUDITOR_MSP, UTILITIES, type UtilityDefinition } from '../system/consortium.ts';
import type { Pages } from '../start/pages.ts';
import type { LocalSystem } from '../system/system.ts';
import { callersOf } from './callers.ts';
import { httpInterface, type HttpSpec } from './http-interface.ts';
import { operationsAt, plain, type Operation } from './http-operations.ts';
import type { Interface } from './interface.ts';
import { peerInterface } from './peer-interface.ts';
import { Pool } from './pool.ts';

/** What listens beside our own interfaces: software of others, reached by our own processes alone. */
export const OUTSIDE: readonly { readonly what: string; readonly program: RegExp }[] = [
  {
    what: 'fabric-shim’s server around each utility’s contracts: its peer calls it',
    program: /chaincode-bundle\/server\.cjs/,
  },
  { what: 'PostgreSQL: the utility’s services call it', program: /\bpostgres\b/ },
];

/** Served by every service beside its operations. */
const COMMON = ['/healthz', '/readyz', '/metrics', '/openapi.json'].map((path) => plain('GET', path));

/** What an AAA node's OpenID provider serves; its own metadata names them. */
const OPEN_ID: readonly Operation[] = [
  plain('GET', '/oidc/.well-known/openid-configuration'),
  plain('GET', '/oidc/jwks'),
  plain('POST', '/oidc/token'),
  plain('POST', '/oidc/par'),
  plain('POST', '/oidc/backchannel'),
  plain('POST', '/oidc/introspection'),
  plain('POST', '/oidc/revocation'),
  plain('GET', '/oidc/auth'),
  plain('GET', '/oidc/me'),
  plain('GET', '/oidc/session/end'),
  plain('GET', '/oidc/device'),
  plain('POST', '/oidc/device'),
  plain('POST', '/oidc/device/auth'),
  plain('GET', '/interaction/x'),
  plain('POST', '/interaction/x/login'),
];

const withCommon = async (
  origin: string,
  more: readonly Operation[] = [],
): Promise<HttpSpec['operations']> => {
  const [first, ...rest] = [...(await operationsAt(origin)), ...more, ...COMMON];
  if (first === undefined) throw new Error(`${origin} serves nothing`);
  return [first, ...rest];
};

const servicesOf = async (
  system: LocalSystem,
  definition: UtilityDefinition,
  pool: Pool,
): Promise<Interface[]> => {
  const { gateway, aaa, router } = system.utility(definition.utilityId);
  const callers = callersOf(definition, system.keys);
  const services = [
    ['gateway', new URL(gateway.url).origin, []],
    ['aaa', new URL(aaa.issuer).origin, OPEN_ID],
    ['router', new URL(router.url).origin, []],
  ] as const;
  return Promise.all(
    services.map(async ([name, origin, more]) =>
      httpInterface({
        name: `${name} ${definition.utilityId}`,
        origin,
        operations: await withCommon(origin, more),
        callers,
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
    ...pages.kiosks.map(({ url }, at) => page(`kiosk ${at + 1}`, url, ['/kiosk/v1/events'])),
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

/**
 * Every interface that the consortium and its pages serve on this machine. What is added to the system is added here:
 * `start/whole-surface.test.ts` compares with what listens.
 */
export async function servedInterfaces({
  system,
  pages,
  cin,
}: {
  system: LocalSystem;
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
    ...UTILITIES.map(({ mspId }) => peerInterface(system.ledger.endpoint(mspId), pool)),
    peerInterface(system.ledger.endpoint(AUDITOR_MSP), pool, 'auditor'),
  ];
  return [first, ...rest];
}
