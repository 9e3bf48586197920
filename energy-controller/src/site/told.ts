import type { Allocation } from '@roamgrid/domain/power';

/** Devices that did not answer, or did not confirm. */
export const silentOf = (
  heard: ReadonlyMap<string, { readonly isFresh: boolean }>,
  unsure: Iterable<string>,
): readonly string[] =>
  [...new Set([...[...heard].flatMap(([id, { isFresh }]) => (isFresh ? [] : [id])), ...unsure])].sort();

export const maxOf = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const lowerOf = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What a source is to put out: what arrives and what is lost on the way. */
export const outOf = (shares: Allocation['sourceShares'], sourceId: string): bigint => {
  const share = shares.find((one) => one.sourceId === sourceId);
  return share === undefined ? 0n : share.deliveredW + share.lossW;
};
