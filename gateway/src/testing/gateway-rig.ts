import { createAssertionSigner } from '@roamgrid/service-kit';
import type { AssertionClaims } from '@roamgrid/wire';
import type { GatewayConfig } from '../config.ts';
import { startGateway, type GatewayOptions, type RunningGateway } from '../start-gateway.ts';
import { inTestTime, testNow } from './clock.ts';
import {
  ALABAMA,
  consortiumSteps,
  DUKE,
  GEORGIA,
  stationStep,
  type Scene,
  type Step,
  type TestSite,
} from './consortium.ts';
import { testKey, type TestKey } from './keys.ts';
import { beforeStop, ledgerRig, MSP, type LedgerRig } from './ledger-rig.ts';
import { startRouterPeer, type RouterPeer } from './router-peer.ts';
import { StationPeer, type Answered } from './station-peer.ts';
import { until } from './until.ts';

export { until };

const MSP_OF: Readonly<Record<string, string>> = {
  [ALABAMA]: MSP.alabama,
  [DUKE]: MSP.duke,
  [GEORGIA]: MSP.georgia,
};

const meterKeys = new Map<string, TestKey>();

const meterKeyOf = (meterId: string): TestKey => {
  const known = meterKeys.get(meterId) ?? testKey(meterId.toLowerCase());
  meterKeys.set(meterId, known);
  return known;
};

/** Keys outlive one rig: the ledger has them. */
const keys = {
  utilities: { [ALABAMA]: testKey('alp-1'), [DUKE]: testKey('duk-1'), [GEORGIA]: testKey('gpc-1') },
  station: testKey('station-1'),
  meter: meterKeyOf,
  machine: testKey('machine-1'),
  callers: testKey('callers-1'),
} as const;

const keyOf = (utilityId: string): TestKey =>
  Object.entries(keys.utilities).find(([id]) => id === utilityId)?.[1] ?? keys.machine;

type Role = AssertionClaims['role'];
const CALLER_ROLES: readonly Role[] = [
  'router',
  'aaa',
  'gateway',
  'operator',
  'grid-operator',
  'registrar',
  'auditor',
  'authority',
];

