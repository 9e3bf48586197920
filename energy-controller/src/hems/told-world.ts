import type { DrEvent } from '@roamgrid/domain/power';
import type { EnergySignal, HomePlanMessage } from '@roamgrid/wire';
import type { HomeConfig } from './config.ts';

/** What the signals that are not over come to for a plan. */

type OfKind<K extends EnergySignal['kind']> = Extract<EnergySignal, { kind: K }>;

const ofKind = <K extends EnergySignal['kind']>(
  signals: readonly EnergySignal[],
  kind: K,
): readonly OfKind<K>[] => signals.filter((signal): signal is OfKind<K> => signal.kind === kind);

const keyOf = ({ by, signalId, version }: EnergySignal): string => `${by} ${signalId} ${version}`;

/** A price that was told for an instant: of several the one that came last. */
export const toldPrice = (
  signals: readonly EnergySignal[],
  atMs: number,
): { readonly microsPerKWh: bigint; readonly exportMicrosPerKWh: bigint | undefined } | undefined => {
  const interval = ofKind(signals, 'price')
    .toReversed()
    .flatMap(({ intervals }) => intervals)
    .find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
  return (
    interval && {
      microsPerKWh: interval.priceMicrosPerKWh,
      exportMicrosPerKWh: interval.exportMicrosPerKWh,
    }
  );
};

type Cap = HomePlanMessage['caps'][number];

/** Bought on average in a time by a plan, W rounded down; undefined where it has no slot there. */
const plannedW = (plan: HomePlanMessage | undefined, startMs: number, endMs: number): bigint | undefined => {
  const slots = plan?.slots.filter((slot) => slot.startMs < endMs && startMs < slot.endMs) ?? [];
  if (slots.length === 0) return undefined;
  return slots.reduce((sum, { gridW }) => sum + gridW, 0n) / BigInt(slots.length);
};

/**
 * What demand-response events leave the connection. One that asks for less than otherwise means less than the plan had that was in force when it
 * was told: what it came to is kept with the plan.
 */
export const capsOf = (
  signals: readonly EnergySignal[],
  before: HomePlanMessage | undefined,
): readonly Cap[] =>
  ofKind(signals, 'dr-event').flatMap((event): readonly Cap[] => {
    if (event.isCancelled === true) return [];
    const { startMs, endMs, reduceW } = event;
    const key = keyOf(event);
    const known = before?.caps.find((cap) => cap.key === key);
    if (known !== undefined) return [known];
    const otherwiseW = reduceW === undefined ? undefined : plannedW(before, startMs, endMs);
    const lessW =
      otherwiseW === undefined || reduceW === undefined
        ? undefined
        : otherwiseW > reduceW
          ? otherwiseW - reduceW
          : 0n;
    const both = [event.capW, lessW].filter((watts) => watts !== undefined);
    if (both.length === 0) return [];
    return [{ key, startMs, endMs, capW: both.reduce((a, b) => (a < b ? a : b)) }];
  });

export const drEventsOf = (caps: readonly Cap[]): readonly DrEvent[] =>
  caps.map(({ key: eventId, ...event }) => ({ eventId, ...event }));

/** Spans in which the grid is short. */
export const surgesOf = (
  signals: readonly EnergySignal[],
  { surgePermille }: Pick<HomeConfig, 'surgePermille'>,
): readonly OfKind<'grid-demand'>[] =>
  ofKind(signals, 'grid-demand').filter(({ demandPermille }) => demandPermille >= surgePermille);

/** Demand of the grid at an instant: of several words the one that came last. */
export const demandAt = (signals: readonly EnergySignal[], atMs: number): number | undefined =>
  ofKind(signals, 'grid-demand').findLast(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)
    ?.demandPermille;

export const temperaturesOf = (signals: readonly EnergySignal[]): readonly OfKind<'temperature'>[] =>
  ofKind(signals, 'temperature');
