import type { PartnerSessionTable, PartnerUnbilledTable } from '../../store/partner-stations.ts';
import type { Db } from '../../store/schema.ts';

export type SessionRow = PartnerSessionTable;
export type SessionKey = Pick<SessionRow, 'partner_id' | 'owner' | 'session_key'>;

export const findSession = (db: Db, key: SessionKey): Promise<SessionRow | undefined> =>
  db
    .selectFrom('partner_session')
    .selectAll()
    .where('partner_id', '=', key.partner_id)
    .where('owner', '=', key.owner)
    .where('session_key', '=', key.session_key)
    .executeTakeFirst();

/** The session that holds an outlet. */
export const sessionAt = (db: Db, evseId: string): Promise<SessionRow | undefined> =>
  db
    .selectFrom('partner_session')
    .selectAll()
    .where('evse_id', '=', evseId)
    .where('state', 'in', ['starting', 'open'])
    .executeTakeFirst();

/** The session that was started by an authorisation. */
export const sessionByReference = (
  db: Db,
  partnerId: string,
  reference: string,
): Promise<SessionRow | undefined> =>
  db
    .selectFrom('partner_session')
    .selectAll()
    .where('partner_id', '=', partnerId)
    .where('reference', '=', reference)
    .executeTakeFirst();

export const saveSession = async (db: Db, row: SessionRow): Promise<SessionRow> => {
  const { partner_id: _p, owner: _o, session_key: _k, ...values } = row;
  await db
    .insertInto('partner_session')
    .values(row)
    .onConflict((conflict) => conflict.columns(['partner_id', 'owner', 'session_key']).doUpdateSet(values))
    .execute();
  return row;
};

/** Noted again, the later figure stands. */
export const noteUnbilled = async (db: Db, note: PartnerUnbilledTable): Promise<void> => {
  const { milli_wh, detail, noted_at_ms } = note;
  await db
    .insertInto('partner_unbilled')
    .values(note)
    .onConflict((conflict) =>
      conflict
        .columns(['partner_id', 'owner', 'object_key', 'code'])
        .doUpdateSet({ milli_wh, detail, noted_at_ms }),
    )
    .execute();
};

const NOTHING = { register_milli_wh: 0n, page: 0n, ended_at_ms: 0 };

/** The operator's own register of an outlet. */
export const registerOf = async (db: Db, meterId: string) =>
  (await db
    .selectFrom('partner_register')
    .selectAll()
    .where('meter_id', '=', meterId)
    .executeTakeFirst()) ?? {
    meter_id: meterId,
    ...NOTHING,
  };

export const saveRegister = async (db: Db, row: Awaited<ReturnType<typeof registerOf>>): Promise<void> => {
  const { meter_id: _m, ...values } = row;
  await db
    .insertInto('partner_register')
    .values(row)
    .onConflict((conflict) => conflict.column('meter_id').doUpdateSet(values))
    .execute();
};
