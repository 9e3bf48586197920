import { shownDispute, type ShownDispute } from '@roamgrid/wire';
import { z } from 'zod';
import type { Door } from '../../door.ts';
import { publishWithin } from '../../modules/publish.ts';
import { storedTree } from '../../objects/modules.ts';
import type { JsonTree } from '../../objects/read.ts';
import { idKey } from '../../objects/scalars.ts';
import { findOwn } from '../../store/own-objects.ts';
import type { CorrectionOutTable, Db } from '../../store/schema.ts';
import { eachOrLater } from '../later.ts';
import { creditFor, creditIdOf, outcomeOf, revisedFor } from './correction-cdrs.ts';
import { markOf, readFeed, saveMark, tellRecords } from './feed.ts';
import type { Machines } from './machines.ts';

const FEED = 'disputes:hun';
const AT_ONCE = 100;

/** The CDR of a record, and the partner that was told it. */
const toldCdr = async (
  db: Db,
  sessionId: string,
): Promise<{ readonly partnerId: string; readonly cdr: JsonTree } | undefined> => {
  const row = await db
    .selectFrom('own_object')
    .select(['audience', 'body'])
    .where('module', '=', 'cdrs')
    .where('object_key', '=', idKey(sessionId))
    .where('audience', '<>', '')
    .executeTakeFirst();
  return row && { partnerId: row.audience, cdr: storedTree(row.body) };
};

const isPartners = async (db: Db, sessionId: string): Promise<boolean> => {
  const waits = await db
    .selectFrom('cdr_out')
    .select('session_id')
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  return waits !== undefined || (await toldCdr(db, sessionId)) !== undefined;
};

/** Over, and not as it was; what was answered may be purged by now: then an operator is told. */
const isDecided = (dispute: ShownDispute): boolean => {
  try {
    return outcomeOf(dispute) !== undefined;
  } catch {
    return true;
  }
};

/**
 * Reads on in the disputes of the ledger's records; what became of those of partners' customers is kept with how far it came,
 * in one step.
 */
const readDisputes = async (door: Door, machines: Machines): Promise<void> => {
  const { db, nowMs } = door;
  for (;;) {
    const { items, cursor } = await machines.disputes(await markOf(db, FEED));
    if (items.length === 0) return;
    // What is disputed was a record before: by now it can be read.
    await readFeed(door, machines);
    await db.transaction().execute(async (trx) => {
      for (const dispute of items) {
        const sessionId = dispute.body?.sessionId;
        if (sessionId === undefined || !isDecided(dispute) || !(await isPartners(trx, sessionId))) continue;
        await trx
          .insertInto('correction_out')
          .values({
            dispute_id: dispute.record.disputeId,
            session_id: sessionId,
            dispute: JSON.stringify(z.encode(shownDispute, dispute)),
            attempts: 0,
            next_at_ms: nowMs(),
            fault: null,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      await saveMark(trx, FEED, cursor);
    });
  }
};

const tell = async (door: Door, machines: Machines, row: CorrectionOutTable): Promise<void> => {
  const { db, nowMs } = door;
  const dispute = shownDispute.parse(JSON.parse(row.dispute));
  const outcome = outcomeOf(dispute);
  const told = await toldCdr(db, row.session_id);
  if (told === undefined)
    throw new Error('RECORD_NOT_TOLD: the partner has yet to be told the record itself');
  const { partnerId, cdr } = told;
  const isTold = (await findOwn(db, 'cdrs', partnerId, idKey(creditIdOf(String(cdr['id']))))) !== undefined;
  const next = [
    ...(outcome === undefined || isTold ? [] : [creditFor(cdr, nowMs())]),
    ...(outcome !== 'revised' || isTold ? [] : [await revisedFor(machines, dispute, cdr, nowMs())]),
  ];
  await db.transaction().execute(async (trx) => {
    for (const tree of next) {
      const shown = await publishWithin(trx, door, 'cdrs', tree, partnerId);
      if (!shown.ok) throw new Error(`OBJECT_INVALID: cdrs: ${shown.error}`);
    }
    await trx.deleteFrom('correction_out').where('dispute_id', '=', row.dispute_id).execute();
  });
};

/** Tells partners what disputes made of records that they were told: a credit CDR and, where it was revised, a new one after it. */
const tellCorrections = async (door: Door, machines: Machines): Promise<void> => {
  const { db, nowMs } = door;
  const rows = await db
    .selectFrom('correction_out')
    .selectAll()
    .where('next_at_ms', '<=', nowMs())
    .orderBy('next_at_ms')
    .limit(AT_ONCE)
    .execute();
  await eachOrLater(door, rows, {
    run: (row) => tell(door, machines, row),
    putOff: (row, later) =>
      db.updateTable('correction_out').set(later).where('dispute_id', '=', row.dispute_id).execute(),
    told: (row) => ['a partner was not told a correction yet', { sessionId: row.session_id }],
  });
};

/** Reads on in the ledger: records of partners' customers, and what disputes made of them. */
export const readLedger = async (door: Door, machines: Machines): Promise<void> => {
  await readFeed(door, machines);
  await readDisputes(door, machines);
};

/** Tells partners what was read, each record before what corrects it. */
export const tellLedger = async (door: Door, machines: Machines): Promise<void> => {
  await tellRecords(door, machines);
  await tellCorrections(door, machines);
};
