import { GatewayRefusal, GatewayUnreachable } from '@roamgrid/station-kit';
import type { InterimAnswer } from '@roamgrid/wire';
import type { PeerPlace } from '../../store/peer-objects.ts';
import { partyKey } from '../../partners/partner.ts';
import { beginSession, startPrepared } from './begin.ts';
import { closeAsTold, closeByCdr, closeSession } from './close.ts';
import { compareWithCdr } from './compare.ts';
import { takeCorrected } from './corrected.ts';
import { outletOf, outletsAt, type StationsContext } from './context.ts';
import { deliverEnds } from './ends.ts';
import type { Charged } from './facts.ts';
import {
  findSession,
  noteUnbilled,
  saveSession,
  sessionByReference,
  type SessionKey,
  type SessionRow,
} from './rows.ts';
import { stopNow, tell, tellable, toldOf, toldText, type Told } from './told.ts';

const stopDue = (row: SessionRow, nowMs: number): SessionRow =>
  row.is_over || row.stop !== null ? row : { ...row, stop: 'due', stop_at_ms: nowMs };

const askReport = async (
  context: StationsContext,
  row: SessionRow,
  told: Told,
): Promise<InterimAnswer | GatewayRefusal | GatewayUnreachable> => {
  const outlet = outletOf(context, row.evse_id);
  if (outlet === undefined) throw new Error('OUTLET_UNKNOWN: put the outlet back into the configuration');
  const { last, lastPowerW, sequence } = told;
  return outlet.gateway
    .report(told.sessionId, { sequence, readings: [last], powerW: lastPowerW })
    .catch((thrown: unknown) => {
      if (thrown instanceof GatewayRefusal || thrown instanceof GatewayUnreachable) return thrown;
      throw thrown;
    });
};

/** Tells the gateway what is new of an open session, and hears whether it may go on. */
const report = async (context: StationsContext, row: SessionRow, charged: Charged): Promise<SessionRow> => {
  const { door, clock } = context;
  const before = toldOf(row.told ?? 'null');
  const { registerMilliWh, overMilliWh } = tellable(before, charged.milliWh);
  const told = tell(before, registerMilliWh, clock.gatewayAt(charged.atMs), !charged.isParked);
  if (told === before) return saveSession(door.db, row);
  // The number is used up before it is sent: a lost answer must not let another reading travel under it.
  const numbered: Told = { ...told, sequence: told.sequence + 1 };
  const kept = await saveSession(door.db, { ...row, told: toldText(numbered) });
  const answer = await askReport(context, kept, numbered);
  // Out of reach: the next report or the end says it.
  if (answer instanceof GatewayUnreachable) return kept;
  const why =
    answer instanceof GatewayRefusal ? 'fault' : answer.command === 'stop' ? answer.reason : undefined;
  const isStopped = why !== undefined || overMilliWh > 0n;
  if (!isStopped) return kept;
  const stopped = { ...kept, told: toldText(stopNow(numbered, why ?? 'limit')) };
  return saveSession(door.db, stopDue(stopped, door.nowMs()));
};

const note = (
  { door }: StationsContext,
  { partner_id, owner }: SessionKey,
  object_key: string,
  [code, milli_wh, detail]: readonly [code: string, milliWh: bigint, detail: string],
): Promise<void> => {
  const what = { code, milli_wh, detail, noted_at_ms: door.nowMs() };
  return noteUnbilled(door.db, { ...{ partner_id, owner, object_key }, ...what });
};

