import {
  allocate,
  growTree,
  PLAIN_POLICY,
  type Claim,
  type PowerState,
  type ServingOrder,
  type Tree,
} from '@roamgrid/domain/power';
import type { Decide, Hungry } from './decide.ts';
import { counted, MINUTES_PER_HOUR, stepMsOf, type Site } from './site.ts';

const NODE = 'connection';

const treeOf = ({ limitW, phases, volts }: Site): Tree => {
  const phaseW = Array.from({ length: phases }, () => limitW / BigInt(phases));
  const tree = growTree([{ nodeId: NODE, kind: 'connection', hard: { totalW: limitW, phaseW } }], {
    volts,
    lanes: phases,
  });
  if (!tree.ok) throw new RangeError(tree.error.message);
  return tree.value;
};

/** Ids that sort as the numbers do: who came first is served first at a tie. */
export const claimIdOf = (index: number): string => String(index).padStart(9, '0');

const claimOf = ({ car, left, leavesStep }: Hungry, site: Site): Claim => ({
  claimId: claimIdOf(car.index),
  kind: 'charge',
  nodeId: NODE,
  lanes: [car.lane],
  minW: site.minAmps * site.volts,
  maxW: site.outletW,
  ...(site.isWholeAmps && { step: { unit: 'A', everyA: 1n } as const }),
  needWh: BigInt(Math.ceil(left / MINUTES_PER_HOUR)),
  arrivedMs: car.stay.arrivalMs,
  ...(leavesStep !== undefined && { deadlineMs: leavesStep * stepMsOf(site) }),
});

/** The state of the power core that a step of the simulation is. */
export const stateMaker = (site: Site, serve: ServingOrder): ((hungry: readonly Hungry[]) => PowerState) => {
  const tree = treeOf(site);
  const sources = [{ sourceId: 'grid', kind: 'grid', nodeId: NODE, availableW: site.limitW }] as const;
  const policy = { ...PLAIN_POLICY, policyId: serve, serve };
  const tickMs = stepMsOf(site);
  return (hungry) => ({
    tree,
    sources,
    claims: hungry.map((one) => claimOf(one, site)),
    signals: {},
    policy,
    tickMs,
  });
};

/** A ranked rule of the power core: first come, earliest deadline or least laxity first. */
export const byRule = (site: Site, serve: ServingOrder): Decide => {
  const stateOf = stateMaker(site, serve);
  const tickMs = stepMsOf(site);
  return (hungry, step) => {
    const { grants } = allocate(stateOf(hungry), step * tickMs);
    const given = new Map(grants.map(({ claimId, grantedW }) => [claimId, counted(grantedW)]));
    return {
      given: hungry.map(({ car }) => given.get(claimIdOf(car.index)) ?? 0),
      decidedBy: 'rule',
    };
  };
};
