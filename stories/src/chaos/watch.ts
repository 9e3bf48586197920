import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** What is seen from outside while faults strike: swipes with their answers, and what goes on at each outlet. */

export type Phase = 'away' | 'swiping' | 'authorised' | 'charging';

export interface Attempt {
  readonly stationId: string;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly isAccepted: boolean;
}

export class Watch {
  readonly attempts: Attempt[] = [];
  readonly #phases = new Map<string, { readonly stationId: string; readonly phase: Phase }>();

  at(evseId: string, stationId: string, phase: Phase): void {
    this.#phases.set(evseId, { stationId, phase });
  }

  /** Whether a session is authorised or charges now, anywhere or at one station. */
  isInSession(stationId?: string): boolean {
    return [...this.#phases.values()].some(
      (one) =>
        (one.phase === 'authorised' || one.phase === 'charging') &&
        (stationId === undefined || one.stationId === stationId),
    );
  }

  /** Waits until a session is authorised or charges, anywhere or at one station, but no longer than so. */
  async whenInSession(limitMs: number, stationId?: string): Promise<boolean> {
    const untilMs = Date.now() + limitMs;
    while (!this.isInSession(stationId)) {
      if (Date.now() >= untilMs) return false;
      await sleep(LOOK_EVERY_MS);
    }
    return true;
  }

  /**
   * How long nobody's swipe was accepted after an instant, at one station or anywhere: from then, or from when somebody
   * first tried, to the first swipe that was. Undefined when nobody tried any more.
   */
  outageMs(fromMs: number, stationId?: string): number | undefined {
    const tried = this.attempts.filter(
      (one) => one.endedMs >= fromMs && (stationId === undefined || one.stationId === stationId),
    );
    if (tried.length === 0) return undefined;
    const beganMs = Math.max(fromMs, Math.min(...tried.map((one) => one.beganMs)));
    const answered = tried.filter(({ isAccepted }) => isAccepted).map(({ endedMs }) => endedMs);
    return answered.length === 0 ? Infinity : Math.min(...answered) - beganMs;
  }
}
