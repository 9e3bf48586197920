import fc from 'fast-check';
import { unwrap } from '../../result/index.ts';
import {
  growTree,
  PLAIN_POLICY,
  SERVERS_FIRST,
  VEHICLES_FIRST,
  type Claim,
  type ClaimKind,
  type Policy,
  type PowerNode,
  type PowerState,
  type Source,
  type Tree,
} from '../index.ts';
import { MINUTE_MS, NOW } from './build.ts';

const watts = (max: bigint) => fc.bigInt({ min: 0n, max });

const limit = (lanes: number) =>
  fc.record(
    {
      totalW: watts(60_000n),
      phaseA: fc.array(fc.bigInt({ min: 0n, max: 100n }), { minLength: lanes, maxLength: lanes }),
    },
    { requiredKeys: [] },
  );

/** Trees of up to ten nodes: each hangs on one that came before. */
const tree = (lanes: 1 | 3): fc.Arbitrary<Tree> =>
  fc
    .array(fc.record({ above: fc.nat(), hard: limit(lanes), soft: limit(lanes), exportUpTo: limit(lanes) }), {
      minLength: 1,
      maxLength: 10,
    })
    .map((drafts) =>
      drafts.map(({ above, ...limits }, at): PowerNode => ({
        nodeId: `n${at}`,
        kind: at === 0 ? 'connection' : 'feeder',
        ...(at === 0 ? {} : { parentId: `n${above % at}` }),
        ...limits,
      })),
    )
    .map((nodes) => unwrap(growTree(nodes, { volts: 230n, lanes })));

const lanesOf = (lanes: 1 | 3) =>
  lanes === 1 ? fc.constant([0]) : fc.constantFrom([0], [1], [2], [0, 1, 2], [0, 2]);

const someNode = ({ nodes }: Tree) => fc.constantFrom(...nodes.map(({ node }) => node.nodeId));

const source = (of: Tree, at: number): fc.Arbitrary<Source> =>
  fc
    .record({
      kind: fc.constantFrom('grid' as const, 'renewable' as const, 'ess' as const, 'ev' as const),
      nodeId: someNode(of),
      lanes: lanesOf(of.lanes === 1 ? 1 : 3),
      availableW: watts(30_000n),
      lossPpm: fc.constantFrom(0n, 30_000n, 123_457n),
      storedWh: watts(20_000n),
      floorWh: watts(10_000n),
      ageMs: fc.nat({ max: 400_000 }),
    })
    .map(({ storedWh, floorWh, ageMs, ...rest }) => ({
      sourceId: `source${at}`,
      ...rest,
      measuredAtMs: NOW - ageMs,
      staleAfterMs: 5 * MINUTE_MS,
      ...(rest.kind === 'ess' || rest.kind === 'ev'
        ? { store: { storedWh, capacityWh: 20_000n, floorWh, essentialFloorWh: floorWh / 2n } }
        : {}),
    }));

const KINDS: readonly ClaimKind[] = ['charge', 'charge', 'compute', 'circuit', 'discharge', 'export'];

const claim = (of: Tree, at: number): fc.Arbitrary<Claim> =>
  fc
    .record({
      kind: fc.constantFrom(...KINDS),
      nodeId: someNode(of),
      lanes: lanesOf(of.lanes === 1 ? 1 : 3),
      minW: fc.constantFrom(0n, 1_380n, 4_140n),
      maxW: watts(22_080n),
      step: fc.constantFrom(
        undefined,
        { unit: 'W', everyW: 100n } as const,
        { unit: 'A', everyA: 1n } as const,
        { unit: 'A-set', amps: [15n, 30n] } as const,
      ),
      arrivedMs: fc.integer({ min: 0, max: 5 }),
      needWh: fc.option(watts(40_000n), { nil: undefined }),
      stayMs: fc.option(fc.nat({ max: 10 * 60 * MINUTE_MS }), { nil: undefined }),
      urgency: fc.constantFrom('ordinary', 'ordinary', 'high', 'urgent'),
      priority: fc.integer({ min: 1, max: 3 }),
      weight: fc.bigInt({ min: 1n, max: 4n }),
      preemptible: fc.boolean(),
      runningW: fc.option(watts(22_080n), { nil: undefined }),
      essential: fc.boolean(),
      mode: fc.constantFrom(undefined, undefined, 'fast', 'slow'),
      sourceId: fc.constantFrom('source0', 'source1', 'source2'),
      isSurplus: fc.constantFrom(false, false, true),
      fromMs: fc.constantFrom(undefined, undefined, NOW + MINUTE_MS),
    })
    .map(({ stayMs, isSurplus, ...rest }) => {
      const given = Object.entries({
        ...rest,
        ...(stayMs === undefined ? {} : { deadlineMs: NOW + stayMs }),
        ...(isSurplus ? { fromKinds: ['renewable'] } : {}),
      }).filter(([, value]) => value !== undefined);
      return { claimId: `claim${at}`, ...Object.fromEntries(given) } as unknown as Claim;
    });

const upTo = <T>(most: number, make: (at: number) => fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.nat({ max: most }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => make(at))));

const policy: fc.Arbitrary<Policy> = fc
  .record({
    base: fc.constantFrom(PLAIN_POLICY, VEHICLES_FIRST, SERVERS_FIRST),
    serve: fc.constantFrom('llf', 'edf', 'fcfs', 'share'),
    sources: fc.constantFrom<Policy['sources']>(
      ['renewable', 'grid', 'ess', 'ev'],
      ['batteries-by-charge', 'renewable', 'grid'],
      ['grid', 'ev', 'ess', 'renewable'],
    ),
  })
  .map(({ base, serve, sources }) => ({ ...base, serve, sources, holdAheadMs: 2 * MINUTE_MS }));

/** Any state at all, sensible or not, on one or three phases. */
export const anyState: fc.Arbitrary<PowerState> = fc
  .constantFrom(1 as const, 3 as const)
  .chain(tree)
  .chain((of) =>
    fc.record({
      tree: fc.constant(of),
      sources: upTo(4, (at) => source(of, at)),
      claims: upTo(9, (at) => claim(of, at)),
      signals: fc.record(
        {
          outage: fc.boolean(),
          drEvents: fc.constant([{ eventId: 'dr', startMs: NOW, endMs: NOW + MINUTE_MS, capW: 5_000n }]),
        },
        { requiredKeys: [] },
      ),
      policy,
      tickMs: fc.constantFrom(MINUTE_MS, 15 * MINUTE_MS),
    }),
  );
