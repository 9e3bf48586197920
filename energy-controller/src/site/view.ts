import { chargingState, type Claim, type Limit, type Policy, type Source } from '@roamgrid/domain/power';
import type { SiteViewMessage } from '@roamgrid/wire';
import type { Decision } from './decision.ts';
import type { HeardOf } from './heard.ts';
import { tighter } from './settings.ts';
import type { ConnectionLimit, Site } from './site.ts';
import { sumW } from './watts.ts';

type ClaimView = SiteViewMessage['loads'][number]['claims'][number];
type DeviceState = Pick<SiteViewMessage['loads'][number], 'state' | 'errorCode' | 'errorDetail' | 'facts'>;

const deviceState = (
  heard: HeardOf<{ readonly facts?: Readonly<Record<string, string>> }> | undefined,
): DeviceState => {
  const facts = heard?.reading?.facts;
  return {
    state: heard?.reading === undefined ? 'never' : heard.isFresh ? 'answers' : 'silent',
    ...(heard?.error !== undefined && { errorCode: heard.error.code, errorDetail: heard.error.message }),
    ...(facts !== undefined && { facts: { ...facts } }),
  };
};

/** How far a charge is: as its device says, or by what its battery holds. */
const stateOf = (claim: Claim, sources: readonly Source[], policy: Policy): ClaimView['state'] => {
  if (claim.kind !== 'charge') return undefined;
  const store = sources.find(({ sourceId }) => sourceId === claim.sourceId)?.store;
  return claim.state ?? (store === undefined ? undefined : chargingState(store, policy.modeTable));
};

interface Decided {
  readonly decision: Decision | undefined;
  readonly countedW: ReadonlyMap<string, bigint>;
  readonly sources: readonly Source[];
  readonly policy: Policy;
  readonly priorities: Readonly<Record<string, number>>;
}

const claimView = (
  loadId: string,
  claim: Claim,
  { decision, countedW, sources, policy, priorities }: Decided,
): ClaimView => {
  const { claimId } = claim;
  const priority = priorities[claimId] ?? priorities[loadId] ?? claim.priority;
  const allocation = decision?.allocation;
  const grant = allocation?.grants.find((one) => one.claimId === claimId);
  const discharge = allocation?.discharges.find((one) => one.claimId === claimId);
  const mode = allocation?.actions.find((action) => action.claimId === claimId && action.do === 'mode');
  const state = stateOf(claim, sources, policy);
  return {
    ...{ claimId, kind: claim.kind, nodeId: claim.nodeId, urgency: claim.urgency ?? 'ordinary' },
    ...(priority !== undefined && { priority }),
    ...(claim.mode !== undefined && { mode: claim.mode }),
    ...(state !== undefined && { state }),
    ...(mode?.do === 'mode' && { ruledMode: mode.mode }),
    ...{ minW: claim.minW, maxW: claim.maxW },
    ...(claim.needWh !== undefined && { needWh: claim.needWh }),
    ...(claim.deadlineMs !== undefined && { deadlineMs: claim.deadlineMs }),
    ...(claim.fromMs !== undefined && { fromMs: claim.fromMs }),
    ...(claim.untilMs !== undefined && { untilMs: claim.untilMs }),
    runningW: claim.runningW ?? 0n,
    grantedW: grant?.grantedW ?? 0n,
    countedW: countedW.get(claimId) ?? 0n,
    missingW: allocation?.shortfall.find((one) => one.claimId === claimId)?.missingW ?? 0n,
    reasons: (allocation?.reasons ?? []).filter(({ of }) => of === claimId),
    ...(discharge !== undefined && { givesW: discharge.grantedW }),
  };
};

/** What a limit comes to in all, W. */
const totalOf = (limit: Limit | undefined, volts: bigint): bigint | undefined => {
  if (limit === undefined) return undefined;
  const sums = [
    limit.totalW,
    limit.phaseW && sumW(limit.phaseW),
    limit.phaseA && sumW(limit.phaseA) * volts,
  ].filter((sum) => sum !== undefined);
  return sums.reduce<bigint | undefined>(
    (least, sum) => (least === undefined || sum < least ? sum : least),
    undefined,
  );
};

const nodesOf = (
  { spec, changes }: Site,
  connection: ConnectionLimit | undefined,
): SiteViewMessage['nodes'] =>
  spec.nodes.map((node) => {
    const isRoot = node.parentId === undefined;
    const ofCloud = isRoot && connection !== undefined ? { totalW: connection.limitW } : undefined;
    const builtW = totalOf(node.hard, spec.volts);
    const set = changes.settings.limits[node.nodeId]?.hard;
    const limitW = totalOf(tighter(tighter(node.hard, set), ofCloud), spec.volts);
    return {
      ...{ nodeId: node.nodeId, kind: node.kind },
      ...(node.parentId !== undefined && { parentId: node.parentId }),
      ...(limitW !== undefined && { limitW }),
      ...(builtW !== undefined && { builtW }),
    };
  });

