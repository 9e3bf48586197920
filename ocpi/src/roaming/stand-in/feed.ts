import { cdrPage, parseSettled } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { z } from 'zod';
import type { Door } from '../../door.ts';
import { publishWithin } from '../../modules/publish.ts';
import type { ObjectModule } from '../../objects/modules.ts';
import type { JsonTree } from '../../objects/read.ts';
import { idKey } from '../../objects/scalars.ts';
import { findOwn } from '../../store/own-objects.ts';
import { findPeer } from '../../store/peer-objects.ts';
import type { CdrOutTable, Db, OcpiDatabase } from '../../store/schema.ts';
import { eachOrLater } from '../later.ts';
import type { Machines } from './machines.ts';
import { findShownOutlet } from './own-outlet.ts';
import { yesOf } from './common-facts.ts';
import { tokenPlaceOf } from './token-place.ts';
import { cdrToTell, sessionToTell, type ToldSession } from './told-cdr.ts';

const FEED = 'hun';
const AT_ONCE = 100;

const itemSchema = cdrPage.shape.items.element;
type Item = z.output<typeof itemSchema>;

/** How far a feed of the gateway's was read. */
export const markOf = async (db: Db, feed: string): Promise<string> => {
  const mark = await db.selectFrom('feed_mark').select('cursor').where('feed', '=', feed).executeTakeFirst();
  return mark?.cursor ?? '';
};

export const saveMark = async (db: Db, feed: string, cursor: string): Promise<void> => {
  await db
    .insertInto('feed_mark')
    .values({ feed, cursor })
    .onConflict((conflict) => conflict.column('feed').doUpdateSet({ cursor }))
    .execute();
};

/** Reads on in the ledger's records; those of partners' customers are kept with how far it came, in one step. */
export const readFeed = async ({ db, nowMs }: Door, machines: Machines): Promise<void> => {
  for (;;) {
    const { items, cursor } = await machines.cdrs(await markOf(db, FEED));
    if (items.length === 0) return;
    await db.transaction().execute(async (trx) => {
      const refs = items.map(({ cinRef }) => cinRef);
      const rows = await trx
        .selectFrom('stand_in_card')
        .select('cin_ref')
        .where('cin_ref', 'in', refs)
        .execute();
      const ours = new Set(rows.map(({ cin_ref: ref }) => ref));
      for (const item of items.filter(({ cinRef }) => ours.has(cinRef))) {
        await trx
          .insertInto('cdr_out')
          .values({
            session_id: item.cdr.sessionId,
            cin_ref: item.cinRef,
            item: JSON.stringify(itemSchema.encode(item)),
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

const gather = async (
  { db, self, nowMs }: Door,
  machines: Machines,
  { cdr, cinRef, stationId }: Item,
): Promise<{ readonly partnerId: string; readonly told: ToldSession }> => {
  const card = await db
    .selectFrom('stand_in_card')
    .selectAll()
    .where('cin_ref', '=', cinRef)
    .executeTakeFirstOrThrow();
  const token = await findPeer(db, tokenPlaceOf(card));
  if (token === undefined) throw new Error('TOKEN_GONE: the partner’s token is no longer here');
  const { settledBody } = await machines.evidence(cdr.sessionId);
  if (settledBody === undefined) throw new Error('SESSION_BODY_MISSING: the gateway has no body of it');
  const settled = parseSettled(settledBody);
  const { evseId } = settled.open.quote;
  const outlet = await findShownOutlet(db, evseId);
  if (outlet === undefined) throw new Error(`LOCATION_MISSING: show partners a location with ${evseId}`);
  const asked = await db
    .selectFrom('stand_in_session')
    .select(['asked_at_ms', 'reference'])
    .where('session_id', '=', cdr.sessionId)
    .executeTakeFirst();
  const { tariff } = await machines.tariff(cdr.tariffId, cdr.tariffVersion);
  const { station } = await machines.station(stationId, cdr.vun);
  const told: ToldSession = {
    cdr,
    settled,
    station,
    tariffJson: tariff.tariffJson,
    token: token.tree,
    yes: yesOf(asked),
    outlet,
    self,
    nowMs: nowMs(),
  };
  return { partnerId: card.partner_id, told };
};

const show = async (
  trx: Transaction<OcpiDatabase>,
  door: Door,
  module: ObjectModule,
  tree: JsonTree,
  partnerId: string,
): Promise<void> => {
  const shown = await publishWithin(trx, door, module, tree, partnerId);
  if (!shown.ok) throw new Error(`OBJECT_INVALID: ${module}: ${shown.error}`);
};

/** In one step: whatever ends the door in between, a record is told once, and nothing of its session as running after it. */
const tell = async (door: Door, machines: Machines, row: CdrOutTable): Promise<void> => {
  const { partnerId, told } = await gather(door, machines, itemSchema.parse(JSON.parse(row.item)));
  await door.db.transaction().execute(async (trx) => {
    const isTold = (await findOwn(trx, 'cdrs', partnerId, idKey(row.session_id))) !== undefined;
    if (!isTold) {
      await show(trx, door, 'sessions', sessionToTell(told), partnerId);
      await show(trx, door, 'cdrs', cdrToTell(told), partnerId);
    }
    await trx.deleteFrom('cdr_out').where('session_id', '=', row.session_id).execute();
    const over = { state: 'over' as const, told_at_ms: door.nowMs() };
    await trx
      .insertInto('stand_in_session')
      .values({
        ...{ session_id: row.session_id, cin_ref: row.cin_ref, asked_at_ms: null, reference: null },
        ...{ sequence: 0, counts_until_ms: null, ...over },
      })
      .onConflict((conflict) => conflict.column('session_id').doUpdateSet(over))
      .execute();
  });
};

/** Shows partners the sessions and CDRs of their customers, each to that partner alone; what lacks something waits for it. */
export const tellRecords = async (door: Door, machines: Machines): Promise<void> => {
  const { db, nowMs } = door;
  const rows = await db
    .selectFrom('cdr_out')
    .selectAll()
    .where('next_at_ms', '<=', nowMs())
    .orderBy('next_at_ms')
    .limit(AT_ONCE)
    .execute();
  await eachOrLater(door, rows, {
    run: (row) => tell(door, machines, row),
    putOff: (row, later) =>
      db.updateTable('cdr_out').set(later).where('session_id', '=', row.session_id).execute(),
    told: (row) => ['a partner was not told a record yet', { sessionId: row.session_id }],
  });
};
