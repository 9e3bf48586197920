import { randomUUID } from 'node:crypto';
import { parseCin } from '@roamgrid/domain';
import { GatewayRefusal, GatewayUnreachable } from '@roamgrid/station-kit';
import { swipeOffer, type RefusalCode, type SwipeOffer, type SwipeRequest } from '@roamgrid/wire';
import { z } from 'zod';
import type { JsonTree } from '../../objects/read.ts';
import type { PartnerOfferTable } from '../../store/partner-stations.ts';
import type { Db } from '../../store/schema.ts';
import type { PartnerOutlet, StationsContext } from './context.ts';
import { deliverEnds } from './ends.ts';

export interface PartnerOffer {
  readonly reference: string;
  readonly evseId: string;
  readonly tokenKey: string;
  readonly offer: SwipeOffer;
}

export type Swiped =
  | { readonly outcome: 'offer'; readonly kept: PartnerOffer }
  /** `AWAY`: nobody knows. `REFUSED`: the gateway does not take what was asked. */
  | { readonly outcome: 'refused'; readonly code: RefusalCode | 'AWAY' | 'REFUSED'; readonly detail: string };

/** An answer that was lost is asked for again by the same number for so long: then the driver has gone. */
const ASKED_AGAIN_MS = 60_000;
/** What is as good as over is not offered again. */
const LEFT_AT_LEAST_MS = 5_000;

const rowOf = ({ reference, evse_id, token_key, offer }: PartnerOfferTable): PartnerOffer => ({
  reference,
  evseId: evse_id,
  tokenKey: token_key,
  offer: swipeOffer.parse(JSON.parse(offer ?? 'null')),
});

type At = Pick<PartnerOfferTable, 'partner_id' | 'evse_id' | 'token_key'>;

/** The newest offer that holds until then, by the gateway's clock, and that no session has used. */
export const openOffer = async (
  db: Db,
  at: At,
  untilMs: number,
  reference?: string,
): Promise<PartnerOffer | undefined> => {
  let asked = db
    .selectFrom('partner_offer')
    .selectAll()
    .where('partner_id', '=', at.partner_id)
    .where('evse_id', '=', at.evse_id)
    .where('token_key', '=', at.token_key)
    .where('state', '=', 'offered')
    .where('valid_until_ms', '>', untilMs);
  if (reference !== undefined) asked = asked.where('reference', '=', reference);
  const row = await asked.orderBy('asked_at_ms', 'desc').executeTakeFirst();
  return row && rowOf(row);
};

/** What the driver of a session that goes on at the outlet was authorised by. */
export const runningReference = async (db: Db, at: At): Promise<string | undefined> => {
  const row = await db
    .selectFrom('partner_session')
    .innerJoin('partner_offer', 'partner_offer.reference', 'partner_session.reference')
    .select('partner_offer.reference')
    .where('partner_session.evse_id', '=', at.evse_id)
    .where('partner_session.state', 'in', ['starting', 'open'])
    .where('partner_session.is_over', '=', false)
    .where('partner_offer.partner_id', '=', at.partner_id)
    .where('partner_offer.token_key', '=', at.token_key)
    .executeTakeFirst();
  return row?.reference;
};

const word = (token: JsonTree, field: string): string => {
  const value = token[field];
  return typeof value === 'string' ? value : '';
};

/** Whom a token of our own names: by a CIN where its contract's id is one, else by what the driver showed. */
export const shownBy = (token: JsonTree): Pick<SwipeRequest, 'cin' | 'token'> => {
  const cin = parseCin(word(token, 'contract_id'));
  if (cin.ok) return { cin: cin.value };
  const value = word(token, 'uid');
  const type = word(token, 'type');
  if (type === 'RFID') return { token: { type: 'rfid', value } };
  return { token: { type: type === 'EMAID' ? 'emaid' : 'app', value } };
};

/** The swipe to ask by: one whose answer was lost is asked again, and nobody asks twice at once. */
const swipeIdFor = async ({ door }: StationsContext, at: At): Promise<string> => {
  const { db, nowMs } = door;
  const same = () =>
    db
      .selectFrom('partner_offer')
      .select(['reference', 'asked_at_ms'])
      .where('partner_id', '=', at.partner_id)
      .where('evse_id', '=', at.evse_id)
      .where('token_key', '=', at.token_key)
      .where('state', '=', 'asked')
      .executeTakeFirst();
  const lost = await same();
  if (lost !== undefined && lost.asked_at_ms > nowMs() - ASKED_AGAIN_MS) return lost.reference;
  if (lost !== undefined) await answer(db, lost.reference, undefined);
  const reference = randomUUID();
  await db
    .insertInto('partner_offer')
    .values({ ...at, reference, state: 'asked', offer: null, asked_at_ms: nowMs(), valid_until_ms: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await same())?.reference ?? reference;
};

const answer = async (db: Db, reference: string, offer: SwipeOffer | undefined): Promise<void> => {
  await db
    .updateTable('partner_offer')
    .set(
      offer === undefined
        ? { state: 'refused' }
        : {
            state: 'offered',
            offer: JSON.stringify(z.encode(swipeOffer, offer)),
            valid_until_ms: offer.quote.validUntilMs,
          },
    )
    .where('reference', '=', reference)
    .where('state', '=', 'asked')
    .execute();
};

/** Asks the gateway what a token of ours is good for at a partner's outlet. While an offer is open, it is the same one. */
export const swipe = async (
  context: StationsContext,
  outlet: PartnerOutlet,
  token: JsonTree,
  tokenKey: string,
): Promise<Swiped> => {
  const { door, clock, usualAsk } = context;
  const at: At = { partner_id: outlet.partnerId, evse_id: outlet.evseId, token_key: tokenKey };
  const kept = await openOffer(door.db, at, clock.gatewayMs() + LEFT_AT_LEAST_MS);
  if (kept !== undefined) return { outcome: 'offer', kept };
  // The gateway gives an outlet to nobody while it holds it for the session before.
  await deliverEnds(context, outlet.evseId);
  const reference = await swipeIdFor(context, at);
  const asked = await outlet.gateway
    .swipe({
      swipeId: reference,
      evseId: outlet.evseId,
      ...shownBy(token),
      method: 'remote',
      requestedEnergyWh: usualAsk.requestedEnergyWh,
      plannedMs: usualAsk.plannedMs,
    })
    .catch((thrown: unknown) => {
      if (thrown instanceof GatewayRefusal || thrown instanceof GatewayUnreachable) return thrown;
      throw thrown;
    });
  if (asked instanceof GatewayUnreachable) return { outcome: 'refused', code: 'AWAY', detail: asked.message };
  if (asked instanceof GatewayRefusal) {
    await answer(door.db, reference, undefined);
    return { outcome: 'refused', code: 'REFUSED', detail: `${asked.code}: ${asked.message}` };
  }
  await answer(door.db, reference, asked.outcome === 'offer' ? asked : undefined);
  if (asked.outcome === 'refused') return { outcome: 'refused', code: asked.code, detail: asked.message };
  return { outcome: 'offer', kept: { reference, evseId: outlet.evseId, tokenKey, offer: asked } };
};
