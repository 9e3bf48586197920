import type { Door } from '../door.ts';
import type { OcpiCall, OcpiReply, OcpiRoute } from '../edge/handler.ts';
import { notFound, OcpiRefusal, refused, STATUS } from '../edge/refusal.ts';
import { OWNER_ROLE, readOwned, tokenKey, type ObjectModule, type OwnedObject } from '../objects/modules.ts';
import { isTree, patched, type JsonTree } from '../objects/read.ts';
import { idKey, isSameId } from '../objects/scalars.ts';
import { speaksFor } from '../partners/partner.ts';
import { findPeer, keepPeer, removePeer, type Kept, type PeerPlace } from '../store/peer-objects.ts';

/** Where an object of the caller's is, by the address; of anybody else's party there is nothing. */
export const placeOf = (module: ObjectModule, { caller, params, query }: OcpiCall): PeerPlace => {
  const [country = '', party = '', id = ''] = params;
  if (!speaksFor(caller.partner, country, party, OWNER_ROLE[module]))
    throw notFound('the party is not of this platform');
  const key = module === 'tokens' ? tokenKey(id, query.get('type') ?? 'RFID') : idKey(id);
  return { partnerId: caller.partner.partnerId, module, country, party, key };
};

/** An object that says the same of itself as its address does. */
export const objectAt = (place: PeerPlace, { version }: OcpiCall, value: unknown): OwnedObject => {
  const read = readOwned(place.module, version, value);
  if (!read.ok) throw refused(STATUS.invalid, read.error);
  const { country, party, key } = read.value;
  if (!isSameId(country, place.country) || !isSameId(party, place.party) || key !== place.key)
    throw refused(STATUS.invalid, 'the object is another one than its address says');
  return read.value;
};

const WAIT_S = 60;

export const replyOf = (kept: Kept): OcpiReply => {
  if (kept === 'full')
    throw new OcpiRefusal(
      429,
      STATUS.clientError,
      'too much of this platform waits here: tell it again later',
      {
        'retry-after': WAIT_S.toString(),
      },
    );
  if (kept === 'too-large')
    throw refused(STATUS.invalid, 'an object has at most 1 MiB, with what is added to it');
  return {
    httpStatus: kept === 'created' ? 201 : 200,
    ...(kept === 'older' && { message: 'a newer one is here: nothing was changed' }),
  };
};

/** What a PATCH says, which has to say when. */
export const patchIn = (body: unknown): JsonTree => {
  if (!isTree(body)) throw refused(STATUS.invalid, 'an object is needed');
  if (typeof body['last_updated'] !== 'string') throw refused(STATUS.invalid, '/last_updated: is needed');
  return body;
};

/** Spec: OCPI 2.2.1 mod_sessions PATCH: periods are added to those that are there. */
const sessionPatched = (session: JsonTree, patch: JsonTree): JsonTree => {
  const { charging_periods: added, ...rest } = patch;
  const known = session['charging_periods'];
  if (!Array.isArray(added)) return patched(session, rest);
  const periods: unknown[] = [...(Array.isArray(known) ? (known as unknown[]) : []), ...(added as unknown[])];
  return patched(session, { ...rest, charging_periods: periods });
};

const getRoute = ({ db }: Door, module: ObjectModule): OcpiRoute => ({
  method: 'GET',
  path: `receiver/${module}/*/*/*`,
  module: { identifier: module, role: 'RECEIVER' },
  async handle(call) {
    const known = await findPeer(db, placeOf(module, call));
    if (known === undefined) throw notFound();
    return { data: known.tree };
  },
});

const putRoute = ({ db, nowMs }: Door, module: ObjectModule): OcpiRoute => ({
  method: 'PUT',
  path: `receiver/${module}/*/*/*`,
  module: { identifier: module, role: 'RECEIVER' },
  async handle(call) {
    const place = placeOf(module, call);
    const object = objectAt(place, call, call.body);
    return replyOf(await db.transaction().execute((trx) => keepPeer(trx, place, object, nowMs())));
  },
});

const patchRoute = ({ db, nowMs }: Door, module: ObjectModule): OcpiRoute => ({
  method: 'PATCH',
  path: `receiver/${module}/*/*/*`,
  module: { identifier: module, role: 'RECEIVER' },
  async handle(call) {
    const place = placeOf(module, call);
    const patch = patchIn(call.body);
    const kept = await db.transaction().execute(async (trx) => {
      const known = await findPeer(trx, place, true);
      if (known === undefined) throw notFound('there is nothing to change: PUT it');
      const merged = module === 'sessions' ? sessionPatched(known.tree, patch) : patched(known.tree, patch);
      return keepPeer(trx, place, objectAt(place, call, merged), nowMs());
    });
    return replyOf(kept);
  },
});

const deleteRoute = ({ db }: Door, module: ObjectModule): OcpiRoute => ({
  method: 'DELETE',
  path: `receiver/${module}/*/*/*`,
  module: { identifier: module, role: 'RECEIVER' },
  async handle(call) {
    if (!(await removePeer(db, placeOf(module, call)))) throw notFound();
    return {};
  },
});

/** What partners own and tell, but for locations and CDRs, which have rules of their own. */
export const receiverRoutes = (door: Door): readonly OcpiRoute[] => {
  const { roles } = door.settings;
  return [
    ...(roles.includes('EMSP')
      ? [
          getRoute(door, 'sessions'),
          putRoute(door, 'sessions'),
          patchRoute(door, 'sessions'),
          getRoute(door, 'tariffs'),
          putRoute(door, 'tariffs'),
          deleteRoute(door, 'tariffs'),
        ]
      : []),
    ...(roles.includes('CPO')
      ? [getRoute(door, 'tokens'), putRoute(door, 'tokens'), patchRoute(door, 'tokens')]
      : []),
  ];
};
