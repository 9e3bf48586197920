import { sessionCloseBody } from '@roamgrid/wire';
import type { PartnerCreditTable } from '../../store/partner-credits.ts';
import type { Db } from '../../store/schema.ts';
import { laterBecause } from '../later.ts';
import { MachineFault, type Machines } from '../stand-in/machines.ts';
import type { StationsContext } from './context.ts';

const AT_ONCE = 50;
/** What the AAA node says to a record that cannot be taken back any more; all else passes. */
const FINAL: ReadonlySet<string | undefined> = new Set(['DISPUTE_RAISED', 'DISPUTE_REFUSED']);

type Row = PartnerCreditTable;

const update = async (db: Db, row: Row, values: Partial<Row>): Promise<void> => {
  await db
    .updateTable('partner_credit')
    .set(values)
    .where('partner_id', '=', row.partner_id)
    .where('owner', '=', row.owner)
    .where('object_key', '=', row.object_key)
    .execute();
};

const isDue = (db: Db, nowMs: number) =>
  db.selectFrom('partner_credit').selectAll().where('state', '=', 'waiting').where('next_at_ms', '<=', nowMs);

const settleOne = async ({ door }: StationsContext, machines: Machines, row: Row): Promise<void> => {
  const { db, log } = door;
  const { partner_id: partner, owner, object_key: credit, gateway_session_id: sessionId, close } = row;
  try {
    await machines.takeBack({
      sessionId: sessionId ?? '',
      statement: `OCPI credit ${credit} of ${owner}`,
      ...(close !== null && { close: sessionCloseBody.parse(JSON.parse(close)) }),
    });
    await update(db, row, { state: 'taken', fault: null });
  } catch (thrown) {
    log.info({ err: thrown, partner, credit }, 'a credit is not on the ledger yet');
    const isFinal = thrown instanceof MachineFault && FINAL.has(thrown.code);
    await update(
      db,
      row,
      isFinal
        ? { state: 'question', code: 'ledger-refused', detail: thrown.message.slice(0, 500) }
        : laterBecause(door, row.attempts, thrown),
    );
  }
};

/** Has records taken back on the ledger whose credits no corrected CDR followed in time, or has followed. */
export const settleCredits = async (context: StationsContext): Promise<void> => {
  const { door, machines, turns } = context;
  const { db, nowMs } = door;
  if (machines === undefined) return;
  for (const { gateway_session_id: sessionId } of await isDue(db, nowMs())
    .orderBy('next_at_ms')
    .limit(AT_ONCE)
    .execute()) {
    const end = await db
      .selectFrom('partner_end')
      .select('evse_id')
      .where('gateway_session_id', '=', sessionId ?? '')
      .executeTakeFirst();
    // A corrected CDR may be being taken at the outlet.
    await turns.run(end?.evse_id ?? '', async () => {
      const row = await isDue(db, nowMs()).where('gateway_session_id', '=', sessionId).executeTakeFirst();
      if (row !== undefined) await settleOne(context, machines, row);
    });
  }
};
