import { createHash } from 'node:crypto';
import type { OpenAdrEvent, OpenAdrInterval } from './model.ts';
import { durationOf, instantOf } from './times.ts';

/** Later than any instant that is told: an event that does not end lasts until then. */
export const ENDLESS_MS = 7_258_118_400_000;
/** Intervals of one event that are looked at; of one that repeats, those from now on. */
const MOST_INTERVALS = 672;

export interface TimedInterval {
  readonly startMs: number;
  readonly endMs: number;
  readonly payloads: OpenAdrInterval['payloads'];
}

export interface TimedEvent {
  readonly intervals: readonly TimedInterval[];
  /** How often an event that repeats has been lived through; it says other intervals from then on. */
  readonly repeated: number;
  /** Of the first interval, counted from the first round. */
  readonly firstIndex: number;
}

const spanMs = (text: string | undefined, otherwise: number): number => {
  const ms = text === undefined ? undefined : durationOf(text);
  return ms === 'endless' ? ENDLESS_MS : (ms ?? otherwise);
};

/** The same shift for one client and event, so that each look at the event says the same; uniform over both sides. */
const shiftMs = (withinMs: number, seed: string): number => {
  if (withinMs === 0) return 0;
  const part = createHash('sha256').update(seed).digest().readUInt32BE(0) / 2 ** 32;
  return Math.round((2 * part - 1) * Math.abs(withinMs));
};

const until = (startMs: number, lengthMs: number): number => Math.min(startMs + lengthMs, ENDLESS_MS);

/**
 * When the intervals of an event are. "Now" is the instant at which the event was last changed, so that two looks at it say the same.
 * @param seed of the client's own, for starts that each client is to move by a random time.
 * Spec: OpenADR 3.1.0, User Guide §7.3 and §7.4.
 */
export const timedIntervals = (event: OpenAdrEvent, nowMs: number, seed: string): TimedEvent => {
  const saidMs = Date.parse(event.modificationDateTime);
  const period = event.intervalPeriod ?? undefined;
  const startOf = (text: string | undefined, otherwise: number): number => {
    const at = text === undefined ? undefined : instantOf(text);
    return typeof at === 'number' ? at : otherwise;
  };
  const usualMs = spanMs(period?.duration, 0);
  const all: TimedInterval[] = [];
  let nextMs = startOf(period?.start, saidMs);
  let shift = shiftMs(spanMs(period?.randomizeStart, 0), seed);
  for (const { intervalPeriod: own, payloads } of (event.intervals ?? []).slice(0, MOST_INTERVALS)) {
    if (own?.randomizeStart !== undefined)
      shift = shiftMs(spanMs(own.randomizeStart, 0), `${seed} ${all.length}`);
    const startMs = startOf(own?.start, nextMs);
    nextMs = until(startMs, spanMs(own?.duration, usualMs));
    const from = Math.max(0, startMs + shift);
    if (nextMs > startMs) all.push({ startMs: from, endMs: until(from, nextMs - startMs), payloads });
  }
  return event.duration === undefined || event.duration === null
    ? { intervals: all, repeated: 0, firstIndex: 0 }
    : withinSpan(all, spanMs(event.duration, 0), nowMs);
};

/** `event.duration` cuts the intervals, or has them repeat until it is over. */
const withinSpan = (once: readonly TimedInterval[], lengthMs: number, nowMs: number): TimedEvent => {
  const firstMs = once[0]?.startMs;
  if (firstMs === undefined) return { intervals: [], repeated: 0, firstIndex: 0 };
  const overMs = until(firstMs, lengthMs);
  const roundMs = Math.max(...once.map(({ endMs }) => endMs)) - firstMs;
  const repeated = Math.max(0, Math.floor((Math.min(nowMs, overMs - 1) - firstMs) / roundMs));
  const intervals: TimedInterval[] = [];
  for (let round = repeated; intervals.length < MOST_INTERVALS; round += 1) {
    const moved = once.map((one) => ({
      ...one,
      startMs: one.startMs + round * roundMs,
      endMs: Math.min(one.endMs + round * roundMs, overMs),
    }));
    const inside = moved.filter(({ startMs }) => startMs < overMs);
    if (inside.length === 0) break;
    intervals.push(...inside.slice(0, MOST_INTERVALS - intervals.length));
  }
  return { intervals, repeated, firstIndex: repeated * once.length };
};
