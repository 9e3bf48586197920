const MS_PER_S = 1_000;

/**
 * A charger's time. It counts by itself while there is power; what the time of day is it takes from signed words alone, and never goes back. Without
 * a clock that runs on through a cut it has lost the time after one, until it is told again.
 */
export class ChargerClock {
  readonly #uptimeMs: () => number;
  /** Time of day at an uptime. */
  #set: { readonly atS: number; readonly uptimeMs: number } | undefined;

  /** @param batteryS what a clock with a battery says at the start, seconds since 1970 */
  constructor(uptimeMs: () => number, batteryS?: number) {
    this.#uptimeMs = uptimeMs;
    if (batteryS !== undefined) this.#set = { atS: batteryS, uptimeMs: uptimeMs() };
  }

  get uptimeMs(): number {
    return this.#uptimeMs();
  }

  /** Milliseconds since 1970, UTC; undefined when it is not known. */
  nowMs(): number | undefined {
    if (this.#set === undefined) return undefined;
    return this.#set.atS * MS_PER_S + this.#uptimeMs() - this.#set.uptimeMs;
  }

  /** Seconds since 1970, UTC; undefined when it is not known. */
  nowS(): number | undefined {
    const nowMs = this.nowMs();
    return nowMs === undefined ? undefined : Math.floor(nowMs / MS_PER_S);
  }

  /** It is at least so late by somebody who is believed: a clock that is slow goes on from there, one that is lost stays so. */
  isAtLeast(atS: number): void {
    const now = this.nowS();
    if (now !== undefined && atS > now) this.#set = { atS, uptimeMs: this.#uptimeMs() };
  }

  /** Told what time it was at an uptime of this start. */
  setAt(atS: number, uptimeMs: number): void {
    const now = this.nowS();
    const then = atS + Math.floor((this.#uptimeMs() - uptimeMs) / MS_PER_S);
    if (now === undefined || then > now) this.#set = { atS: then, uptimeMs: this.#uptimeMs() };
  }
}
