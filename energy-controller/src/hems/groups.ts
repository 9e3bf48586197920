import type { Claim } from '@roamgrid/domain/power';
import { resolveZone } from '@roamgrid/domain';
import type { HomeConfig } from './config.ts';

/** What a charger's group asks for: residential by price and departure, commercial by the shift, public by use and demand. Spec: HOME-5 */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Of the public chargers so much more is open than is known to be used, parts per thousand. */
const SPARE_PERMILLE = 250;

type Shifts = HomeConfig['groups']['commercial'];

/** When the shift is over that is on, or the next one of that day; undefined when there is none. */
export const shiftEndMs = (shifts: Shifts, timeZone: string, nowMs: number): number | undefined => {
  const zone = resolveZone(timeZone, nowMs - DAY_MS, nowMs + DAY_MS);
  if (!zone.ok) return undefined;
  const offset = zone.value.findLast(({ fromMs }) => fromMs <= nowMs)?.offsetMinutes ?? 0;
  const localMs = nowMs + offset * MINUTE_MS;
  const dayMs = Math.floor(localMs / DAY_MS) * DAY_MS;
  const weekday = new Date(localMs).getUTCDay();
  const ends = shifts
    .filter(({ days }) => days.includes(weekday))
    .map(({ untilMinute }) => dayMs + untilMinute * MINUTE_MS)
    .filter((endMs) => endMs > localMs);
  return ends.length === 0 ? undefined : Math.min(...ends) - offset * MINUTE_MS;
};

export interface PublicUse {
  /** Of all public chargers so much was used at this hour of the days before, parts per thousand. */
  readonly usedPermille: number;
  /** Demand of the grid as it was told last; undefined when nobody did. */
  readonly demandPermille: number | undefined;
}

/** The part of the public chargers that is open: what is used at this hour and some more, and no more than the least while the grid is short. */
export const openPermille = (
  { leastPermille, demandPermille: threshold }: HomeConfig['groups']['public'],
  { usedPermille, demandPermille = 0 }: PublicUse,
): number =>
  demandPermille > threshold
    ? leastPermille
    : Math.min(1_000, Math.max(leastPermille, usedPermille + SPARE_PERMILLE));

/** The public charges that find their charger open: those that run, then whoever came first. @returns the claims, others without power */
export const openOf = (
  claims: readonly Claim[],
  { chargers, permille }: { readonly chargers: number; readonly permille: number },
): readonly Claim[] => {
  const isPublic = ({ kind, group }: Claim): boolean => kind === 'charge' && group === 'public';
  const open = Math.ceil((chargers * permille) / 1_000);
  const served = claims
    .filter(isPublic)
    .sort((a, b) => {
      const [first, second] = [(a.runningW ?? 0n) > 0n ? 0 : 1, (b.runningW ?? 0n) > 0n ? 0 : 1];
      return first - second || a.arrivedMs - b.arrivedMs || (a.claimId < b.claimId ? -1 : 1);
    })
    .slice(0, open);
  const isServed = new Set(served.map(({ claimId }) => claimId));
  return claims.map((claim) =>
    isPublic(claim) && !isServed.has(claim.claimId) ? { ...claim, minW: 0n, maxW: 0n } : claim,
  );
};
