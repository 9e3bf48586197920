import type { IForbiddenRuleType } from 'dependency-cruiser';

/**
 * Which part may import which: `domain ← wire ← services`. No service imports another; they meet in `wire`. The
 * composition roots (`utility`, `stories`, `cli`, the test network, the bench) stand above them all and nothing imports `cli`.
 * A part that is not listed here may import nothing, so a new one has to be placed before it can be used.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  wire: ['domain', 'offline'],
  'service-kit': ['domain', 'wire'],
  network: [],
  auditor: [],
  escrow: [],
  'chain-simulator': ['service-kit'],
  chaincode: ['domain', 'wire', 'offline'],
  gateway: ['domain', 'wire', 'service-kit', 'offline'],
  'roaming-router': ['domain', 'wire', 'service-kit'],
  'aaa-node': ['domain', 'wire', 'service-kit', 'escrow', 'offline'],
  'tariff-service': ['domain', 'wire', 'service-kit'],
  'energy-controller': ['domain', 'wire', 'service-kit', 'station-kit'],
  'compute-agent': ['wire', 'service-kit'],
  bank: ['domain', 'wire', 'service-kit'],
  'station-kit': ['wire'],
  offline: ['domain'],
  station: ['domain', 'wire', 'service-kit', 'station-kit', 'offline'],
  ocpp: ['domain', 'wire', 'service-kit', 'station-kit'],
  ocpi: ['domain', 'wire', 'service-kit', 'station-kit'],
  web: ['domain', 'wire', 'auditor', 'offline'],
  utility: ['domain', 'wire', 'service-kit', 'gateway', 'roaming-router', 'aaa-node'],
  'test-network': ['domain', 'wire', 'network', 'service-kit', 'chaincode'],
  stories: [
    ...[
      'domain',
      'wire',
      'network',
      'service-kit',
      'chaincode',
      'gateway',
      'roaming-router',
      'aaa-node',
      'bank',
    ],
    ...[
      'tariff-service',
      'station',
      'station-kit',
      'ocpp',
      'ocpi',
      'web',
      'test-network',
      'utility',
      'escrow',
      'chain-simulator',
      'energy-controller',
      'compute-agent',
      'offline',
    ],
  ],
  bench: [
    ...['domain', 'wire', 'network', 'service-kit', 'chaincode', 'gateway', 'test-network', 'auditor'],
    ...['ocpp', 'station', 'station-kit', 'energy-controller', 'tariff-service', 'offline', 'stories'],
  ],
};

/** May import every part. */
const COMPOSITION_ROOTS = ['cli'];

/** Clients of the ledger: the gateway is their only user besides what tests and measures the ledger itself. */
const FABRIC_CLIENTS = '^node_modules/(?:@hyperledger/fabric-gateway|fabric-network|fabric-ca-client)/';
const FABRIC_USERS = '^(?:gateway|test-network|bench)/';

/**
 * Tests end in `.test.ts`, and in `.native.ts` where they need Fabric's programs. Those of the contracts' guards are data,
 * which a command runs too.
 */
const TESTS = '\\.(?:test|fixture|native)\\.ts$|/testing/|/guards/';

const alternatives = (names: readonly string[]): string => `^(?:${names.join('|')})/`;

/** What tests of parts that live on a ledger start one with, and take signed sessions from. */
const TEST_LEDGER = ['test-network', 'network', 'chaincode'];

/** What else the tests of a part may import. */
const TESTED_ON: Readonly<Record<string, readonly string[]>> = {
  chaincode: TEST_LEDGER,
  // The auditor's model holds their bundles against what they say.
  gateway: [...TEST_LEDGER, 'auditor'],
  stories: ['auditor'],
  // Its adapters are tried on the devices that they are for.
  'energy-controller': ['compute-agent', 'ocpp', 'station'],
  escrow: ['chain-simulator'],
  'aaa-node': ['chain-simulator'],
};

const directionRule = (
  part: string,
  workspaces: readonly string[],
  allowed: readonly string[],
  from: IForbiddenRuleType['from'],
): readonly IForbiddenRuleType[] => {
  const others = workspaces.filter((other) => other !== part && !allowed.includes(other));
  const rule: IForbiddenRuleType = {
    name: 'direction',
    comment: `${part} may import ${allowed.length === 0 ? 'no other part' : `only ${allowed.join(', ')}`}`,
    severity: 'error',
    from: { ...from, path: typeof from.path === 'string' ? from.path : alternatives([part]) },
    to: { path: alternatives(others) },
  };
  return others.length === 0 ? [] : [rule];
};

const directionRules = (part: string, workspaces: readonly string[]): readonly IForbiddenRuleType[] => {
  if (COMPOSITION_ROOTS.includes(part)) return [];
  const allowed = MAY_IMPORT[part] ?? [];
  const tested = TESTED_ON[part];
  if (tested === undefined) return directionRule(part, workspaces, allowed, {});
  return [
    ...directionRule(part, workspaces, allowed, { pathNot: TESTS }),
    ...directionRule(part, workspaces, [...allowed, ...tested], { path: `^${part}/.*(?:${TESTS})` }),
  ];
};

/** The rules for a repository with these parts. */
export const importRules = (workspaces: readonly string[]): readonly IForbiddenRuleType[] => [
  ...workspaces.flatMap((part) => directionRules(part, workspaces)),
  {
    name: 'through-the-package',
    comment: 'parts import one another by package name, never by path',
    severity: 'error',
    from: { path: '^([^/]+)/' },
    to: { path: alternatives(workspaces), pathNot: '^$1/', dependencyTypes: ['local'] },
  },
  {
    name: 'no-cycle',
    comment: 'modules do not load each other in a circle (type imports are erased and may)',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'resolvable',
    comment: 'every import leads somewhere that its package exports',
    severity: 'error',
    from: { pathNot: '/node_modules/|^node_modules/' },
    to: { couldNotResolve: true },
  },
  {
    name: 'pure-domain',
    comment: 'domain is pure: no I/O, clock or randomness, so no Node module and no package',
    severity: 'error',
    from: { path: '^domain/', pathNot: TESTS },
    to: { pathNot: '^domain/' },
  },
  {
    name: 'fabric-clients',
    comment: 'only gateway imports the Fabric client SDKs',
    severity: 'error',
    from: { path: alternatives(workspaces), pathNot: FABRIC_USERS },
    to: { path: FABRIC_CLIENTS },
  },
  {
    name: 'web-types-only',
    comment:
      'web imports types of other parts only, the auditor, which verifies in the browser, and what a phone says to a charger',
    severity: 'error',
    from: { path: '^web/', pathNot: TESTS },
    to: {
      path: alternatives(workspaces.filter((part) => !['web', 'auditor', 'offline'].includes(part))),
      dependencyTypesNot: ['type-only', 'type-import'],
    },
  },
  {
    name: 'no-tests-in-production',
    comment: 'what runs does not import what tests it; a bench may, for it measures on the same fixtures',
    severity: 'error',
    from: { pathNot: `${TESTS}|^bench/` },
    to: { path: TESTS },
  },
];
