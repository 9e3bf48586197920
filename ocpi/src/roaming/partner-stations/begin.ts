import { attestConsent, GatewayRefusal, GatewayUnreachable } from '@roamgrid/station-kit';
import type { JsonTree } from '../../objects/read.ts';
import { isSameId } from '../../objects/scalars.ts';
import { findOwn } from '../../store/own-objects.ts';
import { closeOver, closeSession } from './close.ts';
import { outletOf, outletsAt, type PartnerOutlet, type StationsContext } from './context.ts';
import type { Charged } from './facts.ts';
import { openOffer, swipe, type PartnerOffer } from './offers.ts';
import {
  noteUnbilled,
  registerOf,
  saveSession,
  sessionAt,
  sessionByReference,
  type SessionKey,
  type SessionRow,
} from './rows.ts';
import { toldOf, toldText, type Told } from './told.ts';

/** Not now: the message is taken again later. */
export class Later extends Error {
  override readonly name = 'Later';
}

const newRow = ({ door }: StationsContext, key: SessionKey, charged: Charged): SessionRow => ({
  ...key,
  session_id: charged.sessionId ?? null,
  ...{ evse_id: null, reference: null, state: 'refused', told: null, code: null, detail: null },
  cdr_key: null,
  is_over: charged.status === 'over',
  heard_at_ms: door.nowMs(),
  ...{ stop: null, stop_note: null, stop_tries: 0, stop_at_ms: null, differences: null },
});

/** No session on the ledger: what runs is to be stopped, and what flowed is nobody's. */
export const refuseSession = async (
  { door }: StationsContext,
  row: SessionRow,
  code: string,
  detail: string,
  milliWh: bigint,
): Promise<SessionRow> => {
  const nowMs = door.nowMs();
  const { partner_id, owner, session_key: object_key } = row;
  door.log.warn(
    { partner: partner_id, session: object_key, code },
    'a partner’s session gets none on the ledger',
  );
  return door.db.transaction().execute(async (trx) => {
    await noteUnbilled(trx, {
      ...{ partner_id, owner, object_key, code, milli_wh: milliWh, detail, noted_at_ms: nowMs },
    });
    const stop = row.is_over ? {} : ({ stop: 'due', stop_at_ms: nowMs } as const);
    return saveSession(trx, { ...row, state: 'refused', code, detail, ...stop });
  });
};

/** A token is one that we showed to this partner, whatever its record says of it. */
const ownToken = async (
  { door }: StationsContext,
  partnerId: string,
  tokenKey: string,
): Promise<JsonTree | undefined> => {
  const token = await findOwn(door.db, 'tokens', partnerId, tokenKey);
  const { country, party } = door.self;
  const isOurs =
    token !== undefined &&
    isSameId(String(token['country_code']), country) &&
    isSameId(String(token['party_id']), party);
  return isOurs ? token : undefined;
};

type Found =
  | { readonly kept: PartnerOffer; readonly isFromBegin: boolean }
  | { readonly code: string; readonly detail: string };

/** The offer that a session names; where it names none, the one that its token had before the charge was over. */
const offerBefore = async (
  { door, clock }: StationsContext,
  at: Parameters<typeof openOffer>[1],
  { reference, status, atMs }: Charged,
): Promise<PartnerOffer | undefined> => {
  const open = await openOffer(door.db, at, clock.gatewayMs(), reference);
  if (open === undefined || reference !== undefined || status !== 'over') return open;
  return clock.gatewayAt(atMs) > open.offer.quote.issuedAtMs ? open : undefined;
};

/** An authorisation is good for one session, and none takes the offer of another. */
const isOfAnother = async (
  { door, clock }: StationsContext,
  at: Parameters<typeof openOffer>[1],
  { reference }: Charged,
): Promise<boolean> =>
  reference !== undefined &&
  ((await sessionByReference(door.db, at.partner_id, reference)) !== undefined ||
    (await openOffer(door.db, at, clock.gatewayMs())) !== undefined);

/** The offer that a session is started on: the one that it was authorised by, else what its token is good for now. */
const offerFor = async (
  context: StationsContext,
  outlet: PartnerOutlet,
  charged: Charged,
  token: JsonTree,
): Promise<Found> => {
  const { tokenKey } = charged;
  const at = { partner_id: outlet.partnerId, evse_id: outlet.evseId, token_key: tokenKey };
  const authorised = await offerBefore(context, at, charged);
  if (authorised !== undefined) return { kept: authorised, isFromBegin: true };
  if (charged.status === 'over')
    return { code: 'over-before-authorised', detail: 'it was over when it was told, and no offer was open' };
  if (await isOfAnother(context, at, charged))
    return {
      code: 'reference-not-open',
      detail: 'it names an authorisation that is another session’s, or over',
    };
  if (token['whitelist'] === 'NEVER')
    return { code: 'not-authorised', detail: 'its token has to be asked about first, and no offer was open' };
  const swiped = await swipe(context, outlet, token, tokenKey);
  if (swiped.outcome === 'offer') return { kept: swiped.kept, isFromBegin: false };
  if (swiped.code === 'AWAY') throw new Later(`GATEWAY_AWAY: ${swiped.detail}`);
  return { code: 'refused', detail: `${swiped.code}: ${swiped.detail}` };
};

