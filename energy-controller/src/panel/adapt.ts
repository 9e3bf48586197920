import {
  steady,
  tripReserveWh,
  type Claim,
  type Effect,
  type PowerState,
  type Rule,
  type Source,
  type SteadyMemory,
  type SteadyRules,
} from '@roamgrid/domain/power';
import type { Panel } from './breakers.ts';
import type { PanelConfig } from './config.ts';
import type { KeptPanel } from './kept.ts';
import { windowsOf } from './peaks.ts';
import { membersOf } from './units.ts';

const PPM_PER_PERMILLE = 1_000n;
export const ESSENTIAL_PRIORITY = 1;
export const EMPTY_RULE = 'empty-part-is-switched-off';

const steadyRules = (config: PanelConfig): SteadyRules => ({
  ...{ thresholdPermille: config.thresholdPermille, backPermille: config.backPermille },
  ...{ dwellMs: config.dwellMs, chargePpm: BigInt(config.chargePermille) * PPM_PER_PERMILLE },
});

const suspending = (name: string, claimIds: readonly string[]): Rule => ({
  ...{ name, when: [], then: [{ do: 'suspend', select: { claimIds } }] },
});

/** Breakers that a decision opened a short time ago. */
export const restingOf = ({ openedAtMs }: KeptPanel, { dwellMs }: PanelConfig, nowMs: number): string[] =>
  Object.entries(openedAtMs).flatMap(([breakerId, atMs]) => (nowMs - atMs < dwellMs ? [breakerId] : []));

const emptyRule = ({ occupancy }: PanelConfig): readonly Rule[] => {
  if (occupancy === undefined) return [];
  const { emptyForMs, overMs, savingWh, always } = occupancy;
  const effect: Effect = { do: 'switch-off-empty', emptyForMs, overMs, savingWh: always ? 0n : savingWh };
  return [{ name: EMPTY_RULE, when: [], then: [effect] }];
};

/** What people switched off, what rests, and what runs where nobody is: named rules before those of the policy. */
const rulesOf = (
  config: PanelConfig,
  kept: KeptPanel,
  panel: Panel | undefined,
  nowMs: number,
): readonly Rule[] => {
  const members = membersOf(panel?.breakers ?? kept.table);
  const resting = restingOf(kept, config, nowMs);
  return [
    ...kept.unitsOff.map((unitId) =>
      suspending(
        `off:${unitId}`,
        (members.get(unitId) ?? []).map(({ breakerId }) => breakerId),
      ),
    ),
    ...(resting.length === 0 ? [] : [suspending('rests-after-it-was-opened', resting)]),
    ...emptyRule(config),
  ];
};

/** A circuit by what its people set; the first priority is essential. */
const ranked = (claim: Claim, { priorities }: KeptPanel): Claim => {
  if (claim.kind !== 'circuit' || claim.preemptible === false) return claim;
  const priority = priorities[claim.claimId] ?? claim.priority;
  if (priority === undefined) return claim;
  return { ...claim, priority, ...(priority === ESSENTIAL_PRIORITY && { essential: true }) };
};

/** When the rate is a peak one, by what people stored and said. */
export const peaksOf = ({ schedule, peakSignals }: KeptPanel, nowMs: number) => [
  ...(schedule === undefined ? [] : windowsOf(schedule, nowMs)),
  ...Object.values(peakSignals),
];

/** What a car keeps for its trip is its floor until it leaves. */
const withTrip = (source: Source, { trips }: KeptPanel, nowMs: number): Source => {
  const [{ store }, trip] = [source, trips[source.sourceId]];
  if (store === undefined || trip === undefined || nowMs >= trip.leavesAtMs) return source;
  const reserveWh = tripReserveWh(trip);
  const atLeast = (floorWh: bigint): bigint => (floorWh > reserveWh ? floorWh : reserveWh);
  const floorWh = atLeast(store.floorWh);
  const essentialFloorWh = atLeast(store.essentialFloorWh ?? store.floorWh);
  return { ...source, store: { ...store, floorWh, essentialFloorWh, tripReserveWh: reserveWh } };
};

/** The state that a house is decided on: with what its panel and its people say, and so that nothing flaps. */
export const adapted = (
  state: PowerState,
  {
    config,
    kept,
    panel,
  }: { readonly config: PanelConfig; readonly kept: KeptPanel; readonly panel: Panel | undefined },
  nowMs: number,
): { readonly state: PowerState; readonly memory: SteadyMemory } => {
  const emptySinceMs = Object.fromEntries(
    (panel?.rooms ?? []).flatMap(({ room, emptySinceMs: since }) =>
      since === undefined ? [] : [[room, since]],
    ),
  );
  const temperatureMilliC = state.signals.temperatureMilliC ?? panel?.temperatureMilliC;
  const signals = {
    ...state.signals,
    emptySinceMs,
    peakWindows: [...(state.signals.peakWindows ?? []), ...peaksOf(kept, nowMs)],
    ...(temperatureMilliC !== undefined && { temperatureMilliC }),
  };
  const steadied = steady(
    kept.steady,
    { signals, sources: state.sources.map((source) => withTrip(source, kept, nowMs)) },
    steadyRules(config),
    nowMs,
  );
  const { policy } = state;
  return {
    memory: steadied.memory,
    state: {
      ...state,
      ...{ signals: steadied.signals, sources: steadied.sources },
      claims: state.claims.map((claim) => ranked(claim, kept)),
      policy: { ...policy, rules: [...rulesOf(config, kept, panel, nowMs), ...policy.rules] },
    },
  };
};
