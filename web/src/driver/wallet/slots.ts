import type { Reservation } from '../booking/calls.ts';

/** Quarters of an hour: when a driver may charge where he has reserved, and what a phone offers him when (SECURE-7). */

export const QUARTER_MS = 15 * 60_000;

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

export type Booked = Pick<Reservation, 'evseId' | 'fromMs' | 'untilMs' | 'state'>;

/** The quarters that a span touches, whole. */
export const onGrid = ({ fromMs, untilMs }: Span): Span => ({
  fromMs: Math.floor(fromMs / QUARTER_MS) * QUARTER_MS,
  untilMs: Math.ceil(untilMs / QUARTER_MS) * QUARTER_MS,
});

const overlap = (a: Span, b: Span): boolean => a.fromMs < b.untilMs && b.fromMs < a.untilMs;

/** What he has reserved at an outlet within a span, in quarters of an hour, the earliest first; ones that follow each other are one. */
export const ownSlots = (booked: readonly Booked[], evseId: string, within: Span): readonly Span[] =>
  booked
    .filter(({ evseId: at, state }) => at === evseId && (state === 'granted' || state === 'used'))
    .map(onGrid)
    .filter((slot) => overlap(slot, within))
    .sort((a, b) => a.fromMs - b.fromMs)
    .reduce<readonly Span[]>((spans, slot) => {
      const last = spans.at(-1);
      if (last === undefined || last.untilMs < slot.fromMs) return [...spans, slot];
      const untilMs = Math.max(last.untilMs, slot.untilMs);
      return [...spans.slice(0, -1), { fromMs: last.fromMs, untilMs }];
    }, []);

export type Offered =
  | { readonly may: true; readonly untilMs: number }
  | { readonly may: false; readonly why: 'not-yet' | 'over' | 'not-your-slot'; readonly fromMs?: number };

/**
 * Whether the phone offers to start and to stop by a token now: within its time, and where the driver has reserved the outlet in that time, within
 * his own slots alone.
 */
export const offeredAt = (
  token: Span & { readonly evseId: string },
  booked: readonly Booked[],
  nowMs: number,
): Offered => {
  if (nowMs >= token.untilMs) return { may: false, why: 'over' };
  const slots = ownSlots(booked, token.evseId, token);
  if (slots.length === 0)
    return nowMs < token.fromMs
      ? { may: false, why: 'not-yet', fromMs: token.fromMs }
      : { may: true, untilMs: token.untilMs };
  const own = slots.find(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs < untilMs);
  if (own !== undefined && nowMs >= token.fromMs)
    return { may: true, untilMs: Math.min(own.untilMs, token.untilMs) };
  const next = slots.find(
    ({ fromMs, untilMs }) => Math.max(fromMs, token.fromMs) < untilMs && untilMs > nowMs,
  );
  return next === undefined
    ? { may: false, why: 'over' }
    : { may: false, why: 'not-your-slot', fromMs: Math.max(next.fromMs, token.fromMs) };
};
