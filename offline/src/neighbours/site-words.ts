import type { ChargerMemory } from '../charger/memory.ts';

/** Words of the utility that are for all chargers of a site, as they were signed, by their kinds. */
export const siteWords = (
  { issuers, unavailable, caps }: Pick<ChargerMemory, 'issuers' | 'unavailable' | 'caps'>,
  versions: ReadonlyMap<string, number>,
  firstIssuers: Uint8Array | undefined,
): ReadonlyMap<string, { readonly version: number; readonly bytes: Uint8Array }> => {
  const kept = { issuers: issuers.length > 0 ? issuers : firstIssuers, unavailable, caps };
  return new Map(
    Object.entries(kept).flatMap(([kind, bytes]) => {
      const version = versions.get(kind) ?? 0;
      return bytes === undefined || version === 0 ? [] : [[kind, { version, bytes }] as const];
    }),
  );
};
