import { exactJsonText } from '@roamgrid/wire';
import type { Door } from '../door.ts';
import type { OcpiCall, OcpiRoute } from '../edge/handler.ts';
import { notFound, refused, STATUS } from '../edge/refusal.ts';
import { pageHeaders, pageOf } from '../edge/paging.ts';
import { clientInfo } from '../objects/hub-client-info.ts';
import { storedTree } from '../objects/modules.ts';
import { readObject } from '../objects/read.ts';
import { isSameId, timeMs } from '../objects/scalars.ts';
import { partyKey, speaksFor } from '../partners/partner.ts';

const RECEIVER = {
  path: 'receiver/hubclientinfo/*/*',
  module: { identifier: 'hubclientinfo', role: 'RECEIVER' },
} as const;

/**
 * Who is reached through a partner that is a hub. We are none: of ourselves we tell our own parties, and of partners nothing.
 * Spec: OCPI 2.2.1 mod_hub_client_info.
 */
export const hubClientInfoRoutes = ({ db, self, settings, nowMs }: Door): readonly OcpiRoute[] => {
  const startedAt = new Date(nowMs()).toISOString();
  const keyOf = ({ caller, params }: OcpiCall) => {
    const [country = '', party = ''] = params;
    if (!speaksFor(caller.partner, country, party)) throw notFound('the party is not of this platform');
    return {
      partner_id: caller.partner.partnerId,
      module: 'hubclientinfo',
      owner: partyKey(country, party),
      object_key: '',
    };
  };
  return [
    {
      ...RECEIVER,
      method: 'GET',
      async handle(call) {
        const key = keyOf(call);
        const row = await db
          .selectFrom('peer_object')
          .select('body')
          .where('partner_id', '=', key.partner_id)
          .where('module', '=', key.module)
          .where('owner', '=', key.owner)
          .executeTakeFirst();
        if (row === undefined) throw notFound();
        return { data: storedTree(row.body) };
      },
    },
    {
      ...RECEIVER,
      method: 'PUT',
      async handle(call) {
        const key = keyOf(call);
        const read = readObject(clientInfo, call.body);
        if (!read.ok) throw refused(STATUS.invalid, read.error);
        const { country_code: country, party_id: party, last_updated: at } = read.value;
        if (!isSameId(partyKey(country, party), key.owner))
          throw refused(STATUS.invalid, 'the object is another one than its address says');
        const values = {
          body: exactJsonText(call.body),
          updated_at_ms: timeMs(at),
          received_at_ms: nowMs(),
        };
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
    {
      method: 'GET',
      path: 'sender/hubclientinfo',
      module: { identifier: 'hubclientinfo', role: 'SENDER' },
      handle({ query, address }) {
        const { pageLimit } = settings;
        const page = pageOf(query, pageLimit);
        const all = settings.roles.map((role) => ({
          country_code: self.country,
          party_id: self.party,
          role,
          status: 'CONNECTED',
          last_updated: startedAt,
        }));
        return Promise.resolve({
          data: all.slice(page.offset, page.offset + page.limit),
          headers: pageHeaders(address, query, page, { total: all.length, pageLimit }),
        });
      },
    },
  ];
};
