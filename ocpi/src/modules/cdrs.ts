import type { Door } from '../door.ts';
import type { OcpiRoute } from '../edge/handler.ts';
import { notFound, refused, STATUS } from '../edge/refusal.ts';
import { readOwned } from '../objects/modules.ts';
import { speaksFor } from '../partners/partner.ts';
import { findPeer, keepPeer, type PeerPlace } from '../store/peer-objects.ts';
import { placeOf, replyOf } from './receivers.ts';
import { versionBase } from './versions.ts';

const MODULE = { identifier: 'cdrs', role: 'RECEIVER' } as const;
const segment = encodeURIComponent;

/** Spec: OCPI 2.2.1 and 2.3.0 mod_cdrs, Receiver Interface. A CDR is never changed: what is wrong with it a credit takes back. */
export const cdrRoutes = (door: Door): readonly OcpiRoute[] => {
  const { db, nowMs } = door;
  return [
    {
      method: 'POST',
      path: 'receiver/cdrs',
      module: MODULE,
      async handle({ caller, version, body }) {
        const read = readOwned('cdrs', version, body);
        if (!read.ok) throw refused(STATUS.invalid, read.error);
        const { country, party, key, id } = read.value;
        const { partner } = caller;
        if (!speaksFor(partner, country, party, 'CPO')) throw notFound('the party is not of this platform');
        const place: PeerPlace = { partnerId: partner.partnerId, module: 'cdrs', country, party, key };
        const kept = await db.transaction().execute((trx) => keepPeer(trx, place, read.value, nowMs()));
        if (kept === 'conflict')
          throw refused(STATUS.invalid, 'another CDR has this id: send a credit, then one with a new id');
        const path = [country, party, id].map(segment).join('/');
        const location = `${versionBase(door, version)}/receiver/cdrs/${path}`;
        return { ...replyOf(kept), headers: { location } };
      },
    },
    {
      method: 'GET',
      path: 'receiver/cdrs/*/*/*',
      module: MODULE,
      async handle(call) {
        const known = await findPeer(db, placeOf('cdrs', call));
        if (known === undefined) throw notFound();
        return { data: known.tree };
      },
    },
  ];
};