/** A CDR of a session that is closed here, or that never was on the ledger. */
const lateCdr = async (context: StationsContext, row: SessionRow, charged: Charged): Promise<void> => {
  const { cdr, milliWh } = charged;
  if (cdr === undefined) return;
  if (row.cdr_key !== null && row.cdr_key !== cdr.key) {
    const left = await takeCorrected(context, row, charged, cdr.key);
    if (left !== undefined) await note(context, row, cdr.key, [left.code, milliWh, left.detail]);
    return;
  }
  await saveSession(context.door.db, { ...row, cdr_key: cdr.key, is_over: true, stop: null });
  if (row.state === 'refused') {
    await note(context, row, row.session_key, [row.code ?? 'refused', milliWh, row.detail ?? '']);
    return;
  }
  const { start, last, fromMilliWh } = toldOf(row.told ?? 'null');
  const saidMilliWh = fromMilliWh + last.registerMilliWh - start.start.registerMilliWh;
  if (row.cdr_key === null && milliWh > saidMilliWh)
    await note(context, row, row.session_key, [
      'after-end',
      milliWh - saidMilliWh,
      'its CDR came after its end here',
    ]);
  await compareWithCdr(context.door.db, row);
};

const known = async (
  { door }: StationsContext,
  key: SessionKey,
  { sessionId, reference }: Charged,
): Promise<SessionRow | undefined> => {
  const row = await findSession(door.db, key);
  if (row !== undefined || reference === undefined) return row;
  // A CDR need not name its session, and may come before it.
  const authorised = await sessionByReference(door.db, key.partner_id, reference);
  return sessionId === undefined || authorised?.session_id === null ? authorised : undefined;
};

const takeInTurn = async (
  context: StationsContext,
  { partnerId, country, party }: PeerPlace,
  charged: Charged,
): Promise<void> => {
  const { door } = context;
  const owner = partyKey(country, party);
  const key: SessionKey = { partner_id: partnerId, owner, session_key: charged.sessionKey };
  let row = await known(context, key, charged);
  if (row === undefined) {
    if (charged.status === 'not-begun' || charged.status === 'invalid') return;
    row = await beginSession(context, key, charged);
  } else if (row.state === 'starting') {
    row = await startPrepared(context, row, charged);
  }
  if (row.state !== 'open') {
    await lateCdr(context, row, charged);
    return;
  }
  const heard: SessionRow = {
    ...row,
    heard_at_ms: door.nowMs(),
    is_over: row.is_over || charged.status === 'over',
  };
  if (charged.status === 'invalid') {
    const told = toldOf(row.told ?? 'null');
    await closeSession(context, heard, { milliWh: 0n, atMs: told.last.atMs + 1, reason: 'fault' });
  } else if (charged.cdr === undefined) {
    await report(context, heard, charged);
    return;
  } else {
    await closeByCdr(context, heard, charged);
  }
  await deliverEnds(context, heard.evse_id ?? '');
};

/** Takes one statement of a partner's about one session; told again it does nothing new. */
export const takeCharged = (context: StationsContext, place: PeerPlace, charged: Charged): Promise<void> => {
  const [outlet] = outletsAt(context, place.partnerId, charged.locationId, [charged.evseUid]);
  return context.turns.run(outlet?.evseId ?? '', () => takeInTurn(context, place, charged));
};

/** What cannot be ended now keeps no other from it, and is tried again when the partner is silent for so long again. */
const closeOne = async (context: StationsContext, row: SessionRow): Promise<void> => {
  const { db, nowMs, log } = context.door;
  const now = await findSession(db, row);
  if (now?.state !== 'open' || now.heard_at_ms !== row.heard_at_ms) return;
  try {
    await closeAsTold(context, now, now.is_over ? 'driver' : 'fault');
  } catch (thrown) {
    log.warn({ err: thrown, partner: row.partner_id, session: row.session_key }, 'not ended yet');
    await saveSession(db, { ...now, heard_at_ms: nowMs() });
  }
};

/** Ends sessions of which a partner has said nothing for too long, with what it said last. */
export const closeSilent = async (context: StationsContext): Promise<void> => {
  const { db, nowMs, settings } = context.door;
  const rows = await db
    .selectFrom('partner_session')
    .selectAll()
    .where('state', '=', 'open')
    .where('heard_at_ms', '<', nowMs() - settings.times.partnerSilent)
    .execute();
  for (const row of rows) await context.turns.run(row.evse_id ?? '', () => closeOne(context, row));
};
