/** Phases of a tree: one lane (one phase, or a direct-current rail) or three. A lane is told by its index from 0. */
export type Lane = 0 | 1 | 2;

/** Watts by lane, as many entries as the tree has lanes. */
export type LaneW = readonly bigint[];

/** The power of a current, a phase, in watts: `amps` × `volts` × the number of phases that carry it. */
export const wattsOfAmps = (amps: bigint, volts: bigint, phases: number): bigint =>
  amps * volts * BigInt(phases);

/** Stands for "no limit": more than any site has, far below what would make sums unreadable. */
export const UNLIMITED_W = 10n ** 12n;

export const minW = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const maxW = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const sumW = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

/** By code units: the same everywhere, unlike a locale's order. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
