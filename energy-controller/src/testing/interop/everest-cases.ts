import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allocate,
  checkAllocation,
  growTree,
  PLAIN_POLICY,
  type Claim,
  type Limit,
  type PowerNode,
  type PowerState,
} from '@roamgrid/domain/power';
import { unwrap } from '@roamgrid/domain';
import { z } from 'zod';
import type { Exercised } from './exercised.ts';
import { patched, type Patch } from './json-patch.ts';

/** The energy manager's own cases of EVerest (`everest-core`), read where `ROAMGRID_VECTORS` names a checkout: nothing of them is kept here. */
export const EVEREST_CASES = 'energy manager of EVerest';

const FOLDER = ['modules', 'EnergyManagement', 'EnergyManager', 'tests', 'json_tests'];

/** Why a case is not for this core. `docs/interop.md` has the same. */
const DOES_NOT_APPLY: Readonly<Record<string, string>> = {
  '1_3': 'a car that discharges by limits alone: here a discharge is a claim with its owner’s consent',
  '1_4': 'the same, with two cars',
  '5': 'a charge goes from three phases to one: phases of an outlet are not switched here',
  '8': 'a set-point of a node in amperes: nodes have limits here, and no set-points',
  '9': 'the same in watts',
  '10': 'the same by the frequency of the grid',
};

const told = z.object({ value: z.number() });
const limits = z.object({
  ac_max_current_A: told.optional(),
  ac_min_current_A: told.optional(),
  total_power_W: told.optional(),
});
const entry = z.object({ timestamp: z.string(), limits_to_leaves: limits, limits_to_root: limits });
type Entry = z.output<typeof entry>;

interface Node {
  readonly uuid: string;
  readonly node_type: string;
  readonly schedule_import: readonly Entry[];
  readonly children: readonly Node[];
}
const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    uuid: z.string(),
    node_type: z.string(),
    schedule_import: z.array(entry),
    children: z.array(node),
  }),
);

const testCase = z.object({
  start_times: z.array(z.string()),
  config: z.object({ nominal_ac_voltage: z.number() }),
  request: node,
  expected_results: z.array(
    z.array(z.object({ uuid: z.string(), limits_root_side: z.object({ ac_max_current_A: told }) })),
  ),
});
type Case = z.output<typeof testCase>;

const PHASES = 3;
/** Stands for a feed that is not what binds. */
const PLENTY_W = 1_000_000n;

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

const readCase = (folder: string, file: string): Case => {
  const own = readJson(join(folder, file)) as {
    readonly basefile?: string;
    readonly patches?: readonly Patch[];
  };
  const whole =
    own.basefile === undefined ? own : patched(readJson(join(folder, own.basefile)), own.patches ?? []);
  return testCase.parse(whole);
};

/** What holds at an instant; before the first entry, that one. */
const entryAt = ({ schedule_import: entries }: Node, atMs: number): Entry | undefined =>
  entries.findLast(({ timestamp }) => Date.parse(timestamp) <= atMs) ?? entries[0];

const sides = (at: Entry | undefined) => (at === undefined ? [] : [at.limits_to_leaves, at.limits_to_root]);

const lowest = (values: readonly (number | undefined)[]): bigint | undefined => {
  const there = values.filter((value) => value !== undefined);
  return there.length === 0 ? undefined : BigInt(Math.floor(Math.min(...there)));
};

const limitOf = (at: Entry | undefined): Limit => {
  const amps = lowest(sides(at).map(({ ac_max_current_A: current }) => current?.value));
  const totalW = lowest(sides(at).map(({ total_power_W: power }) => power?.value));
  return {
    ...(amps === undefined ? {} : { phaseA: Array.from({ length: PHASES }, () => amps) }),
    ...(totalW === undefined ? {} : { totalW }),
  };
};

/** The tree of limits at an instant, and a claim for every outlet that may be given something. */
const stateAt = ({ request, config }: Case, atMs: number): PowerState => {
  const volts = BigInt(config.nominal_ac_voltage);
  const nodes: PowerNode[] = [];
  const claims: Claim[] = [];
  const grow = (grown: Node, parentId?: string): void => {
    const at = entryAt(grown, atMs);
    // Two nodes of one case have the same name.
    const nodeId = parentId === undefined ? grown.uuid : `${parentId}/${grown.uuid}`;
    const isOutlet = grown.node_type === 'Evse';
    const kind = parentId === undefined ? 'connection' : isOutlet ? 'outlet' : 'feeder';
    nodes.push({ nodeId, kind, hard: limitOf(at), ...(parentId === undefined ? {} : { parentId }) });
    const leastA = lowest(sides(at).map(({ ac_min_current_A: current }) => current?.value)) ?? 0n;
    if (isOutlet && at !== undefined)
      claims.push({
        ...{ claimId: grown.uuid, kind: 'charge', nodeId, arrivedMs: atMs },
        ...{ minW: leastA * volts * BigInt(PHASES), maxW: PLENTY_W, step: { unit: 'A', everyA: 1n } },
      });
    for (const child of grown.children) grow(child, nodeId);
  };
  grow(request);
  return {
    tree: unwrap(growTree(nodes, { volts, lanes: PHASES })),
    sources: [{ sourceId: 'grid', kind: 'grid', nodeId: request.uuid, availableW: PLENTY_W }],
    claims,
    signals: {},
    policy: { ...PLAIN_POLICY, serve: 'share' },
    tickMs: 60_000,
  };
};

const wrongOf = (read: Case): string | undefined => {
  for (const [index, startTime] of read.start_times.entries()) {
    const atMs = Date.parse(startTime);
    const state = stateAt(read, atMs);
    const allocation = allocate(state, atMs);
    const breaches = checkAllocation(state, allocation);
    const wattsPerA = BigInt(PHASES) * state.tree.volts;
    for (const { uuid, limits_root_side: expected } of read.expected_results[index] ?? []) {
      const grantedW = allocation.grants.find(({ claimId }) => claimId === uuid)?.grantedW ?? 0n;
      const expectedW = BigInt(expected.ac_max_current_A.value) * wattsPerA;
      if (grantedW !== expectedW || breaches.length > 0)
        return `${uuid} at ${startTime}: ${grantedW} W, EVerest ${expectedW} W`;
    }
  }
  return undefined;
};

/** Where the cases lie in one of the folders. */
export const everestCases = (folders: readonly string[]): string | undefined =>
  folders.map((folder) => join(folder, ...FOLDER)).find((folder) => existsSync(folder));

/** Decides each case that applies by the ranked rule that shares evenly. */
export const exerciseEverest = (folder: string): readonly Exercised[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((file): Exercised => {
      const action = file.replace(/\.json$/, '');
      const why = Object.entries(DOES_NOT_APPLY).find(([number]) => action.startsWith(`${number}_`))?.[1];
      if (why !== undefined) return { action, doesNotApply: why };
      const wrong = wrongOf(readCase(folder, file));
      return wrong === undefined ? { action } : { action, wrong };
    });
