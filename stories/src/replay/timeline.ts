import type { RecordedSession } from '@roamgrid/station';
import { LEDGER_LIMITS } from '@roamgrid/wire';

const WEEK_MS = 7 * 86_400_000;

/**
 * Move sessions by whole weeks, so that weekdays and hours stay what they were, to end just before `untilMs`:
 * a ledger refuses what is said to happen in its future and what is too late to be told.
 */
export function moveBefore(
  sessions: readonly RecordedSession[],
  untilMs: number,
): { sessions: RecordedSession[]; shiftMs: number } {
  const lastMs = Math.max(...sessions.map(({ endMs }) => endMs));
  const shiftMs = Math.floor((untilMs - lastMs) / WEEK_MS) * WEEK_MS;
  return {
    shiftMs,
    sessions: sessions.map((session) => ({
      ...session,
      startMs: session.startMs + shiftMs,
      endMs: session.endMs + shiftMs,
    })),
  };
}

/**
 * The same sessions so many times, one after the other: each time as many whole weeks later as they span, so that weekdays and
 * hours stay what they were.
 */
export function repeated(sessions: readonly RecordedSession[], times: number): RecordedSession[] {
  const firstMs = Math.min(...sessions.map(({ startMs }) => startMs));
  const lastMs = Math.max(...sessions.map(({ endMs }) => endMs));
  const shiftMs = Math.ceil((lastMs - firstMs) / WEEK_MS) * WEEK_MS;
  return Array.from({ length: times }, (_, time) =>
    sessions.map((session) => ({
      ...session,
      sessionId: time === 0 ? session.sessionId : `${session.sessionId}~${(time + 1).toString()}`,
      startMs: session.startMs + time * shiftMs,
      endMs: session.endMs + time * shiftMs,
    })),
  ).flat();
}

/** A car comes or goes. */
export interface Happening {
  readonly atMs: number;
  readonly kind: 'leave' | 'arrive';
  readonly session: RecordedSession;
}

/** Every coming and going in the order of time; at one instant, who leaves comes before who arrives. */
export function timeline(sessions: readonly RecordedSession[]): Happening[] {
  const happenings = sessions.flatMap((session): Happening[] => [
    { atMs: session.startMs, kind: 'arrive', session },
    { atMs: session.endMs, kind: 'leave', session },
  ]);
  return happenings.sort((a, b) => a.atMs - b.atMs || (a.kind === b.kind ? 0 : a.kind === 'leave' ? -1 : 1));
}

/** A little less than the clock skew that the ledger's limits allow. */
const LOOK_AHEAD_MS = LEDGER_LIMITS.clockSkewMs - 60_000;

/**
 * The clock of a replay: the instant of the oldest happening that is still under way. It never runs ahead of what the
 * services have not finished, so each sees the time at which its request happened or a little earlier.
 */
export class ReplayClock {
  readonly #underWay = new Map<symbol, number>();
  readonly #onMove: (nowMs: number) => void;
  #nowMs: number;

  /** @param onMove told each time that the clock moves, before anything happens at the new time */
  constructor(startMs: number, onMove: (nowMs: number) => void = () => undefined) {
    this.#nowMs = startMs;
    this.#onMove = onMove;
  }

  readonly nowMs = (): number => this.#nowMs;

  /** Take part until the returned function is called. Happenings begin in the order of time. */
  begin(atMs: number): () => void {
    const token = Symbol('happening');
    this.#underWay.set(token, atMs);
    this.#advance(atMs);
    return () => {
      if (!this.#underWay.delete(token)) return;
      this.#advance(atMs);
    };
  }

  /** Whether a happening at this instant may begin: services refuse what lies further ahead of their clock. */
  admits(atMs: number): boolean {
    return this.#underWay.size === 0 || atMs - Math.min(...this.#underWay.values()) <= LOOK_AHEAD_MS;
  }

  /** Nothing is under way any more: go to this instant. */
  finish(atMs: number): void {
    this.#moveTo(atMs);
  }

  #advance(atMs: number): void {
    const oldest = this.#underWay.size === 0 ? atMs : Math.min(...this.#underWay.values());
    this.#moveTo(oldest);
  }

  #moveTo(atMs: number): void {
    if (atMs <= this.#nowMs) return;
    this.#nowMs = atMs;
    this.#onMove(atMs);
  }
}
