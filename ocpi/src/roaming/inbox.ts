import { sql } from 'kysely';
import type { Door } from '../door.ts';
import type { ObjectModule } from '../objects/modules.ts';
import type { JsonTree } from '../objects/read.ts';
import { findPartner, type Partner } from '../partners/partner.ts';
import type { InboxTable } from '../store/schema.ts';
import { findPeer, type PeerPlace } from '../store/peer-objects.ts';
import { eachOrLater } from './later.ts';

/** Deals with one object of a partner's as it is now; told again it does nothing new. A throw means: again later. */
export type TakeObject = (partner: Partner, place: PeerPlace, tree: JsonTree) => Promise<void>;
export type Takers = Partial<Readonly<Record<ObjectModule, TakeObject>>>;

type Row = InboxTable & { readonly seq: bigint };

const AT_ONCE = 100;

/**
 * The oldest of each object that is due: a later one waits for it. Every partner has its turn before one has its second, and what
 * failed before comes after what did not.
 */
const dueRows = async ({ db, nowMs }: Door): Promise<readonly Row[]> => {
  const { rows } = await sql<Row>`
    select * from (select *, row_number() over (partition by partner_id order by attempts, seq) as turn from (
      select distinct on (partner_id, module, owner, object_key) * from inbox
      order by partner_id, module, owner, object_key, seq
    ) heads where next_at_ms <= ${nowMs()}) due order by turn, seq limit ${AT_ONCE}`.execute(db);
  return rows;
};

const take = async (door: Door, takers: Takers, row: Row): Promise<void> => {
  const module = row.module as ObjectModule;
  const taker = takers[module];
  const partner = taker && (await findPartner(door.db, row.partner_id));
  if (taker === undefined || partner === undefined) return;
  const place: PeerPlace = {
    partnerId: row.partner_id,
    module,
    country: row.owner.slice(0, 2),
    party: row.owner.slice(2),
    key: row.object_key,
  };
  const object = await findPeer(door.db, place);
  if (object !== undefined) await taker(partner, place, object.tree);
};

/** Deals with what partners told, each object in the order in which it came; what cannot be done now is done later. */
export const takeDue = async (door: Door, takers: Takers): Promise<void> => {
  const { db } = door;
  await eachOrLater(door, await dueRows(door), {
    run: async (row) => {
      await take(door, takers, row);
      await db.deleteFrom('inbox').where('seq', '=', row.seq).execute();
    },
    putOff: (row, later) => db.updateTable('inbox').set(later).where('seq', '=', row.seq).execute(),
    told: (row) => ['not taken yet', { partner: row.partner_id, module: row.module }],
  });
};
