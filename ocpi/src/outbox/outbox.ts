import { exactJsonText } from '@roamgrid/wire';
import { OWNER_ROLE, type ObjectModule, type OwnedObject } from '../objects/modules.ts';
import { idKey } from '../objects/scalars.ts';
import { actsAs, endpointOf, listPartners, type Partner } from '../partners/partner.ts';
import type { Db } from '../store/schema.ts';

const segment = encodeURIComponent;

/** Behind the endpoint of a client-owned object. Spec: OCPI 2.2.1 transport_and_format, Client Owned Object Push. */
const pathOf = (module: ObjectModule, { country, party, id, tree }: OwnedObject): string => {
  if (module === 'cdrs') return '';
  const path = `/${segment(country)}/${segment(party)}/${segment(id)}`;
  const type = tree['type'];
  return module === 'tokens' && typeof type === 'string' ? `${path}?type=${segment(type)}` : path;
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Before the key of a session, in the turn of its CDRs. */
export const SESSION_TURN = 'session ';

/** A CDR, the credit that takes it back and the one that comes in its place have their session in common. */
const turnOf = (module: ObjectModule, { key, tree }: OwnedObject): string => {
  if (module !== 'cdrs') return key;
  const of = text(tree['session_id']);
  return of === undefined ? idKey(text(tree['credit_reference_id']) ?? key) : `${SESSION_TURN}${idKey(of)}`;
};

/** Whether a partner takes what is pushed of a module. */
const takes = (partner: Partner, module: ObjectModule): boolean =>
  partner.state === 'registered' &&
  endpointOf(partner, module, 'RECEIVER') !== undefined &&
  (OWNER_ROLE[module] === 'CPO' ? actsAs(partner, 'EMSP', 'NSP') : actsAs(partner, 'CPO'));

/** A CDR is money: for whom it is, is told it when it has registered again. */
const waitsFor = ({ partnerId, state }: Partner, module: ObjectModule, audience: string): boolean =>
  module === 'cdrs' && audience === partnerId && state !== 'registered';

/**
 * Lays an object into the outbox of each partner that takes it. A newer one takes the place of one that still waits; whoever was not
 * told the whole is told that in the place of a `PATCH`. CDRs are told one by one.
 */
export const layOut = async (
  db: Db,
  module: ObjectModule,
  object: OwnedObject,
  {
    audience,
    method,
    nowMs,
  }: { readonly audience: string; readonly method: 'PUT' | 'PATCH' | 'DELETE'; readonly nowMs: number },
): Promise<void> => {
  for (const partner of await listPartners(db)) {
    const isFor = audience === '' || audience === partner.partnerId;
    if (!(isFor && takes(partner, module)) && !waitsFor(partner, module, audience)) continue;
    const key = { partner_id: partner.partnerId, module, object_key: object.key };
    const waiting =
      module === 'cdrs'
        ? []
        : await db
            .deleteFrom('outbox')
            .where('partner_id', '=', key.partner_id)
            .where('module', '=', module)
            .where('object_key', '=', object.key)
            .returning('method')
            .execute();
    const isWhole = method !== 'PATCH' || waiting.some((row) => row.method !== 'PATCH');
    await db
      .insertInto('outbox')
      .values({
        ...key,
        turn_key: turnOf(module, object),
        method: module === 'cdrs' ? 'POST' : method === 'DELETE' ? method : isWhole ? 'PUT' : 'PATCH',
        path: pathOf(module, object),
        body: exactJsonText(object.tree),
        made_at_ms: nowMs,
        attempts: 0,
        next_at_ms: nowMs,
        refused: null,
      })
      .execute();
  }
};

/** An answer that a partner waits for at an address of its own. */
export const layOutAnswer = async (
  db: Db,
  {
    partnerId,
    url,
    id,
    body,
    nowMs,
  }: {
    readonly partnerId: string;
    readonly url: string;
    readonly id: string;
    readonly body: object;
    readonly nowMs: number;
  },
): Promise<void> => {
  await db
    .insertInto('outbox')
    .values({
      partner_id: partnerId,
      module: 'answers',
      object_key: id,
      turn_key: id,
      method: 'POST',
      path: url,
      body: exactJsonText(body),
      made_at_ms: nowMs,
      attempts: 0,
      next_at_ms: nowMs,
      refused: null,
    })
    .execute();
};
