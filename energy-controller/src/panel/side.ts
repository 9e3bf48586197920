import type { Allocation } from '@roamgrid/domain/power';
import type { KeptPanel } from './kept.ts';

interface Seen {
  readonly isPeak: boolean;
  readonly allocation: Allocation;
  readonly dwellMs: number;
}

/**
 * Where the transfer switch is to be: on the battery in a peak that batteries carry without the grid. It goes back at once, and not again to the
 * battery before the dwell is over, unless a peak begins.
 */
export const sideOf = (
  { wants, sinceMs, wasPeak }: KeptPanel['side'],
  { isPeak, allocation: { sourceShares }, dwellMs }: Seen,
  nowMs: number,
): KeptPanel['side'] => {
  const gridW = sourceShares.reduce(
    (sum, { kind, deliveredW }) => (kind === 'grid' ? sum + deliveredW : sum),
    0n,
  );
  const ownW = sourceShares.reduce(
    (sum, { kind, deliveredW }) => (kind === 'grid' ? sum : sum + deliveredW),
    0n,
  );
  const isCarried = isPeak && gridW === 0n && ownW > 0n;
  const mayGo = !wasPeak || nowMs - sinceMs >= dwellMs;
  const next = isCarried && (wants === 'battery' || mayGo) ? 'battery' : 'grid';
  return { wants: next, sinceMs: next === wants ? sinceMs : nowMs, wasPeak: isPeak };
};
