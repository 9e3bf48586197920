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

/** Which of a partner's parties told an object; undefined where none did. */
export const ownerOf = async (
  db: Db,
  partnerId: string,
  module: ObjectModule,
  key: string,
): Promise<{ readonly country: string; readonly party: string } | undefined> => {
  const row = await db
    .selectFrom('peer_object')
    .select('owner')
    .where('partner_id', '=', partnerId)
    .where('module', '=', module)
    .where('object_key', '=', key)
    .orderBy('seq', 'desc')
    .executeTakeFirst();
  return row && { country: row.owner.slice(0, 2), party: row.owner.slice(2) };
};

/**
 * `same` where nothing is new in it, `conflict` for another CDR under an id that is taken, `full` where too much of the partner's waits
 * to be dealt with, `too-large` for what grew by what was added to it.
 */
export type Kept = 'created' | 'updated' | 'same' | 'older' | 'conflict' | 'full' | 'too-large';

const MOST_BYTES = 1024 * 1024;

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

/** Keeps it, unless a newer one is there; a CDR that is there is never changed. To be called in a transaction. */
export const keepPeer = async (
  db: Db,
  place: PeerPlace,
  { tree, updatedAtMs }: Pick<OwnedObject, 'tree' | 'updatedAtMs'>,
  nowMs: number,
): Promise<Kept> => {
  const body = exactJsonText(tree);
  if (Buffer.byteLength(body) > MOST_BYTES) return 'too-large';
  const values = { body, updated_at_ms: updatedAtMs, received_at_ms: nowMs };
  // What is not there cannot be locked: of two who tell it at the same time one puts it there, and the other finds it.
  const insert = async (): Promise<boolean> => {
    const row = await db
      .insertInto('peer_object')
      .values({ ...at(place), ...values })
      .onConflict((conflict) => conflict.doNothing())
      .returning('seq')
      .executeTakeFirst();
    return row !== undefined;
  };
  const judge = ({ tree: there, updatedAtMs: sinceMs }: PeerObject): Kept => {
    if (exactJsonText(there) === body) return 'same';
    if (place.module === 'cdrs') return 'conflict';
    return sinceMs > updatedAtMs ? 'older' : 'updated';
  };
  const known = await findPeer(db, place, true);
  const judged = known === undefined ? 'created' : judge(known);
  if (judged !== 'created' && judged !== 'updated') return judged;
  if (await isFull(db, place.partnerId)) return 'full';
  let kept: Kept = judged;
  if (judged === 'created' && !(await insert())) {
    // Gone again already: to be told once more.
    const other = await findPeer(db, place, true);
    kept = other === undefined ? 'full' : judge(other);
    if (kept !== 'updated') return kept;
  }
  if (kept === 'updated') {
    let update = db.updateTable('peer_object').set(values);
    for (const [column, value] of Object.entries(at(place)))
      update = update.where(column as 'module', '=', value);
    await update.execute();
  }
  await db
    .insertInto('inbox')
    .values({ ...at(place), attempts: 0, next_at_ms: nowMs, fault: null })
    .execute();
  return kept;
};

export const removePeer = async (db: Db, place: PeerPlace): Promise<boolean> => {
  let query = db.deleteFrom('peer_object');
  for (const [column, value] of Object.entries(at(place)))
    query = query.where(column as 'module', '=', value);
  return (await query.executeTakeFirstOrThrow()).numDeletedRows > 0n;
};
