import type { OfflineRecord } from '@roamgrid/offline';
import type { Db } from '../../batcher/facts.ts';
import type { RecordStatement } from './statement.ts';

/**
 * What a meter counted that nobody pays: sessions that cost nothing, and those whose records are refused for good. Who comes after
 * them at the meter need not wait for them.
 */
export const keepUnpaid = async (
  db: Db,
  { evseId, number }: OfflineRecord,
  meterId: string,
  { begin, end }: Pick<RecordStatement, 'begin' | 'end'>,
): Promise<void> => {
  await db
    .insertInto('offline_unpaid')
    .values({
      evse_id: evseId,
      outlet_number: BigInt(number),
      meter_id: meterId,
      from_milli_wh: begin.registerMilliWh,
      to_milli_wh: end.registerMilliWh,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/**
 * Registers that a meter comes to from the last booked one by what nobody pays, without a gap, that one among them; from the outlet's first session on
 * when there is none yet.
 */
export const afterUnpaid = async (
  db: Db,
  meterId: string,
  registerMilliWh: bigint | undefined,
): Promise<ReadonlySet<bigint>> => {
  const rows = await db
    .selectFrom('offline_unpaid')
    .select(['outlet_number', 'from_milli_wh', 'to_milli_wh'])
    .where('meter_id', '=', meterId)
    .where('to_milli_wh', '>', registerMilliWh ?? -1n)
    .orderBy('from_milli_wh')
    .execute();
  const first = rows.find(({ outlet_number }) => outlet_number === 1n);
  const begin = registerMilliWh ?? first?.from_milli_wh;
  const reached = new Set(begin === undefined ? [] : [begin]);
  for (const { from_milli_wh, to_milli_wh } of rows) if (reached.has(from_milli_wh)) reached.add(to_milli_wh);
  return reached;
};
