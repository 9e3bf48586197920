import type { ShownDispute } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { Db } from '../store/database.ts';

/** Disputes about this utility's records whose outcome the owners' shares do not show yet. */
export const notFollowed = async (db: Db): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('dispute_followed')
    .select('dispute_id')
    .where('is_final', '=', false)
    .execute();
  return rows.map(({ dispute_id: id }) => id);
};

/** Keeps that disputes are to be followed. One parameter, however many: a statement takes 65,535. */
export const toFollow = async (db: Db, disputes: readonly ShownDispute[]): Promise<void> => {
  const ids = disputes.map(({ record }) => record.disputeId);
  await sql`
    insert into dispute_followed (dispute_id, is_final)
    select dispute_id, false from unnest(${ids}::text[]) as t (dispute_id)
    on conflict do nothing`.execute(db);
};

const isOver = ({ state, late }: ShownDispute['record']): boolean =>
  state === 'credited' || state === 'settled' || (state === 'upheld' && late === true);

const shareOf = ({ record, answer }: ShownDispute) =>
  // Silence on a late one is settled by its note, without an answer.
  record.state === 'credited' || answer === undefined
    ? { micros: 0n, energy_wh: 0n }
    : { micros: answer.shares.infrastructure, energy_wh: answer.energyWh };

/** Whether the owner's share shows what the record comes to: `not-yet` where the record itself was not read here. */
export type Followed = 'running' | 'not-yet' | 'done';

/** What a record comes to after its dispute is what the station's owner gets of it. */
export const followShare = async (db: Db, dispute: ShownDispute): Promise<Followed> => {
  const { record, body, answer } = dispute;
  if (!isOver(record)) return 'running';
  // An answer that was given and is not here was purged with its body: whoever has neither follows nothing more.
  const isKnown = answer !== undefined || record.answerHash === undefined;
  return db.transaction().execute(async (trx) => {
    if (body !== undefined && isKnown) {
      const { numUpdatedRows } = await trx
        .updateTable('provider_share')
        .set(shareOf(dispute))
        .where('session_id', '=', body.sessionId)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return 'not-yet';
    }
    await trx
      .updateTable('dispute_followed')
      .set({ is_final: true })
      .where('dispute_id', '=', record.disputeId)
      .execute();
    return 'done';
  });
};
