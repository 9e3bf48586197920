import type { OcpiRoute } from '../edge/handler.ts';
import { notFound, refused, STATUS } from '../edge/refusal.ts';
import { OBJECTS } from '../objects/index.ts';
import { readObject } from '../objects/read.ts';
import { idKey } from '../objects/scalars.ts';
import type { Door } from '../door.ts';
import type { StationSide } from '../roaming/ports.ts';
import { findOwn } from '../store/own-objects.ts';

/** How the driver of a running session likes to be charged. Spec: OCPI 2.2.1 mod_sessions, Sender Interface, PUT Method. */
export const preferencesRoute = ({ db }: Door, stations: StationSide): OcpiRoute => ({
  method: 'PUT',
  path: 'sender/sessions/*/charging_preferences',
  module: { identifier: 'sessions', role: 'SENDER' },
  async handle({ caller, params, version, body }) {
    const [id = ''] = params;
    const { partner } = caller;
    // Sessions of other partners' customers are not there for this one.
    if ((await findOwn(db, 'sessions', partner.partnerId, idKey(id))) === undefined) throw notFound();
    const read = readObject(OBJECTS[version].chargingPreferences, body);
    if (!read.ok) throw refused(STATUS.invalid, read.error);
    return { data: (await stations.preferences(partner, id, read.value)) ?? 'NOT_POSSIBLE' };
  },
});
