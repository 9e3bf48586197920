import type { ExpressionBuilder } from 'kysely';
import { exactJsonText } from '@roamgrid/wire';
import type { Page } from '../edge/paging.ts';
import { storedTree, type ObjectModule, type OwnedObject } from '../objects/modules.ts';
import type { JsonTree } from '../objects/read.ts';
import type { Db, OcpiDatabase } from './schema.ts';

/** Keeps an object of our own. @param audience the partner whom alone it is for; all when empty */
export const putOwn = async (
  db: Db,
  module: ObjectModule,
  { tree, key, updatedAtMs }: OwnedObject,
  audience: string,
): Promise<void> => {
  const body = exactJsonText(tree);
  await db
    .insertInto('own_object')
    .values({ module, object_key: key, audience, body, updated_at_ms: updatedAtMs })
    .onConflict((conflict) =>
      conflict
        .columns(['module', 'object_key', 'audience'])
        .doUpdateSet({ body, updated_at_ms: updatedAtMs }),
    )
    .execute();
};

export const removeOwn = async (db: Db, module: ObjectModule, key: string): Promise<boolean> => {
  const { numDeletedRows } = await db
    .deleteFrom('own_object')
    .where('module', '=', module)
    .where('object_key', '=', key)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
};

/** What a partner may see of a module. */
const visible =
  (module: ObjectModule, partnerId: string) => (eb: ExpressionBuilder<OcpiDatabase, 'own_object'>) =>
    eb.and([eb('module', '=', module), eb('audience', 'in', ['', partnerId])]);

export const findOwn = async (
  db: Db,
  module: ObjectModule,
  partnerId: string,
  key: string,
): Promise<JsonTree | undefined> => {
  const row = await db
    .selectFrom('own_object')
    .select('body')
    .where(visible(module, partnerId))
    .where('object_key', '=', key)
    .executeTakeFirst();
  return row && storedTree(row.body);
};

/** A page of what a partner may see, the oldest first, and how many there are. */
export const listOwn = async (
  db: Db,
  module: ObjectModule,
  partnerId: string,
  { offset, limit, fromMs, untilMs }: Page,
): Promise<{ readonly total: number; readonly items: readonly JsonTree[] }> => {
  let matching = db.selectFrom('own_object').where(visible(module, partnerId));
  if (fromMs !== undefined) matching = matching.where('updated_at_ms', '>=', fromMs);
  if (untilMs !== undefined) matching = matching.where('updated_at_ms', '<', untilMs);
  const { total } = await matching
    .select(({ fn }) => fn.countAll<bigint>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await matching.select('body').orderBy('seq').offset(offset).limit(limit).execute();
  return { total: Number(total), items: rows.map(({ body }) => storedTree(body)) };
};
