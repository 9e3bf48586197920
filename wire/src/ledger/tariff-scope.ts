import { z } from 'zod';
import { evseId, recordId } from '../codec/scalars.ts';

/**
 * What a tariff is for: a place, a station, an outlet, or all outlets of its utility. The one rule of which counts at a swipe
 * is {@link tariffsFor}; which may be quoted at all is {@link isFor}, which the contract asks.
 */

/** An outlet's own path, or the beginning of it: each name that stands must be the outlet's. None stands for the whole utility. */
export const tariffScope = z.strictObject({
  placeId: recordId.exactOptional(),
  stationId: recordId.exactOptional(),
  evseId: evseId.exactOptional(),
});
export type TariffScope = z.infer<typeof tariffScope>;

/** As a publisher states it, by the narrowest name; the contract adds the wider ones from the registry. */
export const statedScope = z.union([
  z.strictObject({ placeId: recordId }),
  z.strictObject({ stationId: recordId }),
  z.strictObject({ evseId }),
]);
export type StatedScope = z.infer<typeof statedScope>;

/** Of a tariff that is for every outlet. */
export const EVERYWHERE: TariffScope = {};

interface Scoped {
  readonly appliesTo?: TariffScope;
}

const NAMES = ['placeId', 'stationId', 'evseId'] as const;

/** Whether all that one scope covers is covered by the other. */
export const isWithin = (inner: TariffScope, outer: TariffScope): boolean =>
  NAMES.every((name) => outer[name] === undefined || outer[name] === inner[name]);

/** Of two scopes that cover the same outlet the narrower one has more. */
export const narrownessOf = (scope: TariffScope): number =>
  NAMES.filter((name) => scope[name] !== undefined).length;

/** The path of an outlet. A station stays at its place and an outlet at its station for ever, so the path does too. */
export const pathOf = (
  { placeId, stationId }: { readonly placeId?: string; readonly stationId: string },
  outlet: string,
): TariffScope => ({ ...(placeId !== undefined && { placeId }), stationId, evseId: outlet });

/** Whether a tariff is for an outlet. */
export const isFor = ({ appliesTo = EVERYWHERE }: Scoped, path: TariffScope): boolean =>
  isWithin(path, appliesTo);

/**
 * The tariffs that are for an outlet, the one that counts first: outlet before station, station before place, place before
 * the whole utility, and in the order given among those that are as narrow.
 */
export const tariffsFor = <T extends Scoped>(tariffs: readonly T[], path: TariffScope): readonly T[] =>
  tariffs
    .filter((tariff) => isFor(tariff, path))
    .sort((a, b) => narrownessOf(b.appliesTo ?? EVERYWHERE) - narrownessOf(a.appliesTo ?? EVERYWHERE));

/** A scope in words: `outlet US*DUK*E1*1`. */
export const scopeText = (scope: TariffScope = EVERYWHERE): string => {
  if (scope.evseId !== undefined) return `outlet ${scope.evseId}`;
  if (scope.stationId !== undefined) return `station ${scope.stationId}`;
  return scope.placeId === undefined ? 'every outlet' : `place ${scope.placeId}`;
};
