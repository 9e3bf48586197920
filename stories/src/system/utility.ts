import type { AaaNodeConfig } from '@roamgrid/aaa-node';
import type { GatewayConfig } from '@roamgrid/gateway';
import type { RouterConfig } from '@roamgrid/roaming-router';
import { servicePart, type ServiceName, type Supervisor } from '@roamgrid/utility';
import { asker, type Ask } from './ask.ts';
import { UTILITY_ROLES, type UtilityDefinition } from './consortium.ts';
import { publicHalf, type KeyRing, type SigningJwk } from './key-ring.ts';
import type { ServiceUrl } from './database.ts';
import type { LedgerEndpoint } from './ledger.ts';
import type { Between } from './between.ts';
import type { PortBook } from './port-book.ts';

/**
 * How long answers may take, ms of the wall, where no driver stands and waits: a busy machine is not a home utility that
 * is away, and a recorded session is not lost for it.
 */
const BUSY_MACHINE_MS = 30_000;

/** Settings of a local system that differ between a demonstration, a test and a replay. */
export interface SystemTuning {
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** A simulated clock for the services; the wall's when absent. */
  readonly simulated?: {
    readonly nowMs: () => number;
    /**
     * How long offers hold and how old news of revocations may be, in simulated time. Machines work at the wall's pace,
     * so what is minutes in the field must be hours where the clock runs hundreds of times faster.
     */
    readonly patienceMs: number;
    /**
     * The ledger lives in the simulated time too, until the system goes live: notice times and late readings are those of
     * the story. Its endorsers sign proposals of any time so long.
     */
    readonly ledger?: true;
    /** Where processes beside this one read the simulated time; they need it. */
    readonly clockFile?: string;
  };
  /** Services of each utility that are processes of their own; the others run in this one. */
  readonly processes?: readonly ServiceName[];
  /** How long the batcher waits for more sessions before it submits, ms. */
  readonly batchWaitMs?: number;
  /** Most cars that one card may charge at once, where customers stand for more drivers than one each; else one. */
  readonly carsAtOnce?: number;
  /** Payment by token, on a chain that starts when somebody asks it; without it nobody can. */
  readonly byToken?: TokenTuning;
  /** Utilities that have a door for partners outside the consortium, which their machines answer. */
  readonly withPartners?: readonly string[];
  /** How often sessions are looked for that no station ends, ms. */
  readonly reapEveryMs?: number;
  /** How often stations tell what they charge, ms. */
  readonly reportEveryMs?: number;
  /** How often records of chargers without network are brought to the ledger, ms. */
  readonly bookEveryMs?: number;
}

/** The chain of a local system, and who pays whom on it. */
export interface TokenTuning {
  /** Whether two utilities pay their nettings by token; by bank otherwise. */
  readonly pays: (one: string, other: string) => boolean;
  /** How deep a block must be to count. */
  readonly depth: number;
  /** Makes a block so often without being asked to. */
  readonly blockEveryS?: number;
}

/** Where the members of a consortium on one machine are. */
export const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** What a whole system tells each of its utilities. */
export interface UtilityTuning extends SystemTuning {
  /** Time that commands are proposed at; undefined for the wall's. */
  readonly proposalTimeMs: () => number | undefined;
}

/** The driver page of a utility: an app of its own at its OpenID provider, served from an origin of its own. */
export interface DriverApp {
  readonly clientId: string;
  /** Where the page is served; also where sign-in returns to. */
  readonly origin: string;
  readonly port: number;
}

/** One utility's services, running, and the people who work with them. */
export interface RunningUtility {
  readonly definition: UtilityDefinition;
  readonly gateway: { readonly url: string };
  readonly router: { readonly url: string };
  readonly aaa: { readonly url: string; readonly issuer: string };
  readonly driverApp: DriverApp;
  /** Where its door for partners outside is to listen, when it has one. */
  readonly partnersPort?: number;
  /** Key under which the ledger's registry knows the utility. */
  readonly signingKey: SigningJwk;
  /** Keys that count where nobody hears of anything, as the registry takes them. */
  readonly offlineKeys: readonly (ReturnType<typeof publicHalf> & { readonly use: 'tokens' | 'chargers' })[];
  readonly operator: Ask;
  readonly gridOperator: Ask;
  /** Certifies others' generation, once they appointed the utility. */
  readonly registrar: Ask;
  /** The consortium's auditor, as this utility's gateway knows it. */
  readonly auditor: Ask;
  /** The tax authority, as this utility’s gateway knows it. */
  readonly authority: Ask;
  /** Another operator, for what needs two. */
  readonly reviewer: Ask;
}

