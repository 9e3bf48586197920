import { isSameOutlet, readEvseId } from '@roamgrid/domain';
import { sql } from 'kysely';
import { storedTree } from '../../objects/modules.ts';
import { isTree, type JsonTree } from '../../objects/read.ts';
import type { Db } from '../../store/schema.ts';

/** Where a session was, as partners were shown it. */
export interface ShownOutlet {
  readonly location: JsonTree;
  readonly evse: JsonTree;
  readonly connector: JsonTree;
}

const members = (tree: JsonTree, field: string): readonly JsonTree[] => {
  const list = tree[field];
  return Array.isArray(list) ? list.filter(isTree) : [];
};

/** The outlet among the locations that the door shows, however its id is spelled there. */
export const findShownOutlet = async (db: Db, evseId: string): Promise<ShownOutlet | undefined> => {
  const wanted = readEvseId(evseId);
  if (!wanted.ok) return undefined;
  // Driver and station wait for it: only what can have the outlet is read, ids in DIN's digits with it.
  const bare = `%${wanted.value.evseId.replaceAll('*', '')}%`;
  const rows = await db
    .selectFrom('own_object')
    .select('body')
    .where('module', '=', 'locations')
    .where(sql<boolean>`(translate(upper(body), '*- ', '') like ${bare} or body like '%"+%')`)
    .execute();
  for (const { body } of rows) {
    const location = storedTree(body);
    for (const evse of members(location, 'evses')) {
      const id = evse['evse_id'];
      const read = typeof id === 'string' ? readEvseId(id) : undefined;
      const [connector] = members(evse, 'connectors');
      if (read?.ok === true && connector && isSameOutlet(read.value.evseId, wanted.value.evseId))
        return { location, evse, connector };
    }
  }
  return undefined;
};
