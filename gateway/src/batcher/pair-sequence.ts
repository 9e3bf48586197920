import { sql, type Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';

/** The next number of the pair, locked until the SQL transaction ends. */
export const lockSequence = async (
  trx: Transaction<GatewayDb>,
  vun: string,
  hun: string,
): Promise<number> => {
  // A database that was lost and read anew from the ledger goes on after the highest number there.
  await sql`insert into pair_sequence (hun, next_sequence)
    select ${hun}, coalesce(max(to_sequence), 0) + 1 from batch where hun = ${hun} and vun = ${vun}
    on conflict (hun) do nothing`.execute(trx);
  const row = await trx
    .selectFrom('pair_sequence')
    .select('next_sequence')
    .where('hun', '=', hun)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return row.next_sequence;
};

/** Gives the pair's next number. */
export const setSequence = async (trx: Transaction<GatewayDb>, hun: string, next: number): Promise<void> => {
  await trx
    .updateTable('pair_sequence')
    .set({ next_sequence: sql<number>`${next}::int` })
    .where('hun', '=', hun)
    .execute();
};
