import { exactJsonText } from '@roamgrid/wire';
import { storedTree, type ObjectModule, type OwnedObject } from '../objects/modules.ts';
import type { JsonTree } from '../objects/read.ts';
import { partyKey } from '../partners/partner.ts';
import type { Db } from './schema.ts';

/** Where an object of a partner's is kept; nobody but that partner reaches it. */
export interface PeerPlace {
  readonly partnerId: string;
  readonly module: ObjectModule;
  readonly country: string;
  readonly party: string;
  readonly key: string;
}

export interface PeerObject {
  readonly tree: JsonTree;
  readonly updatedAtMs: number;
}

const at = ({ partnerId, module, country, party, key }: PeerPlace) => ({
  partner_id: partnerId,
  module,
  owner: partyKey(country, party),
  object_key: key,
});

/** @param locking until the transaction ends nobody else changes it */
export const findPeer = async (
  db: Db,
  place: PeerPlace,
  locking = false,
): Promise<PeerObject | undefined> => {
  let query = db.selectFrom('peer_object').select(['body', 'updated_at_ms']);
  for (const [column, value] of Object.entries(at(place)))
    query = query.where(column as 'module', '=', value);
  const row = await (locking ? query.forUpdate() : query).executeTakeFirst();
  return row && { tree: storedTree(row.body), updatedAtMs: row.updated_at_ms };
};

/**
 * `same` where nothing is new in it, `conflict` for another CDR under an id that is taken, `full` where too much of the partner's waits
 * to be dealt with.
 */
export type Kept = 'created' | 'updated' | 'same' | 'older' | 'conflict' | 'full';

/** So much of one partner's may wait in the inbox. */
export const MOST_WAITING = 10_000;

const isFull = async (db: Db, partnerId: string): Promise<boolean> => {
  const waiting = await db
    .selectFrom('inbox')
    .select('seq')
    .where('partner_id', '=', partnerId)
    .offset(MOST_WAITING - 1)
    .limit(1)
    .executeTakeFirst();
  return waiting !== undefined;
};

/** Keeps it, unless a newer one is there; a CDR that is there is never changed. */
export const keepPeer = async (
  db: Db,
  place: PeerPlace,
  { tree, updatedAtMs }: Pick<OwnedObject, 'tree' | 'updatedAtMs'>,
  nowMs: number,
): Promise<Kept> => {
  const known = await findPeer(db, place, true);
  const body = exactJsonText(tree);
  if (known !== undefined) {
    if (exactJsonText(known.tree) === body) return 'same';
    if (place.module === 'cdrs') return 'conflict';
    if (known.updatedAtMs > updatedAtMs) return 'older';
  }
  if (await isFull(db, place.partnerId)) return 'full';
  const values = { body, updated_at_ms: updatedAtMs, received_at_ms: nowMs };
  await db
    .insertInto('peer_object')
    .values({ ...at(place), ...values })
    .onConflict((conflict) =>
      conflict.columns(['partner_id', 'module', 'owner', 'object_key']).doUpdateSet(values),
    )
    .execute();
  await db
    .insertInto('inbox')
    .values({ ...at(place), attempts: 0, next_at_ms: nowMs, fault: null })
    .execute();
  return known === undefined ? 'created' : 'updated';
};

export const removePeer = async (db: Db, place: PeerPlace): Promise<boolean> => {
  let query = db.deleteFrom('peer_object');
  for (const [column, value] of Object.entries(at(place)))
    query = query.where(column as 'module', '=', value);
  return (await query.executeTakeFirstOrThrow()).numDeletedRows > 0n;
};
