import { exactJsonText } from '@roamgrid/wire';
import type { Door } from '../door.ts';
import type { OcpiCall, OcpiReply, OcpiRoute } from '../edge/handler.ts';
import { notFound, refused, STATUS } from '../edge/refusal.ts';
import {
  activeChargingProfile,
  chargingProfileResult,
  setChargingProfile,
} from '../objects/charging-profiles.ts';
import { readObject } from '../objects/read.ts';
import { idKey, numberOf } from '../objects/scalars.ts';
import { isOfPartner } from '../partners/ask-partner.ts';
import { partyKey } from '../partners/partner.ts';
import { ownerOf } from '../store/peer-objects.ts';
import type { ProfileAsk, StationSide } from '../roaming/ports.ts';
import { answerLater, resultKept } from './answers.ts';
import { timeoutS } from './commands.ts';

/** Kinds under which what was asked of a partner is kept. */
export const PROFILE_KINDS = { get: 'PROFILE_GET', set: 'PROFILE_SET', clear: 'PROFILE_CLEAR' } as const;

const RECEIVER = {
  path: 'receiver/chargingprofiles/*',
  module: { identifier: 'chargingprofiles', role: 'RECEIVER' },
} as const;

const responseUrl = ({ query }: OcpiCall): string => {
  const url = query.get('response_url');
  if (url === null) throw refused(STATUS.invalid, 'response_url is needed');
  return url;
};

/** Spec: OCPI 2.2.1 mod_charging_profiles, Receiver Interface. */
export const chargingProfileRoutes = (door: Door, stations: StationSide): readonly OcpiRoute[] => {
  const take = async ({ caller }: OcpiCall, ask: ProfileAsk, url: string): Promise<OcpiReply> => {
    const { partner } = caller;
    if (!isOfPartner(partner, url)) throw refused(STATUS.invalid, 'response_url is not of this platform');
    const taken = await stations.profile(partner, ask);
    if (taken.response === 'ACCEPTED') {
      const unknown = { result: 'UNKNOWN' };
      const kind = PROFILE_KINDS[ask.kind];
      answerLater(door, partner, { kind, url, result: taken.result, late: unknown, failed: unknown });
    }
    return { data: { result: taken.response, timeout: numberOf(timeoutS(door)) } };
  };
  return [
    {
      ...RECEIVER,
      method: 'GET',
      handle(call) {
        const durationS = Number(call.query.get('duration') ?? Number.NaN);
        if (!Number.isSafeInteger(durationS) || durationS < 0)
          throw refused(STATUS.invalid, 'duration has to be a whole number of seconds');
        return take(call, { kind: 'get', sessionId: call.params[0] ?? '', durationS }, responseUrl(call));
      },
    },
    {
      ...RECEIVER,
      method: 'PUT',
      handle(call) {
        const read = readObject(setChargingProfile, call.body);
        if (!read.ok) throw refused(STATUS.invalid, read.error);
        const { charging_profile: profile, response_url: url } = read.value;
        return take(call, { kind: 'set', sessionId: call.params[0] ?? '', profile }, url);
      },
    },
    {
      ...RECEIVER,
      method: 'DELETE',
      handle: (call) => take(call, { kind: 'clear', sessionId: call.params[0] ?? '' }, responseUrl(call)),
    },
  ];
};

/** Results of what we asked, and profiles that changed by themselves. Spec: OCPI 2.2.1 mod_charging_profiles, Sender Interface. */
export const profileResultRoutes = (door: Door): readonly OcpiRoute[] => {
  const { db, nowMs } = door;
  const module = { identifier: 'chargingprofiles', role: 'SENDER' } as const;
  return [
    {
      method: 'POST',
      path: 'sender/chargingprofiles/*/*',
      module,
      async handle({ caller, params, body }) {
        const read = readObject(chargingProfileResult, body);
        if (!read.ok) throw refused(STATUS.invalid, read.error);
        const [kind = '', id = ''] = params;
        await resultKept(door, caller.partner, kind, id, exactJsonText(body));
        return {};
      },
    },
    {
      method: 'PUT',
      path: 'sender/chargingprofiles/*',
      module,
      async handle({ caller, params, body }) {
        const read = readObject(activeChargingProfile, body);
        if (!read.ok) throw refused(STATUS.invalid, read.error);
        const { partnerId } = caller.partner;
        const sessionKey = idKey(params[0] ?? '');
        // One for each session that it told us, and no store for whatever it likes.
        const session = await ownerOf(db, partnerId, 'sessions', sessionKey);
        if (session === undefined) throw notFound('there is no such session');
        const key = {
          partner_id: partnerId,
          module: 'chargingprofiles',
          owner: partyKey(session.country, session.party),
          object_key: sessionKey,
        };
        const values = { body: exactJsonText(body), updated_at_ms: nowMs(), received_at_ms: nowMs() };
        await db
          .insertInto('peer_object')
          .values({ ...key, ...values })
          .onConflict((conflict) =>
            conflict.columns(['partner_id', 'module', 'owner', 'object_key']).doUpdateSet(values),
          )
          .execute();
        return {};
      },
    },
  ];
};
