import { z } from 'zod';
import { instantMs, microsCodec, powerWCodec, recordId } from '../codec/scalars.ts';

/** What a utility, a market or a sensor says to a house, whichever surface it came by. Spec: HOME-6. */

export const SIGNAL_LIMITS = {
  /** Intervals of one price signal: a week of quarter-hours. */
  intervals: 672,
} as const;

const named = {
  signalId: recordId,
  /** Grows with each change of what the signal says. */
  version: z.int().min(0),
  /** Who said it; within one house an id belongs to whoever uses it. */
  by: z.string().min(1).max(64),
};

const span = { startMs: instantMs, endMs: instantMs };
const forwards = ({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }): boolean =>
  startMs < endMs;
const BACKWARDS = 'it ends before it begins: give an end that is later';

const priceInterval = z
  .strictObject({
    ...span,
    priceMicrosPerKWh: microsCodec,
    /** What a kilowatt-hour given to the grid is paid; as the price when absent. */
    exportMicrosPerKWh: microsCodec.exactOptional(),
  })
  .refine(forwards, BACKWARDS);

const price = z.strictObject({
  kind: z.literal('price'),
  ...named,
  /** In order of time, none over another. */
  intervals: z
    .array(priceInterval)
    .min(1)
    .max(SIGNAL_LIMITS.intervals)
    .refine(
      (all) => all.every(({ startMs }, at) => at === 0 || startMs >= (all[at - 1]?.endMs ?? 0)),
      'intervals lie over one another: sort them by time, and let each begin when the one before is over',
    ),
});

const drEvent = z.strictObject({
  kind: z.literal('dr-event'),
  ...named,
  ...span,
  /** The most that the house may take of the grid while it lasts. */
  capW: powerWCodec.exactOptional(),
  /** How much less than otherwise it takes. */
  reduceW: powerWCodec.exactOptional(),
  isCancelled: z.literal(true).exactOptional(),
});

const gridDemand = z.strictObject({
  kind: z.literal('grid-demand'),
  ...named,
  ...span,
  /** Of what the grid is built for, parts per thousand. */
  demandPermille: z.int().min(0).max(5_000),
});

const temperature = z.strictObject({
  kind: z.literal('temperature'),
  ...named,
  atMs: instantMs,
  milliC: z.int().min(-100_000).max(100_000),
});

type Told<T> = T extends unknown ? Omit<T, 'signalId' | 'by'> : never;
const addressless = { signalId: true, by: true } as const;

const LIMITLESS = 'a demand-response event says capW, reduceW or isCancelled';
const saysWhat = (event: Told<z.output<typeof drEvent>>): boolean =>
  event.capW !== undefined || event.reduceW !== undefined || event.isCancelled === true;

export const energySignal = z.discriminatedUnion('kind', [
  price,
  drEvent.refine(saysWhat, LIMITLESS).refine(forwards, BACKWARDS),
  gridDemand.refine(forwards, BACKWARDS),
  temperature,
]);
export type EnergySignal = z.output<typeof energySignal>;

/** `PUT /operator/v1/sites/{siteId}/signals/{signalId}`: whose it is says the caller's proof. */
export const toldSignal = z.discriminatedUnion('kind', [
  price.omit(addressless),
  drEvent.omit(addressless).refine(saysWhat, LIMITLESS).refine(forwards, BACKWARDS),
  gridDemand.omit(addressless).refine(forwards, BACKWARDS),
  temperature.omit(addressless),
]);

/** `taken`: it holds from now on. `known`: it did already. `older`: a later version of it holds. */
export const signalTaken = z.strictObject({ outcome: z.enum(['taken', 'known', 'older']) });
export type SignalOutcome = z.output<typeof signalTaken>['outcome'];

/** `GET /operator/v1/sites/{siteId}/signals`: those that are not over. */
export const energySignals = z.strictObject({ signals: z.array(energySignal) });
