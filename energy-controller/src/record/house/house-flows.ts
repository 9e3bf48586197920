import { divide } from '@roamgrid/domain';
import type { HouseMeter, HouseSource, SignedInterval } from '@roamgrid/wire';
import { ledgerId } from '../slot.ts';
import type { Note } from './house-notes.ts';

/** What meters counted in a batch: signed where their registers are, by the panel's own samples else. */

const MILLI = 1_000n;

type FlowNote = Extract<Note, { kind: 'flow' }>;

/** What the panel's samples of a source came to since the pseudonym began, mWh: into the house, and out of it. */
export interface Counted {
  readonly inMilliWh: bigint;
  readonly outMilliWh: bigint;
}

/** Whole Wh between two counts, each rounded down, so that flows in a row come to what was counted. */
const wholeWh = (fromMilliWh: bigint, toMilliWh: bigint): bigint =>
  divide(toMilliWh, MILLI, 'floor') - divide(fromMilliWh, MILLI, 'floor');

export const countedFlows = (
  span: { readonly fromMs: number; readonly untilMs: number },
  source: { readonly sourceId: string; readonly kind: HouseSource },
  before: Counted,
  now: Counted,
): readonly FlowNote[] =>
  (
    [
      ['in', wholeWh(before.inMilliWh, now.inMilliWh)],
      ['out', wholeWh(before.outMilliWh, now.outMilliWh)],
    ] as const
  )
    .filter(([, energyWh]) => energyWh > 0n)
    .map(([counts, energyWh]) => ({
      ...{ kind: 'flow', atMs: span.fromMs, untilMs: span.untilMs, counts, energyWh },
      ...{ meterRef: ledgerId(source.sourceId), of: source.kind },
    }));

export const signedFlows = (
  { meterRef, of, counts }: HouseMeter,
  intervals: readonly SignedInterval[],
  creditTo: string | undefined,
): readonly FlowNote[] =>
  intervals.map((signed) => ({
    ...{ kind: 'flow', atMs: signed.fromMs, untilMs: signed.toMs, meterRef, of, counts, signed },
    energyWh: wholeWh(signed.fromRegisterMilliWh, signed.toRegisterMilliWh),
    ...(creditTo !== undefined && counts === 'in' && (of === 'ev' || of === 'renewable') && { creditTo }),
  }));

/** The last instant up to one that no signed interval crosses. */
export const uncrossed = (untilMs: number, intervals: readonly SignedInterval[]): number => {
  const crossed = intervals.filter(({ fromMs, toMs }) => fromMs < untilMs && untilMs < toMs);
  return crossed.length === 0
    ? untilMs
    : uncrossed(Math.min(...crossed.map(({ fromMs }) => fromMs)), intervals);
};
