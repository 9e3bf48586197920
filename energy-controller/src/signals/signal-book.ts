import { InTurn } from '@roamgrid/station-kit';
import { energySignal, type EnergySignal, type SignalOutcome } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { controllerError } from '../problems.ts';
import { hashOf } from '../store/settings-store.ts';
import { overAtMs } from './signal-span.ts';
import type { SignalDb } from './signal-table.ts';

/** Signals of one house at most, those counted that are over and not deleted yet. */
const MOST_SIGNALS = 1_000;
/** How long a signal that is over is remembered, so that an earlier version of it does not come back, ms. */
const REMEMBERED_MS = 86_400_000;

interface Kept {
  readonly signal: EnergySignal;
  readonly hash: string;
  readonly overAtMs: number;
}

const keyOf = ({ by, signalId }: EnergySignal): string => `${by} ${signalId}`;

/**
 * What a house was told, kept in its service's database before anybody hears of it. An id belongs to who said it; its highest version
 * holds. What has been over for a day is deleted when something new is told. Spec: HOME-2, HOME-6.
 */
export class SignalBook {
  readonly #db: Kysely<SignalDb>;
  readonly #houseId: string;
  readonly #nowMs: () => number;
  readonly #kept: Map<string, Kept>;
  readonly #listeners = new Set<(signal: EnergySignal) => void>();
  readonly #turns = new InTurn();
  #lastPlace: bigint;

  private constructor(
    db: Kysely<SignalDb>,
    houseId: string,
    nowMs: () => number,
    kept: readonly (readonly [string, Kept])[],
    lastPlace: bigint,
  ) {
    this.#lastPlace = lastPlace;
    this.#db = db;
    this.#houseId = houseId;
    this.#nowMs = nowMs;
    this.#kept = new Map(kept);
  }

  /** The book of a house, with what it was told before. One process at a time writes it. */
  static async open<Db extends SignalDb>(
    db: Kysely<Db>,
    houseId: string,
    nowMs: () => number,
  ): Promise<SignalBook> {
    const own = db as unknown as Kysely<SignalDb>;
    const rows = await own
      .selectFrom('energy_signal')
      .selectAll()
      .where('house_id', '=', houseId)
      .orderBy('place')
      .execute();
    const kept = rows.map((row) => {
      const signal = energySignal.parse(row.body);
      return [keyOf(signal), { signal, hash: row.hash, overAtMs: Number(row.over_at_ms) }] as const;
    });
    return new SignalBook(own, houseId, nowMs, kept, rows.at(-1)?.place ?? 0n);
  }

  /**
   * Keeps a signal, unless the same or a later version of it is there; then everybody who listens is told.
   * @throws ServiceError SIGNAL_CONFLICT when this version said something else; SIGNALS_TOO_MANY.
   */
  put(signal: EnergySignal): Promise<SignalOutcome> {
    return this.#turns.run(this.#houseId, () => this.#put(signal));
  }

  /** Those that are not over, cancelled ones among them, in the order in which their last versions came. */
  all(nowMs: number): readonly EnergySignal[] {
    return [...this.#kept.values()].map(({ signal }) => signal).filter((signal) => overAtMs(signal) > nowMs);
  }

  /** Calls after each signal that was taken, with it. @returns what ends it. */
  onChange(listener: (signal: EnergySignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #put(signal: EnergySignal): Promise<SignalOutcome> {
    const key = keyOf(signal);
    const body = energySignal.encode(signal);
    const hash = hashOf(body);
    const known = this.#kept.get(key);
    if (known !== undefined && known.signal.version > signal.version) return 'older';
    if (known?.signal.version === signal.version) {
      if (known.hash === hash) return 'known';
      throw controllerError(
        'SIGNAL_CONFLICT',
        `version ${signal.version} of ${signal.signalId} said something else`,
      );
    }
    await this.#deleteOld();
    if (known === undefined && this.#kept.size >= MOST_SIGNALS)
      throw controllerError(
        'SIGNALS_TOO_MANY',
        `${MOST_SIGNALS} signals are kept that are not over for a day`,
      );
    const kept = { signal, hash, overAtMs: Math.max(overAtMs(signal), known?.overAtMs ?? 0) };
    const row = {
      version: BigInt(signal.version),
      over_at_ms: BigInt(kept.overAtMs),
      place: this.#lastPlace + 1n,
      hash,
      body: JSON.stringify(body),
    };
    await this.#db
      .insertInto('energy_signal')
      .values({ house_id: this.#houseId, said_by: signal.by, signal_id: signal.signalId, ...row })
      .onConflict((conflict) => conflict.columns(['house_id', 'said_by', 'signal_id']).doUpdateSet(row))
      .execute();
    this.#lastPlace = row.place;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const listener of this.#listeners) listener(signal);
    return 'taken';
  }

  async #deleteOld(): Promise<void> {
    const beforeMs = this.#nowMs() - REMEMBERED_MS;
    const old = [...this.#kept].filter(([, kept]) => kept.overAtMs < beforeMs);
    if (old.length === 0) return;
    await this.#db
      .deleteFrom('energy_signal')
      .where('house_id', '=', this.#houseId)
      .where('over_at_ms', '<', BigInt(beforeMs))
      .execute();
    for (const [key] of old) this.#kept.delete(key);
  }
}
