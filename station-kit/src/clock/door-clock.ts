import type { StationClock } from './station-clock.ts';

/** Sessions have the gateway's time; people, stations and networks that are waited for have the wall's. */
export class DoorClock {
  readonly wallMs: () => number;
  readonly #gateway: StationClock;

  constructor(gateway: StationClock, wallMs: () => number = Date.now) {
    this.#gateway = gateway;
    this.wallMs = wallMs;
  }

  gatewayMs(): number {
    return this.#gateway.nowMs();
  }

  /** The gateway's time when the wall's was so; never to come. */
  gatewayAt(wallMs: number): number {
    const now = this.#gateway.nowMs();
    return Math.min(now, now - (this.wallMs() - wallMs));
  }

  /** The wall's time when the gateway's will be so. */
  wallAt(gatewayMs: number): number {
    return this.wallMs() + (gatewayMs - this.#gateway.nowMs());
  }
}