/** A utility's gateway with a caller for each role. */
export interface TestGateway {
  readonly utilityId: string;
  readonly config: GatewayConfig;
  running: RunningGateway;
  ask(role: Role, method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Answered>;
  tell(step: Omit<Step, 'utility'>, role?: Role): Promise<Answered>;
}

const callerOf = (utilityId: string, getUrl: () => string) => {
  const signers = new Map(
    CALLER_ROLES.map((role) => [
      role,
      createAssertionSigner({ key: keys.callers.secret, iss: role, utility: utilityId, role }),
    ]),
  );
  return async (
    role: Role,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: unknown,
  ): Promise<Answered> => {
    const url = getUrl();
    const token = await signers.get(role)?.(url);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token ?? ''}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
};

/** A consortium, and the ledger that it is to be on when that is not the one of all tests. */
export interface RigScene extends Scene {
  readonly ledger?: LedgerRig;
}

export interface GatewayRig {
  readonly ledger: LedgerRig;
  readonly router: RouterPeer;
  /** The station in Durham. */
  readonly station: StationPeer;
  stationAt(site: TestSite): StationPeer;
  /** A further station of Duke Energy's. */
  register(site: TestSite): Promise<StationPeer>;
  /** Alabama Power's key. */
  readonly home: TestKey;
  /** The key of a meter, by its id. */
  meter(meterId: string): TestKey;
  /** Duke Energy's key, for what it signs for its own customers. */
  readonly own: TestKey;
  readonly duke: TestGateway;
  readonly alabama: TestGateway;
  /** An auditor's gateway, which is a party of nothing. */
  auditor(): Promise<TestGateway>;
  config(utilityId: string, database: string, over?: Partial<GatewayConfig>): GatewayConfig;
  start(
    utilityId: string,
    database: string,
    over?: Partial<GatewayConfig>,
    options?: GatewayOptions,
  ): Promise<TestGateway>;
  close(): Promise<void>;
}

/** Ledgers that have the consortium, by folder. */
const prepared = new Map<string, Promise<void>>();

/** Gateways of Duke Energy and Alabama Power over the real ledger, with the consortium registered on it. */
export const gatewayRig = async (
  name: string,
  over: Partial<GatewayConfig> = {},
  options: GatewayOptions = {},
  { ledger: given, ...scene }: RigScene = {},
): Promise<GatewayRig> => {
  const ledger = given ?? (await ledgerRig());
  const router = await startRouterPeer(keys.utilities[ALABAMA]);
  const opened: TestGateway[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(({ running }) => running.close()));
    router.close();
  };
  // A rig whose making failed is closed too, or the test run would never end.
  beforeStop(close);
  const config = (utilityId: string, database: string, more: Partial<GatewayConfig> = {}): GatewayConfig => ({
    utilityId,
    name: `${utilityId} test`,
    database: { stateDir: ledger.stateDir, name: database },
    ledger: ledger.connection(MSP_OF[utilityId] ?? ''),
    signingKey: keyOf(utilityId).secret,
    machineKey: keys.machine.secret,
    routerUrl: router.url,
    trusted: CALLER_ROLES.map((role) => ({ iss: role, role, key: keys.callers.open })),
    batcher: { maxWait: 10, openWait: 10, noteWait: 10, retryPause: 50 },
    logLevel: 'fatal',
    rateLimit: 'off',
    ...over,
    ...more,
  });
  const start = async (
    utilityId: string,
    database: string,
    more: Partial<GatewayConfig> = {},
    moreOptions: GatewayOptions = {},
  ): Promise<TestGateway> => {
    return open(utilityId, config(utilityId, database, more), { ...options, ...moreOptions });
  };
  const open = async (
    utilityId: string,
    settings: GatewayConfig,
    withOptions: GatewayOptions,
  ): Promise<TestGateway> => {
    const running = await startGateway(settings, { ...inTestTime, ...withOptions });
    const ask = callerOf(utilityId, () => gateway.running.url);
    const gateway: TestGateway = {
      utilityId,
      config: settings,
      running,
      ask,
      tell: ({ path, command, transient }, role = 'operator') =>
        ask(role, 'POST', `/operator/v1/commands/${path}`, {
          command,
          ...(transient === undefined ? {} : { transient }),
        }),
    };
    opened.push(gateway);
    return gateway;
  };
  const [duke, alabama] = await Promise.all([start(DUKE, `${name}_duke`), start(ALABAMA, `${name}_alabama`)]);
  const preparing = prepared.get(ledger.stateDir) ?? prepare({ [DUKE]: duke, [ALABAMA]: alabama }, scene);
  prepared.set(ledger.stateDir, preparing);
  await preparing;
  // Whoever came later reads what the first one wrote.
  for (const gateway of [duke, alabama]) {
    await until('the gateway knows the tariff', async () => {
      const { body } = await gateway.ask('auditor', 'GET', '/auditor/v1/tariffs');
      const [first] = (body['items'] ?? []) as { boundUnder: string[] }[];
      return first !== undefined && first.boundUnder.length > 0 ? first : undefined;
    });
  }
  const auditor = async (): Promise<TestGateway> => {
    const {
      utilityId: _utilityId,
      signingKey: _signingKey,
      machineKey: _machineKey,
      routerUrl: _routerUrl,
      ...rest
    } = config(DUKE, `${name}_auditor`);
    return open('AUDIT', { ...rest, ledger: ledger.connection(MSP.auditor) }, options);
  };
  return {
    ledger,
    router,
    auditor,
    station: new StationPeer(duke.running.url, keys),
    stationAt: (site) => new StationPeer(duke.running.url, keys, site),
    register: async (site) => {
      const { status, body } = await duke.tell(stationStep(keys, site));
      if (status !== 200) throw new Error(`registering ${site.stationId}: ${JSON.stringify(body)}`);
      return new StationPeer(duke.running.url, keys, site);
    },
    home: keys.utilities[ALABAMA],
    meter: meterKeyOf,
    own: keys.utilities[DUKE],
    duke,
    alabama,
    config,
    start,
    close,
  };
};

const prepare = async (gateways: Readonly<Record<string, TestGateway>>, scene: Scene): Promise<void> => {
  for (const { utility, ...step } of consortiumSteps(keys, testNow(), scene)) {
    const gateway = gateways[utility];
    if (gateway === undefined) throw new Error(`no gateway of ${utility}`);
    // The other party's read model may be a block behind; what it lacks makes the command fail and is told again.
    await until(`${step.path} is told`, async () => {
      const answer = await gateway.tell(step);
      if (answer.status === 200) return answer;
      const isBehind = [403, 404].includes(answer.status) || answer.body['code'] === 'LEDGER_WRONG_STATE';
      if (answer.status < 500 && !isBehind) {
        throw new Error(`${step.path}: ${JSON.stringify(answer.body)}`);
      }
      return undefined;
    });
  }
};
