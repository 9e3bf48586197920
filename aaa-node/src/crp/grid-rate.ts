import { PPM, resolveZone, type HomeRule } from '@roamgrid/domain';
import type { GridFigure } from '@roamgrid/wire';
import type { Band, GridConditions, GridRule, GridRules } from './grid-rules.ts';

/** What the grid's figures add to a rate. Pure: the same rules, figures and instant give the same answer for ever. */

/** What is known of the home utility's grid; each is absent when nothing was recorded or nobody answered. */
export interface GridKnown {
  readonly demand?: GridFigure;
  /** Highest demand that was recorded on the local day. */
  readonly dayPeak?: GridFigure;
  readonly generation?: GridFigure;
}

export type GridOutcome =
  | { readonly outcome: 'rule'; readonly rule: GridRule }
  | { readonly outcome: 'no-match' }
  /** No reading of demand that is young enough: nothing is added. */
  | { readonly outcome: 'no-figures' };

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const offsetMsAt = (timeZone: string, atMs: number): number => {
  const offsets = resolveZone(timeZone, atMs, atMs);
  // The schema let no unknown zone through; a host that lost it must not charge by another's hours.
  if (!offsets.ok) throw new RangeError(offsets.error.message);
  return (offsets.value[0]?.offsetMinutes ?? 0) * 60_000;
};

const localDay = (timeZone: string, atMs: number): number =>
  Math.floor((atMs + offsetMsAt(timeZone, atMs)) / DAY_MS);

const localHour = (timeZone: string, atMs: number): number =>
  Math.floor(((atMs + offsetMsAt(timeZone, atMs)) % DAY_MS) / HOUR_MS);

/** Instant at which the local day of an instant began. */
export const dayStartMs = (timeZone: string, atMs: number): number => {
  const wallMs = localDay(timeZone, atMs) * DAY_MS;
  // Of two offsets on a day of change, that of midnight counts.
  return wallMs - offsetMsAt(timeZone, wallMs - offsetMsAt(timeZone, atMs));
};

/** Compares part : whole with the bounds by multiplying, so that nothing is rounded. Of nothing there is no ratio. */
const within = (bounds: Band, partW: bigint, wholeW: bigint): boolean =>
  wholeW > 0n &&
  (bounds.fromPpm === undefined || partW * PPM >= bounds.fromPpm * wholeW) &&
  (bounds.belowPpm === undefined || partW * PPM < bounds.belowPpm * wholeW);

const inHours = (
  { from, until }: { readonly from: number; readonly until: number },
  hour: number,
): boolean => (from < until ? from <= hour && hour < until : from <= hour || hour < until);

/** Figures that say something about an instant, in watts. */
interface Usable {
  readonly demandW: bigint;
  readonly dayPeakW: bigint | undefined;
  readonly generationW: bigint | undefined;
}

const usableAt = (rules: GridRules, known: GridKnown, atMs: number): Usable | undefined => {
  const young = (figure: GridFigure | undefined): bigint | undefined =>
    figure !== undefined && figure.atMs <= atMs && atMs - figure.atMs <= rules.maxAgeMs
      ? figure.powerW
      : undefined;
  const demandW = young(known.demand);
  if (demandW === undefined) return undefined;
  const today = [known.demand, known.dayPeak].flatMap((figure) =>
    figure !== undefined &&
    figure.atMs <= atMs &&
    localDay(rules.timeZone, figure.atMs) === localDay(rules.timeZone, atMs)
      ? [figure.powerW]
      : [],
  );
  const dayPeakW = today.reduce<bigint | undefined>(
    (highest, powerW) => (highest === undefined || powerW > highest ? powerW : highest),
    undefined,
  );
  return { demandW, dayPeakW, generationW: young(known.generation) };
};

const holds = (when: GridConditions, rules: GridRules, figures: Usable, atMs: number): boolean => {
  const { capacityW, timeZone } = rules;
  const { demandW, dayPeakW, generationW } = figures;
  const { demandOfCapacity, peakLoad, generationOfDemand, generationOfCapacity } = when;
  const ofGeneration = (bounds: Band | undefined, wholeW: bigint): boolean =>
    bounds === undefined || (generationW !== undefined && within(bounds, generationW, wholeW));
  const isPeak = (): boolean => {
    if (peakLoad === undefined) return true;
    const { hours, dayPeakFromPpm: fromPpm } = peakLoad;
    return (
      (hours !== undefined && inHours(hours, localHour(timeZone, atMs))) ||
      (fromPpm !== undefined && dayPeakW !== undefined && within({ fromPpm }, dayPeakW, capacityW))
    );
  };
  return (
    (demandOfCapacity === undefined || within(demandOfCapacity, demandW, capacityW)) &&
    isPeak() &&
    ofGeneration(generationOfDemand, demandW) &&
    ofGeneration(generationOfCapacity, capacityW)
  );
};

/** The first rule whose conditions hold. */
export const matchGrid = (rules: GridRules, known: GridKnown, atMs: number): GridOutcome => {
  const figures = usableAt(rules, known, atMs);
  if (figures === undefined) return { outcome: 'no-figures' };
  const rule = rules.rules.find(({ when }) => holds(when, rules, figures, atMs));
  return rule === undefined ? { outcome: 'no-match' } : { outcome: 'rule', rule };
};

const sum = <K extends string>(
  base: Readonly<Record<K, bigint>>,
  add: Readonly<Record<K, bigint>> | undefined,
): Readonly<Record<K, bigint>> => {
  if (add === undefined) return base;
  const keys = Object.keys(base) as K[];
  return Object.fromEntries(keys.map((key) => [key, base[key] + add[key]])) as Record<K, bigint>;
};

/** The base rule with what a grid rule adds. Two rules that favour higher levels add up to one that does. */
export const withGrid = (base: HomeRule, found: GridOutcome | undefined): HomeRule => {
  if (found?.outcome !== 'rule') return base;
  const { addPpm, addByLoyalty, addByPayment } = found.rule;
  const all = { residential: addPpm, commercial: addPpm };
  return {
    byClass: sum(base.byClass, all),
    byLoyalty: sum(base.byLoyalty, addByLoyalty),
    byPayment: sum(base.byPayment, addByPayment),
  };
};
