import {
  bodyHash,
  ExposureBook,
  exposureBookName,
  canonicalText,
  energyMilliWhCodec,
  energyWhCodec,
  instantMs,
  laneId,
  meterEntry,
  naturalMicrosCodec,
  recordId,
  salt,
  type CdrAmounts,
  type MeterBook,
  type ProfileSpent,
  type SettleProofs,
} from '@roamgrid/wire';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import type { KeptProfile } from './kept-profile.ts';

/** What a settled batch changes of what the ledger holds as hashes: meters' last registers and what profiles have spent. */
export const settleEffects = z.strictObject({
  laneId,
  nextSequence: z.int().min(1),
  group: z.string(),
  meters: z.array(
    z.strictObject({ meterId: z.string(), endMs: instantMs, registerMilliWh: energyMilliWhCodec, salt }),
  ),
  spent: z.array(
    z.strictObject({
      profileId: recordId,
      book: exposureBookName,
      mark: z.string(),
      micros: naturalMicrosCodec,
      sessions: z.int().min(1),
      energyWh: energyWhCodec.exactOptional(),
      salt,
    }),
  ),
});
export type SettleEffects = z.output<typeof settleEffects>;

export type MeterState = SettleEffects['meters'][number];
export type SpentState = SettleEffects['spent'][number];

/** Keeps a batch's effects, once. @returns whether they were new. */
export const applyEffects = async (
  trx: Transaction<GatewayDb>,
  batchId: string,
  { laneId: lane, nextSequence, group, meters, spent }: SettleEffects,
): Promise<boolean> => {
  const fresh = await trx
    .insertInto('settled_batch')
    .values({ batch_id: batchId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('batch_id')
    .executeTakeFirst();
  if (fresh === undefined) return false;
  await trx
    .insertInto('lane_sequence')
    .values({ lane_id: lane, next_sequence: nextSequence })
    .onConflict((conflict) =>
      conflict.column('lane_id').doUpdateSet({
        next_sequence: sql<number>`greatest(lane_sequence.next_sequence, excluded.next_sequence)`,
      }),
    )
    .execute();
  for (const { meterId, endMs, registerMilliWh, salt: metersSalt } of meters) {
    const state = { end_ms: BigInt(endMs), register_milli_wh: registerMilliWh, salt: metersSalt };
    await trx
      .insertInto('meter_entry')
      .values({ lane_group: group, meter_id: meterId, ...state })
      .onConflict((conflict) => conflict.columns(['lane_group', 'meter_id']).doUpdateSet(state))
      .execute();
  }
  for (const { profileId, book, mark, micros, sessions, energyWh, salt: spentSalt } of spent) {
    const state = { micros, sessions, energy_wh: energyWh ?? null, salt: spentSalt };
    await trx
      .insertInto('profile_spent')
      .values({ lane_id: lane, book, mark, profile_id: profileId, ...state })
      .onConflict((conflict) => conflict.columns(['lane_id', 'book', 'mark']).doUpdateSet(state))
      .execute();
  }
  return true;
};

/** What is known of a group's meters. */
export const readMeters = async (
  trx: Transaction<GatewayDb>,
  group: string,
): Promise<readonly MeterState[]> => {
  const rows = await trx.selectFrom('meter_entry').selectAll().where('lane_group', '=', group).execute();
  return rows.map((row) => ({
    meterId: row.meter_id,
    endMs: Number(row.end_ms),
    registerMilliWh: row.register_milli_wh,
    salt: row.salt,
  }));
};

/** The book of a group's meters as the ledger hashes it. */
export const bookOf = (meters: readonly MeterState[]): MeterBook =>
  meters
    .map(({ meterId, ...entry }): [string, string] => [meterId, bodyHash(canonicalText(meterEntry, entry))])
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** What is known to be spent under a lane's profiles, of all profiles in these books. */
export const readSpent = async (
  trx: Transaction<GatewayDb>,
  lane: string,
  books: readonly string[],
): Promise<readonly SpentState[]> => {
  if (books.length === 0) return [];
  const rows = await trx
    .selectFrom('profile_spent')
    .select(['profile_id', 'book', 'mark', 'micros', 'sessions', 'energy_wh', 'salt'])
    .where('lane_id', '=', lane)
    .where('book', 'in', books)
    .execute();
  return rows.map(({ profile_id, energy_wh, ...state }) => ({
    profileId: profile_id,
    ...state,
    ...(energy_wh !== null && { energyWh: energy_wh }),
  }));
};

/** What was spent, as the ledger hashes it. */
export const spentOf = ({
  micros,
  sessions,
  energyWh,
  salt: spentSalt,
}: Pick<SpentState, 'micros' | 'sessions' | 'energyWh' | 'salt'>): ProfileSpent => ({
  ...{ micros, sessions, salt: spentSalt },
  ...(energyWh !== undefined && { energyWh }),
});

/** Texts of books as the ledger hashes them; one of which nothing is known is empty. */
export const exposuresOf = (
  books: readonly string[],
  spent: readonly SpentState[],
): SettleProofs['exposures'] => {
  const read = new Map(books.map((book) => [book, new ExposureBook()]));
  for (const { book, mark, ...entry } of spent) read.get(book)?.write(mark, spentOf(entry));
  return Object.fromEntries([...read].map(([book, { text }]) => [book, text]));
};

/** Takes settled sessions into what is known of meters and profiles, in their order. */
export class Running {
  readonly #meters: Map<string, MeterState>;
  readonly #spent: Map<string, SpentState>;
  readonly #usedMeters = new Set<string>();
  readonly #usedProfiles = new Set<string>();

  constructor(meters: readonly MeterState[], spent: readonly SpentState[]) {
    this.#meters = new Map(meters.map((state) => [state.meterId, state]));
    this.#spent = new Map(spent.map((state) => [state.profileId, state]));
  }

  use(
    meter: MeterState,
    profile: KeptProfile | undefined,
    { totalMicros, energyWh }: Pick<CdrAmounts, 'totalMicros' | 'energyWh'>,
  ): void {
    this.#meters.set(meter.meterId, meter);
    this.#usedMeters.add(meter.meterId);
    if (profile === undefined) return;
    const before = this.#spent.get(profile.profileId);
    this.#usedProfiles.add(profile.profileId);
    const { countsEnergy, ...place } = profile;
    this.#spent.set(profile.profileId, {
      ...place,
      micros: (before?.micros ?? 0n) + totalMicros,
      sessions: (before?.sessions ?? 0) + 1,
      ...(countsEnergy && { energyWh: (before?.energyWh ?? 0n) + energyWh }),
      salt: meter.salt,
    });
  }

  /** What the sessions that were taken in left changed. */
  get changed(): Pick<SettleEffects, 'meters' | 'spent'> {
    return {
      meters: [...this.#meters.values()].filter(({ meterId }) => this.#usedMeters.has(meterId)),
      spent: [...this.#spent.values()].filter(({ profileId }) => this.#usedProfiles.has(profileId)),
    };
  }
}
