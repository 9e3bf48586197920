import type { StationSocket } from './station-socket.ts';

/** Spec: RFC 6455 §7.4.2, a code of private use. */
const REPLACED = { code: 4_001, reason: 'replaced by a newer connection of this station' };

/**
 * Who is connected: one socket a station. A station whose line broke comes back before the old socket is known to be dead, so the
 * newer wins and the older is closed.
 */
export class LiveStations {
  readonly #sockets = new Map<string, StationSocket>();

  get count(): number {
    return this.#sockets.size;
  }

  of(stationId: string): StationSocket | undefined {
    return this.#sockets.get(stationId);
  }

  all(): readonly StationSocket[] {
    return [...this.#sockets.values()];
  }

  add(socket: StationSocket): void {
    const older = this.#sockets.get(socket.stationId);
    this.#sockets.set(socket.stationId, socket);
    older?.close(REPLACED.code, REPLACED.reason);
  }

  /** A socket that was replaced is gone already. */
  remove(socket: StationSocket): void {
    if (this.#sockets.get(socket.stationId) === socket) this.#sockets.delete(socket.stationId);
  }
}
