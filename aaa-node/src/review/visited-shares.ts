import type { ShownDispute } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import type { Db } from '../store/database.ts';

type DisputeList = Pick<GatewayClient, 'disputes' | 'dispute'>;

const RUNNING = ['disputed', 'revised', 'upheld'] as const;
const OVER = ['credited', 'settled'] as const;

/** Disputes about this utility's records that the ledger has and the owners' shares do not show yet. */
export const createOpenDisputes = (db: Db, gateway: DisputeList) => {
  // What came and went while nobody was here is looked for once; later each is seen while it runs.
  let states: readonly ShownDispute['record']['state'][] = [...RUNNING, ...OVER];
  const isFollowed = async (ids: readonly string[]): Promise<ReadonlySet<string>> => {
    const rows = await db
      .selectFrom('dispute_followed')
      .select('dispute_id')
      .where('is_final', '=', true)
      .where('dispute_id', 'in', ids)
      .execute();
    return new Set(rows.map(({ dispute_id: id }) => id));
  };
  return async (): Promise<readonly ShownDispute[]> => {
    const found = new Map<string, ShownDispute>();
    for (const state of states)
      for (const dispute of await gateway.disputes({ role: 'vun', state }))
        found.set(dispute.record.disputeId, dispute);
    if (found.size > 0) {
      for (const id of await isFollowed([...found.keys()])) found.delete(id);
      const values = [...found.keys()].map((id) => ({ dispute_id: id, is_final: false }));
      if (values.length > 0)
        await db
          .insertInto('dispute_followed')
          .values(values)
          .onConflict((conflict) => conflict.column('dispute_id').doNothing())
          .execute();
    }
    states = RUNNING;
    const running = await db
      .selectFrom('dispute_followed')
      .select('dispute_id')
      .where('is_final', '=', false)
      .execute();
    for (const { dispute_id: id } of running) if (!found.has(id)) found.set(id, await gateway.dispute(id));
    return [...found.values()];
  };
};

const outcomeOf = ({ record, answer }: ShownDispute) => {
  // Silence on a late one is settled by its note, without an answer.
  if (
    record.state === 'credited' ||
    (record.late === true && record.state === 'settled' && answer === undefined)
  )
    return { micros: 0n, energy_wh: 0n };
  const isStood = record.late === true && record.state === 'upheld' && answer !== undefined;
  if (isStood) return { micros: answer.shares.infrastructure, energy_wh: answer.energyWh };
  return record.state === 'settled' && answer !== undefined
    ? { micros: answer.shares.infrastructure, energy_wh: answer.energyWh }
    : undefined;
};

/** What a record comes to after its dispute is what the station's owner gets of it. */
export const followShare = async (db: Db, dispute: ShownDispute): Promise<void> => {
  const outcome = outcomeOf(dispute);
  const { record, body } = dispute;
  if (outcome === undefined || body === undefined) return;
  await db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('provider_share')
      .set(outcome)
      .where('session_id', '=', body.sessionId)
      .executeTakeFirst();
    // Its record has not been read here yet: the next round looks again.
    if (numUpdatedRows === 0n) return;
    await trx
      .updateTable('dispute_followed')
      .set({ is_final: true })
      .where('dispute_id', '=', record.disputeId)
      .execute();
  });
};
