import type { Door } from '../door.ts';
import type { OcpiCall, OcpiRoute } from '../edge/handler.ts';
import { notFound, refused, STATUS } from '../edge/refusal.ts';
import { OBJECTS } from '../objects/index.ts';
import { isTree, patched, readObject, type JsonTree } from '../objects/read.ts';
import { idKey } from '../objects/scalars.ts';
import { findPeer, keepPeer } from '../store/peer-objects.ts';
import { objectAt, patchIn, placeOf, replyOf } from './receivers.ts';
import { partOf } from './senders.ts';

const PATH = 'receiver/locations/*/*/*/**/**';
const MODULE = { identifier: 'locations', role: 'RECEIVER' } as const;

const idOf = (tree: JsonTree, field: 'uid' | 'id'): string => {
  const id = tree[field];
  return typeof id === 'string' ? idKey(id) : '';
};

/** A list with one of its members in the place of the one that has its id, or behind the others. */
const replaced = (list: unknown, field: 'uid' | 'id', member: JsonTree): readonly JsonTree[] => {
  const members = Array.isArray(list) ? list.filter(isTree) : [];
  const at = members.findIndex((one) => idOf(one, field) === idOf(member, field));
  return at < 0 ? [...members, member] : members.with(at, member);
};

/**
 * A location with an outlet or a connector put into it; what holds it changed with it.
 * Spec: OCPI 2.2.1 mod_locations, Receiver Interface, PUT Method.
 */
const withPart = (
  location: JsonTree,
  [evseUid, connectorId]: readonly [string, string | undefined],
  part: JsonTree,
): JsonTree => {
  const { last_updated: at } = part;
  if (connectorId === undefined)
    return { ...location, evses: replaced(location['evses'], 'uid', part), last_updated: at };
  const evse = partOf(location, evseUid);
  if (evse === undefined) throw notFound('there is no such outlet: PUT it first');
  const changed = { ...evse, connectors: replaced(evse['connectors'], 'id', part), last_updated: at };
  return { ...location, evses: replaced(location['evses'], 'uid', changed), last_updated: at };
};

/** An outlet or connector, checked, with the id of its address. */
const partAt = (
  { version }: OcpiCall,
  [evseUid, connectorId]: readonly [string, string | undefined],
  value: unknown,
): JsonTree => {
  const { evse, connector } = OBJECTS[version];
  const read = readObject(connectorId === undefined ? evse : connector, value);
  if (!read.ok || !isTree(value)) throw refused(STATUS.invalid, read.ok ? 'an object is needed' : read.error);
  const isSame =
    connectorId === undefined
      ? idOf(value, 'uid') === idKey(evseUid)
      : idOf(value, 'id') === idKey(connectorId);
  if (!isSame) throw refused(STATUS.invalid, 'the object is another one than its address says');
  return value;
};

/** Spec: OCPI 2.2.1 and 2.3.0 mod_locations, Receiver Interface. */
export const locationRoutes = ({ db, nowMs }: Door): readonly OcpiRoute[] => {
  const change = async (call: OcpiCall, isPatch: boolean) => {
    const place = placeOf('locations', call);
    const [, , , evseUid, connectorId] = call.params;
    return db.transaction().execute(async (trx) => {
      const known = await findPeer(trx, place, true);
      if (evseUid === undefined) {
        if (isPatch && known === undefined) throw notFound('there is nothing to change: PUT it');
        const value = isPatch && known ? patched(known.tree, patchIn(call.body)) : call.body;
        return keepPeer(trx, place, objectAt(place, call, value), nowMs());
      }
      if (known === undefined) throw notFound('there is no such location: PUT it first');
      const at = [evseUid, connectorId] as const;
      const part = partOf(known.tree, evseUid, connectorId);
      if (isPatch && part === undefined) throw notFound('there is nothing to change: PUT it');
      const value = isPatch && part ? patched(part, patchIn(call.body)) : call.body;
      const location = withPart(known.tree, at, partAt(call, at, value));
      return keepPeer(trx, place, objectAt(place, call, location), nowMs());
    });
  };
  return [
    {
      method: 'GET',
      path: PATH,
      module: MODULE,
      async handle(call) {
        const known = await findPeer(db, placeOf('locations', call));
        const [, , , evseUid, connectorId] = call.params;
        const found = known && evseUid !== undefined ? partOf(known.tree, evseUid, connectorId) : known?.tree;
        if (found === undefined) throw notFound();
        return { data: found };
      },
    },
    {
      method: 'PUT',
      path: PATH,
      module: MODULE,
      handle: async (call) => replyOf(await change(call, false)),
    },
    {
      method: 'PATCH',
      path: PATH,
      module: MODULE,
      handle: async (call) => replyOf(await change(call, true)),
    },
  ];
};
