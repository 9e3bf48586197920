import type { Zone } from '../time/zone.ts';

const pad = (value: number): string => String(value).padStart(2, '0');

/** The wall clock of an instant, its pass of a repeated hour, and how many intervals of its day went before. */
export class Wall {
  readonly y: number;
  readonly m: number;
  readonly d: number;
  readonly h: number;
  readonly min: number;
  readonly second: boolean;
  readonly offsetMs: number;
  readonly ms: number;

  constructor(zone: Zone, ms: number) {
    const local = new Date(ms + zone.offsetMs(ms));
    [this.y, this.m, this.d] = [local.getUTCFullYear(), local.getUTCMonth() + 1, local.getUTCDate()];
    [this.h, this.min] = [local.getUTCHours(), local.getUTCMinutes()];
    this.second = zone.instantsOf(local.getTime())[1] === ms;
    this.offsetMs = zone.offsetMs(ms);
    this.ms = ms;
  }
  dmy(by: string): string {
    return [pad(this.d), pad(this.m), this.y].join(by);
  }
  mdy(by: string): string {
    return [pad(this.m), pad(this.d), this.y].join(by);
  }
  ymd(by: string): string {
    return [this.y, pad(this.m), pad(this.d)].join(by);
  }
  get clock(): string {
    return `${pad(this.h)}:${pad(this.min)}`;
  }
}