/** Kept before the gateway is asked to start it: it may start it, and its answer be lost. */
const prepare = async (
  { door, clock }: StationsContext,
  outlet: PartnerOutlet,
  row: SessionRow,
  charged: Charged,
  { kept, isFromBegin }: Extract<Found, { kept: PartnerOffer }>,
): Promise<SessionRow> => {
  const { offer, reference } = kept;
  const { quote } = offer;
  const register = await registerOf(door.db, outlet.operatorMeter.meterId);
  const nowMs = clock.gatewayMs();
  const wanted = isFromBegin ? clock.gatewayAt(charged.startMs) : nowMs;
  const latest = Math.min(nowMs, quote.validUntilMs - 1);
  // A customer agrees to a price after it was made, and time at an outlet is billed once.
  const atMs = Math.min(latest, Math.max(wanted, quote.issuedAtMs, register.ended_at_ms));
  const attested = await attestConsent(outlet.identity, offer, 'partner', atMs);
  const reading = {
    atMs: Math.max(atMs, register.ended_at_ms),
    registerMilliWh: register.register_milli_wh,
    charging: true,
  };
  const told: Told = {
    sessionId: quote.sessionId,
    start: { swipeId: reference, consent: attested.jws, start: reading },
    tariffText: attested.tariffText,
    validUntilMs: quote.validUntilMs,
    fromMilliWh: isFromBegin ? 0n : charged.milliWh,
    energyLimitWh: quote.requestedEnergyWh,
    reportEveryMs: 60_000,
    last: reading,
    lastPowerW: 0n,
    sequence: 0,
  };
  const prepared: SessionRow = { ...row, state: 'starting', reference, told: toldText(told) };
  await door.db.transaction().execute(async (trx) => {
    await trx
      .updateTable('partner_offer')
      .set({ state: 'used' })
      .where('reference', '=', reference)
      .execute();
    await saveSession(trx, prepared);
  });
  return prepared;
};

/** Starts what was prepared; told again, it starts nothing twice. */
export const startPrepared = async (
  context: StationsContext,
  row: SessionRow,
  charged: Charged,
): Promise<SessionRow> => {
  const { door, clock } = context;
  const outlet = outletOf(context, row.evse_id);
  const told = toldOf(row.told ?? 'null');
  if (outlet === undefined) throw new Error('OUTLET_UNKNOWN: put the outlet back into the configuration');
  try {
    const { energyLimitWh, reportEveryMs } = await outlet.gateway.start(told.start);
    return await saveSession(door.db, {
      ...row,
      state: 'open',
      told: toldText({ ...told, energyLimitWh, reportEveryMs }),
    });
  } catch (thrown) {
    if (thrown instanceof GatewayRefusal)
      return refuseSession(context, row, 'refused', `${thrown.code}: ${thrown.message}`, charged.milliWh);
    if (!(thrown instanceof GatewayUnreachable)) throw thrown;
    if (clock.gatewayMs() < told.validUntilMs) throw new Later(`GATEWAY_AWAY: ${thrown.message}`);
    // Nobody knows whether it was started: its end is told with nothing in it, so that it stays open nowhere.
    const nothing = { milliWh: told.fromMilliWh, atMs: told.last.atMs + 1, reason: 'fault' } as const;
    const closed = await closeSession(context, row, nothing);
    const detail = 'the gateway was away until the offer ran out';
    return refuseSession(
      context,
      { ...closed, is_over: row.is_over },
      'gateway-away',
      detail,
      charged.milliWh,
    );
  }
};

/** Brings what a partner charges onto the ledger, or says why not. */
export const beginSession = async (
  context: StationsContext,
  key: SessionKey,
  charged: Charged,
): Promise<SessionRow> => {
  const { milliWh } = charged;
  const row = newRow(context, key, charged);
  const token = await ownToken(context, key.partner_id, charged.tokenKey);
  if (token === undefined)
    return refuseSession(context, row, 'token-unknown', 'the token was not shown to this partner', milliWh);
  if (token['valid'] !== true)
    return refuseSession(
      context,
      row,
      'token-blocked',
      'the partner was told that the token is not valid',
      milliWh,
    );
  const [outlet] = outletsAt(context, key.partner_id, charged.locationId, [charged.evseUid]);
  if (outlet === undefined)
    return refuseSession(context, row, 'outlet-unknown', 'the EVSE is not registered on the ledger', milliWh);
  const at: SessionRow = { ...row, evse_id: outlet.evseId };
  await closeOver(context, outlet.evseId);
  if ((await sessionAt(context.door.db, outlet.evseId)) !== undefined)
    throw new Later('OUTLET_BUSY: the session before at the outlet has not ended yet');
  const found = await offerFor(context, outlet, charged, token);
  if ('code' in found) return refuseSession(context, at, found.code, found.detail, milliWh);
  return startPrepared(context, await prepare(context, outlet, at, charged, found), charged);
};
