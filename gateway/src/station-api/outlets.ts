import type { Kysely } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';

/** Outlets with a car that charges; the database's unique index decides, this answers a swipe without asking it. */
export class Outlets {
  readonly #busy = new Map<string, string>();

  async load(db: Kysely<GatewayDb>): Promise<void> {
    const rows = await db
      .selectFrom('charge')
      .select(['evse_id', 'session_id'])
      .where('state', 'in', ['starting', 'charging'])
      .execute();
    this.#busy.clear();
    for (const { evse_id, session_id } of rows) this.#busy.set(evse_id, session_id);
  }

  sessionAt(evseId: string): string | undefined {
    return this.#busy.get(evseId);
  }

  take(evseId: string, sessionId: string): void {
    this.#busy.set(evseId, sessionId);
  }

  free(evseId: string, sessionId: string): void {
    if (this.#busy.get(evseId) === sessionId) this.#busy.delete(evseId);
  }
}