const guardOf = ({ guard }: Site): SiteViewMessage['guard'] => {
  const { trip, measuredW, budgetW, overSinceMs, unsafeLoads } = guard.view;
  return {
    ...{ state: trip === undefined ? 'watching' : 'tripped', measuredW, budgetW },
    ...(overSinceMs !== undefined && { overSinceMs }),
    ...(trip !== undefined && { trip }),
    unsafeLoads: [...unsafeLoads],
  };
};

/** Everything that an operator sees of a site now. */
export const siteView = (site: Site, policyIds: Iterable<string>): SiteViewMessage => {
  const { spec, heard, decision, changes, requests, connectionLimit: connection, nowMs } = site;
  const allocation = decision?.allocation;
  const counted = site.counted();
  const sources = [...heard.sources.values()].flatMap(({ reading }) => reading?.source ?? []);
  const decided: Decided = {
    ...{ decision, sources, policy: changes.settings.policy },
    priorities: changes.settings.priorities,
    countedW: new Map(counted.map(({ claimId, laneW }) => [claimId, sumW(laneW)])),
  };
  const fresh = [...heard.loads.values()].flatMap(({ reading, isFresh }) =>
    isFresh && reading !== undefined ? [reading] : [],
  );
  return {
    ...{ siteId: spec.siteId, nowMs, tickMs: spec.times.tickMs },
    ...(decision !== undefined && { decidedAtMs: decision.atMs }),
    ...(allocation !== undefined && { decidedBy: allocation.decidedBy }),
    availableW: sumW(sources.map(({ availableW }) => availableW)),
    grantedW: sumW((allocation?.grants ?? []).map(({ grantedW }) => grantedW)),
    countedW: sumW(counted.map(({ laneW }) => sumW(laneW))),
    measuredW: sumW(fresh.map(({ measuredW }) => measuredW)),
    ...(connection !== undefined && { connection }),
    sources: spec.sources.map(({ sourceId }) => {
      const last = heard.sources.get(sourceId);
      const source = last?.reading?.source;
      const share = allocation?.sourceShares.find((one) => one.sourceId === sourceId);
      return {
        ...{ sourceId, ...deviceState(last) },
        ...(source !== undefined && { kind: source.kind, nodeId: source.nodeId }),
        availableW: source?.availableW ?? 0n,
        measuredW: last?.reading?.measuredW ?? 0n,
        ...{ shareW: share?.deliveredW ?? 0n, lossW: share?.lossW ?? 0n },
        ...(source?.store !== undefined && { store: source.store }),
        ...(source?.measuredAtMs !== undefined && { measuredAtMs: source.measuredAtMs }),
        reasons: (allocation?.reasons ?? []).filter(({ of }) => of === sourceId),
      };
    }),
    loads: spec.loads.map(({ loadId, nodeId }) => {
      const last = heard.loads.get(loadId);
      const said = last?.reading?.claims ?? [];
      const known = new Set(said.map(({ claimId }) => claimId));
      const keptHere = requests.kept.filter(
        ({ loadId: at, claim }) => at === loadId && !known.has(claim.claimId),
      );
      return {
        ...{ loadId, nodeId, ...deviceState(last) },
        measuredW: last?.reading?.measuredW ?? 0n,
        claims: [...said, ...keptHere.map(({ claim }) => claim)].map((claim) =>
          claimView(loadId, claim, decided),
        ),
      };
    }),
    kept: requests.open.map(({ requestId, loadId, claim }) => ({
      ...{ requestId, loadId, claimId: claim.claimId, nodeId: claim.nodeId, maxW: claim.maxW },
      heldW: allocation?.holds.find(({ claimId }) => claimId === claim.claimId)?.heldW ?? 0n,
      ...(claim.fromMs !== undefined && { fromMs: claim.fromMs }),
      ...(claim.untilMs !== undefined && { untilMs: claim.untilMs }),
    })),
    nodes: nodesOf(site, connection),
    policies: [...policyIds],
    actions: [...(allocation?.actions ?? [])],
    notices: [...(allocation?.notices ?? [])],
    shortfall: [...(allocation?.shortfall ?? [])],
    rules: (allocation?.reasons ?? []).flatMap(({ code, of }) => (code === 'RULE' ? [of] : [])),
    guard: guardOf(site),
    settings: changes.view,
  };
};
