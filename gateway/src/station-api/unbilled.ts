import { energyWhCodec, unbilledCode, type UnbilledSession } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import type { Db } from '../batcher/facts.ts';

/** Sessions that gave energy, or may have, and that nobody pays for: each with its number, its reason and what was seen of it. */

const kept = z.strictObject({
  code: unbilledCode,
  detail: z.string(),
  energyWh: energyWhCodec,
  closedAtMs: z.int(),
});
export type Unbilled = z.output<typeof kept>;

/** Text of what a charge keeps of it. */
export const unbilledText = (unbilled: Unbilled): string => JSON.stringify(kept.encode(unbilled));

/** Closes a session that was to be billed and will not be: its number is voided, and it stands among the unbilled. */
export const keepUnbilled = async (
  trx: Transaction<GatewayDb>,
  sessionId: string,
  unbilled: Unbilled,
): Promise<void> => {
  await trx
    .updateTable('charge')
    .set({ state: 'unrecorded', unbilled: unbilledText(unbilled) })
    .where('session_id', '=', sessionId)
    .execute();
};

/** Newest first, with how their numbers stand on the ledger. */
export const listUnbilled = async (db: Db, limit: number): Promise<readonly UnbilledSession[]> => {
  const rows = await db
    .selectFrom('charge')
    .leftJoin('ledger_session', 'ledger_session.session_id', 'charge.session_id')
    .select([
      'charge.session_id as sessionId',
      'station_id as stationId',
      'evse_id as evseId',
      'started_at_ms',
      'unbilled',
      'ledger_session.state as ledger',
    ])
    .where('unbilled', 'is not', null)
    .orderBy('started_at_ms', 'desc')
    .orderBy('charge.session_id')
    .limit(limit)
    .execute();
  return rows.map(({ started_at_ms, unbilled, ledger, ...row }) => ({
    ...row,
    openedAtMs: Number(started_at_ms),
    ...kept.parse(unbilled),
    ledger: ledger ?? 'not-opened',
  }));
};
