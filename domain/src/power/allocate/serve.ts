import { minW, UNLIMITED_W } from '../model/phases.ts';
import type { ServingOrder } from '../model/policy.ts';
import { evenly } from './balance.ts';
import type { Flow, Room } from './flow.ts';
import { isSameRank } from './rank.ts';
import { floorToStep } from './step.ts';
import type { Want } from './wants.ts';

/** What a claim got, and what stood in the way of more. */
export interface Served {
  readonly want: Want;
  servedW: bigint;
  bound: Room | undefined;
}

export interface ServeOptions {
  readonly serve: ServingOrder;
  /** Whether a claim has to keep soft limits. */
  readonly isSoft: (want: Want) => boolean;
  /** More that bounds a claim, as an export's limit; nothing more when absent. */
  readonly boundW?: (want: Want) => bigint;
}

const put = (flow: Flow, served: Served, valueW: bigint): void => {
  const { leaf, lanes } = served.want;
  flow.add(leaf, evenly(valueW - served.servedW, lanes, flow.tree));
  served.servedW = valueW;
};

/** Raises a claim to the most that it may have and that there is room for, at most `limitW`. */
const raise = (flow: Flow, served: Served, limitW: bigint, options: ServeOptions): void => {
  const { want } = served;
  const room = flow.room(want.leaf, want.lanes, options.isSoft(want));
  const mostW = minW(served.servedW + room.roomW, options.boundW?.(want) ?? UNLIMITED_W);
  const valueW = floorToStep(minW(mostW, limitW), want.steps);
  served.bound = valueW < limitW ? room : undefined;
  if (valueW > served.servedW) put(flow, served, valueW);
};

/** The next value above what a claim has. */
const nextW = ({ want, servedW }: Served): bigint => {
  const { everyW, setW, minW: leastW } = want.steps;
  if (servedW === 0n && leastW > 0n) return ((leastW + everyW - 1n) / everyW) * everyW;
  return setW === undefined ? servedW + everyW : (setW.find((valueW) => valueW > servedW) ?? servedW);
};

/** Puts everybody at their part of a level and says whether all limits hold; takes it back when they do not. */
const tryLevel = (flow: Flow, group: readonly Served[], level: bigint, options: ServeOptions): boolean => {
  const before = group.map(({ servedW }) => servedW);
  const isPlaced = group.every((served) => {
    const { want } = served;
    const partW = floorToStep(minW(want.hiW, level * (want.claim.weight ?? 1n)), want.steps);
    if (partW <= served.servedW) return true;
    const { roomW } = flow.room(want.leaf, want.lanes, options.isSoft(want));
    if (partW - served.servedW > roomW) return false;
    put(flow, served, partW);
    return true;
  });
  if (!isPlaced) group.forEach((served, at) => put(flow, served, before[at] ?? 0n));
  return isPlaced;
};

/** The highest level at which all limits hold, by halving. */
const highestLevel = (flow: Flow, group: readonly Served[], options: ServeOptions): void => {
  const start = group.map(({ servedW }) => servedW);
  let low = 0n;
  let high = group.reduce((most, { want }) => {
    const level = want.hiW / (want.claim.weight ?? 1n) + 1n;
    return level > most ? level : most;
  }, 0n);
  while (low < high) {
    const level = (low + high + 1n) / 2n;
    if (tryLevel(flow, group, level, options)) {
      low = level;
      group.forEach((served, at) => put(flow, served, start[at] ?? 0n));
    } else high = level - 1n;
  }
  if (low > 0n) tryLevel(flow, group, low, options);
};

/**
 * Weighted max-min: all rise together, each by its weight, until a limit stops some; the rest goes on. What whole steps leave
 * over goes a step each in the order of the ranking.
 */
const share = (flow: Flow, group: readonly Served[], options: ServeOptions): void => {
  for (const served of group) {
    const firstW = nextW({ ...served, servedW: 0n });
    if (served.servedW === 0n && served.want.steps.minW > 0n)
      raise(flow, served, minW(firstW, served.want.hiW), options);
  }
  let open = group.filter(({ want, servedW }) => servedW > 0n || want.steps.minW === 0n);
  while (open.length > 0) {
    highestLevel(flow, open, options);
    open = open.filter((served) => {
      const beforeW = served.servedW;
      raise(flow, served, minW(nextW(served), served.want.hiW), options);
      return served.servedW > beforeW;
    });
  }
  for (const served of group)
    if (served.servedW < served.want.hiW) raise(flow, served, served.want.hiW, options);
};

const groups = (all: readonly Served[]): readonly (readonly Served[])[] => {
  const found: Served[][] = [];
  for (const served of all) {
    const last = found.at(-1);
    const [first] = last ?? [];
    if (last !== undefined && first !== undefined && isSameRank(first.want, served.want)) last.push(served);
    else found.push([served]);
  }
  return found;
};

/**
 * Serves claims that are in their order. What may not be interrupted is placed first, whoever else is there; then each gets
 * the most that there is room for.
 */
export const serve = (flow: Flow, wants: readonly Want[], options: ServeOptions): readonly Served[] => {
  const all = wants.map((want): Served => ({ want, servedW: 0n, bound: undefined }));
  const keeping = { ...options, isSoft: () => false };
  for (const served of all) if (served.want.pinnedW > 0n) raise(flow, served, served.want.pinnedW, keeping);
  if (options.serve === 'share') for (const group of groups(all)) share(flow, group, options);
  else for (const served of all) raise(flow, served, served.want.hiW, options);
  return all;
};
