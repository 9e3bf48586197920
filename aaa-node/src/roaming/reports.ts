import { canonicalText, cdr as cdrSchema, homeInterim, type Cdr, type HomeInterim } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';

/** Interim accounting of sessions that this node authorised (ROAM-5). */

const lockSession = async (trx: Trx, vun: string, sessionId: string) => {
  const session = await trx
    .selectFrom('home_session')
    .selectAll()
    .where('vun', '=', vun)
    .where('session_id', '=', sessionId)
    .forUpdate()
    .executeTakeFirst();
  if (session === undefined) throw aaaError('SESSION_UNKNOWN', 'no driver consented to this session here');
  return session;
};

/** True when charging may go on: the CIN still stands, and the running total is within the cap. */
const mayGoOn = async (
  trx: Trx,
  cinRef: string,
  runningMicros: bigint,
  capMicros: bigint,
): Promise<boolean> => {
  const cin = await trx.selectFrom('cin').select('state').where('cin_ref', '=', cinRef).executeTakeFirst();
  return cin?.state === 'active' && runningMicros < capMicros;
};

/**
 * Keeps one report. The same one again changes nothing and gives the same answer; another under the same number is a
 * conflict. Reports may come late and out of order.
 */
export const keepReport = (
  db: Db,
  vun: string,
  sessionId: string,
  report: HomeInterim,
): Promise<'continue' | 'stop'> =>
  db.transaction().execute(async (trx) => {
    const session = await lockSession(trx, vun, sessionId);
    const text = canonicalText(homeInterim, report);
    const before = await trx
      .selectFrom('home_report')
      .select('report')
      .where('vun', '=', vun)
      .where('session_id', '=', sessionId)
      .where('sequence', '=', report.sequence)
      .executeTakeFirst();
    if (before === undefined) {
      await trx
        .insertInto('home_report')
        .values({
          vun,
          session_id: sessionId,
          sequence: report.sequence,
          report: text,
          energy_wh: report.energyWh,
          running_micros: report.runningMicros,
        })
        .execute();
    } else if (canonicalText(homeInterim, homeInterim.parse(before.report)) !== text) {
      throw aaaError('REPORT_CONFLICT', `sequence ${report.sequence} of this session reads otherwise`);
    }
    const goOn =
      session.state === 'consented' &&
      (await mayGoOn(trx, session.cin_ref, report.runningMicros, session.cap_micros));
    return goOn ? 'continue' : 'stop';
  });

/** Keeps the final notice. Nothing is booked on it: the ledger's record is the one that is billed. */
export const keepFinal = (db: Db, vun: string, sessionId: string, final: Cdr): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const session = await lockSession(trx, vun, sessionId);
    if (final.sessionId !== sessionId || final.vun !== vun) {
      throw aaaError('CDR_CONFLICT', 'the charge record is of another session');
    }
    const text = canonicalText(cdrSchema, final);
    if (session.final !== null) {
      if (canonicalText(cdrSchema, cdrSchema.parse(session.final)) === text) return;
      throw aaaError('CDR_CONFLICT', 'the final notice of this session reads otherwise');
    }
    await trx
      .updateTable('home_session')
      .set({ final: text, ...(session.state === 'consented' ? { state: 'finished' as const } : {}) })
      .where('vun', '=', vun)
      .where('session_id', '=', sessionId)
      .execute();
  });
