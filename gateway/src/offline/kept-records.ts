import type { KeptRecord } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';

/** Records as they stand, for operators. */
export const keptRecordsOf = async (
  db: Kysely<GatewayDb>,
  {
    evseId,
    state,
    limit,
  }: { readonly evseId?: string; readonly state?: KeptRecord['state']; readonly limit: number },
): Promise<KeptRecord[]> => {
  const all = db
    .selectFrom('offline_record')
    .select(['evse_id', 'outlet_number', 'token_id', 'state', 'refusal_code', 'refusal_text', 'taken_at_ms'])
    .orderBy('evse_id')
    .orderBy('outlet_number')
    .orderBy('plain_hash')
    .limit(limit);
  const ofOutlet = evseId === undefined ? all : all.where('evse_id', '=', evseId);
  const rows = await (state === undefined ? ofOutlet : ofOutlet.where('state', '=', state)).execute();
  return rows.map((row) => ({
    evseId: row.evse_id,
    number: Number(row.outlet_number),
    tokenId: row.token_id,
    state: row.state,
    takenAtMs: row.taken_at_ms,
    ...(row.refusal_code !== null && { code: row.refusal_code, message: row.refusal_text ?? '' }),
  }));
};
