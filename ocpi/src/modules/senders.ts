import type { Door } from '../door.ts';
import type { OcpiRoute } from '../edge/handler.ts';
import { notFound } from '../edge/refusal.ts';
import { pageHeaders, pageOf } from '../edge/paging.ts';
import { inVersion } from '../objects/convert.ts';
import { OBJECT_MODULES, OWNER_ROLE, type ObjectModule } from '../objects/modules.ts';
import { isTree, type JsonTree } from '../objects/read.ts';
import { idKey } from '../objects/scalars.ts';
import { findOwn, listOwn } from '../store/own-objects.ts';

/** A part of a location by the ids of its outlet and connector. */
export const partOf = (location: JsonTree, evseUid: string, connectorId?: string): JsonTree | undefined => {
  const within = (list: unknown, field: string, id: string): JsonTree | undefined =>
    Array.isArray(list)
      ? list.filter(isTree).find((one) => typeof one[field] === 'string' && idKey(one[field]) === idKey(id))
      : undefined;
  const evse = within(location['evses'], 'uid', evseUid);
  return connectorId === undefined ? evse : evse && within(evse['connectors'], 'id', connectorId);
};

const listRoute = ({ db, settings }: Door, module: ObjectModule): OcpiRoute => ({
  method: 'GET',
  path: `sender/${module}`,
  module: { identifier: module, role: 'SENDER' },
  async handle({ caller, query, version, address }) {
    const { pageLimit } = settings;
    const page = pageOf(query, pageLimit);
    const { total, items } = await listOwn(db, module, caller.partner.partnerId, page);
    return {
      data: items.map((item) => inVersion(module, item, version)),
      headers: pageHeaders(address, query, page, { total, pageLimit }),
    };
  },
});

/** Spec: OCPI 2.2.1 mod_locations, Sender Interface, GET Object. */
const locationRoute = ({ db }: Door): OcpiRoute => ({
  method: 'GET',
  path: 'sender/locations/*/**/**',
  module: { identifier: 'locations', role: 'SENDER' },
  async handle({ caller, params }) {
    const [id = '', evseUid, connectorId] = params;
    const location = await findOwn(db, 'locations', caller.partner.partnerId, idKey(id));
    const found = location && evseUid !== undefined ? partOf(location, evseUid, connectorId) : location;
    if (found === undefined) throw notFound();
    return { data: found };
  },
});

/** Lists of what the door owns, for those whose role takes them. */
export const senderRoutes = (door: Door): readonly OcpiRoute[] => {
  const owned = OBJECT_MODULES.filter((module) => door.settings.roles.includes(OWNER_ROLE[module]));
  return [
    ...owned.map((module) => listRoute(door, module)),
    ...(door.settings.roles.includes('CPO') ? [locationRoute(door)] : []),
  ];
};