/** What a utility stands on: the consortium's ledger, and keys, ports and database of this machine. */
export interface UtilityGround {
  readonly ledger: LedgerEndpoint;
  readonly keys: KeyRing;
  readonly ports: PortBook;
  readonly between: Between;
  readonly stateDir: string;
  readonly databaseUrlFor: ServiceUrl;
  readonly supervisor: Supervisor;
  /** Its own account on the chain, where there is one. */
  readonly token: AaaNodeConfig['token'];
}

/** Name of a utility's part in its supervisor. */
export const partName = (utilityId: string, part: string): string => `${utilityId.toLowerCase()}/${part}`;

const trusted = (
  iss: string,
  role: 'operator' | 'grid-operator' | 'registrar' | 'router' | 'aaa' | 'gateway' | 'auditor' | 'authority',
  key: SigningJwk,
) => ({
  iss,
  role,
  key: publicHalf(key),
});

/** Start the gateway, the AAA node and the roaming router of one utility, each on the port that it always has. */
export async function startUtility(
  definition: UtilityDefinition,
  { ledger, keys, ports, between, stateDir, databaseUrlFor, supervisor, token }: UtilityGround,
  tuning: UtilityTuning,
): Promise<RunningUtility> {
  const { utilityId, name } = definition;
  const key = (of: string) => keys.key(`${utilityId}-${of}`);
  const portOf = (part: string) => ports.port(partName(utilityId, part));
  const [gatewayListens, aaaListens, routerListens] = await Promise.all([
    portOf('gateway'),
    portOf('aaa'),
    portOf('router'),
  ]);
  const driverPort = await portOf('driver-page');
  const hasPartners = tuning.withPartners?.includes(utilityId) === true;
  const partnersPort = hasPartners ? await portOf('ocpi') : undefined;
  const [gatewayPort, aaaPort, routerPort] = await Promise.all([
    between.port(partName(utilityId, 'gateway'), gatewayListens),
    between.port(partName(utilityId, 'aaa'), aaaListens),
    between.port(partName(utilityId, 'router'), routerListens),
  ]);
  const url = (port: number) => `http://localhost:${port}`;
  const driverApp: DriverApp = { clientId: 'driver-page', origin: url(driverPort), port: driverPort };
  const databaseFor = async (schema: ServiceName) => {
    const database = `roamgrid_${utilityId.toLowerCase()}`;
    return { url: await databaseUrlFor({ database, schema }), stateDir, name: database };
  };
  const operators = [
    trusted('operator', 'operator', key('operator')),
    trusted('reviewer', 'operator', key('reviewer')),
    trusted('grid', 'grid-operator', key('grid')),
    trusted('registrar', 'registrar', key('registrar')),
  ];
  const { simulated, proposalTimeMs } = tuning;
  const clocks = { ...(simulated === undefined ? {} : { nowMs: simulated.nowMs }), proposalTimeMs };
  const run = (order: Parameters<typeof servicePart>[1], port: number) =>
    supervisor.run(
      servicePart(partName(utilityId, order.service), order, {
        isProcess: tuning.processes?.includes(order.service) === true,
        url: url(port),
        clocks,
      }),
    );
  const inTime = {
    ...(simulated?.clockFile === undefined ? {} : { clockFile: simulated.clockFile }),
    isLedgerSimulated: simulated?.ledger === true,
  };

  const gatewayConfig: GatewayConfig = {
    utilityId,
    name,
    listen: { port: gatewayListens },
    publicUrl: url(gatewayPort),
    database: await databaseFor('gateway'),
    ledger: {
      channel: ledger.channel,
      mspId: ledger.mspId,
      endpoint: ledger.address,
      tlsRootCertPath: ledger.tlsRootCertPath,
      users: Object.fromEntries(UTILITY_ROLES.map((role) => [role, ledger.user(role)])),
    },
    signingKey: key('utility'),
    machineKey: key('gateway'),
    routerUrl: url(routerPort),
    aaaUrl: url(aaaPort),
    driverTokens: {
      issuer: `${url(aaaPort)}/oidc`,
      audience: url(gatewayPort),
      appOrigins: [driverApp.origin],
    },
    trusted: [
      ...operators,
      trusted('router', 'router', key('router')),
      trusted('aaa', 'aaa', key('aaa')),
      // Reads the ledger's records, and their evidence, for those that it stands in for.
      ...(hasPartners ? [trusted('ocpi', 'aaa', key('ocpi')), trusted('ocpi', 'operator', key('ocpi'))] : []),
      trusted('auditor', 'auditor', keys.key('auditor')),
      trusted('authority', 'authority', keys.key('authority')),
    ],
    station: {
      ...(simulated === undefined
        ? {}
        : { quoteValid: simulated.patienceMs, routerTimeout: 2 * BUSY_MACHINE_MS }),
      ...(tuning.reportEveryMs === undefined ? {} : { reportEvery: tuning.reportEveryMs }),
      ...(tuning.reapEveryMs === undefined ? {} : { reapEvery: tuning.reapEveryMs }),
    },
    offline: {
      chargers: {
        ...{ key: key('chargers'), reader: key('reader') },
        ...(tuning.bookEveryMs === undefined ? {} : { lookEvery: tuning.bookEveryMs }),
      },
    },
    batcher: { ...(tuning.batchWaitMs === undefined ? {} : { maxWait: tuning.batchWaitMs }) },
    rateLimit: 'off',
    logLevel: tuning.logLevel,
  };
  const aaaConfig: AaaNodeConfig = {
    utilityId,
    channel: ledger.channel,
    utilityName: name,
    listen: { port: aaaListens },
    publicUrl: url(aaaPort),
    database: await databaseFor('aaa'),
    gatewayUrl: url(gatewayPort),
    ...(partnersPort === undefined ? {} : { partnersDoorUrl: url(partnersPort) }),
    signingKey: key('utility'),
    machineKey: key('aaa'),
    providerKeys: [key('provider')],
    trusted: [
      ...operators,
      trusted('router', 'router', key('router')),
      trusted('gateway', 'gateway', key('gateway')),
      // Keeps the cards of partners' customers.
      ...(hasPartners ? [trusted('ocpi', 'operator', key('ocpi'))] : []),
    ],
    apps: [
      { clientId: driverApp.clientId, name: `${name} driver page`, redirectUris: [`${driverApp.origin}/`] },
    ],
    driverAppUrl: `${driverApp.origin}/`,
    ...(tuning.carsAtOnce === undefined ? {} : { carsAtOnce: tuning.carsAtOnce }),
    ...(token === undefined ? {} : { token }),
    offline: { key: key('tokens') },
    secrets: {
      cookies: keys.secret(`${utilityId}-cookies`),
      visitors: keys.secret(`${utilityId}-visitors`),
      driverTokens: keys.secret(`${utilityId}-driver-tokens`),
    },
    ...(simulated === undefined
      ? {}
      : { times: { consent: simulated.patienceMs, revocationsStale: simulated.patienceMs, feed: 500 } }),
    logLevel: tuning.logLevel,
  };
  const routerConfig: RouterConfig = {
    utilityId,
    listen: { port: routerListens },
    publicUrl: url(routerPort),
    database: await databaseFor('router'),
    gatewayUrl: url(gatewayPort),
    aaaUrl: url(aaaPort),
    signingKey: key('utility'),
    machineKey: key('router'),
    dpopKey: key('dpop'),
    allowedNetworks: LOOPBACK,
    trusted: [trusted('gateway', 'gateway', key('gateway'))],
    ...(simulated === undefined
      ? {}
      : {
          times: { revocationsEvery: 1_000, homeBudget: BUSY_MACHINE_MS, ownBudget: BUSY_MACHINE_MS / 2 },
        }),
    logLevel: tuning.logLevel,
  };
  await run({ service: 'gateway', config: gatewayConfig, ...inTime }, gatewayListens);
  await run({ service: 'aaa', config: aaaConfig, ...inTime }, aaaListens);
  await run({ service: 'router', config: routerConfig, ...inTime }, routerListens);
  return {
    definition,
    ...(partnersPort !== undefined && { partnersPort }),
    gateway: { url: url(gatewayPort) },
    router: { url: url(routerPort) },
    aaa: { url: url(aaaPort), issuer: `${url(aaaPort)}/oidc` },
    driverApp,
    signingKey: key('utility'),
    offlineKeys: [
      { ...publicHalf(key('tokens')), use: 'tokens' },
      { ...publicHalf(key('chargers')), use: 'chargers' },
    ],
    operator: asker(key('operator'), 'operator', utilityId, 'operator'),
    reviewer: asker(key('reviewer'), 'reviewer', utilityId, 'operator'),
    auditor: asker(keys.key('auditor'), 'auditor', utilityId, 'auditor'),
    authority: asker(keys.key('authority'), 'authority', utilityId, 'authority'),
    gridOperator: asker(key('grid'), 'grid', utilityId, 'grid-operator'),
    registrar: asker(key('registrar'), 'registrar', utilityId, 'registrar'),
  };
}
