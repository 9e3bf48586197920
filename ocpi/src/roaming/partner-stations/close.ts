import { operatorStatement } from '@roamgrid/station-kit';
import { stopRequest, type MeterReading, type StopRequest } from '@roamgrid/wire';
import { z } from 'zod';
import type { Db } from '../../store/schema.ts';
import { outletOf, type PartnerOutlet, type StationsContext } from './context.ts';
import type { Charged, ChargedCdr } from './facts.ts';
import { meterRecord } from './meter-record.ts';
import { noteUnbilled, registerOf, saveRegister, saveSession, sessionAt, type SessionRow } from './rows.ts';
import { tellable, toldOf, type Told } from './told.ts';

/** What a session ends with. */
export interface Ending {
  /** Of the whole session, as the partner states it. */
  readonly milliWh: bigint;
  /** By the gateway's clock. */
  readonly atMs: number;
  readonly reason: StopRequest['endReason'];
  readonly cdr?: ChargedCdr | undefined;
}

export const MACHINE = 'Roamgrid OCPI door';

/** What a CDR's periods say of the time between what was told and the end, as far as it goes with that. */
const stepsOf = (
  { clock }: StationsContext,
  told: Told,
  end: MeterReading,
  { steps }: ChargedCdr,
): readonly MeterReading[] => {
  let before = told.last;
  return steps.flatMap(({ atMs: partnerMs, milliWh, isParked }) => {
    const atMs = clock.gatewayAt(partnerMs);
    const { registerMilliWh } = tellable(told, milliWh);
    const fits =
      before.atMs < atMs &&
      atMs < end.atMs &&
      before.registerMilliWh <= registerMilliWh &&
      registerMilliWh <= end.registerMilliWh;
    if (!fits) return [];
    before = { atMs, registerMilliWh, charging: !isParked };
    return [before];
  });
};

interface Ended {
  readonly request: StopRequest;
  readonly otherwise: StopRequest | undefined;
  readonly registerMilliWh: bigint;
  readonly atMs: number;
  readonly overMilliWh: bigint;
}

const ended = (
  context: StationsContext,
  outlet: PartnerOutlet,
  told: Told,
  page: number,
  { milliWh, atMs: wantedMs, reason, cdr }: Ending,
): Ended => {
  const begin = told.start.start;
  const { registerMilliWh, overMilliWh } = tellable(told, milliWh);
  // An end is a moment of its own, however soon it comes.
  const atMs = Math.max(wantedMs, told.last.atMs + 1);
  // A partner may take back what it told: what is signed at the end counts, and a reading never falls.
  const highest = registerMilliWh > told.last.registerMilliWh ? registerMilliWh : told.last.registerMilliWh;
  const last: MeterReading = { atMs, registerMilliWh: highest, charging: told.last.charging };
  const readings = [...(cdr === undefined ? [] : stepsOf(context, told, last, cdr)), last];
  const { sessionId, tariffText } = told;
  const stated = { stationId: outlet.identity.stationId, sessionId, tariffText, page, begin };
  const byOperator: StopRequest = {
    endReason: reason,
    readings,
    signedEnd: operatorStatement(outlet, {
      ...stated,
      machine: MACHINE,
      end: { ...last, registerMilliWh },
    }),
  };
  const isWhole = overMilliWh === 0n && told.fromMilliWh === 0n && cdr !== undefined;
  const record = isWhole
    ? meterRecord(outlet, cdr.signed, registerMilliWh - begin.registerMilliWh)
    : undefined;
  return {
    request: record === undefined ? byOperator : { ...byOperator, signedEnd: record },
    otherwise: record === undefined ? undefined : byOperator,
    ...{ registerMilliWh, atMs, overMilliWh },
  };
};

const textOf = (request: StopRequest): string => JSON.stringify(z.encode(stopRequest, request));

const noteParts = async (
  db: Db,
  row: SessionRow,
  parts: readonly (readonly [code: string, milliWh: bigint, detail: string])[],
  nowMs: number,
): Promise<void> => {
  const { partner_id, owner, session_key: object_key } = row;
  for (const [code, milli_wh, detail] of parts) {
    if (milli_wh <= 0n) continue;
    const what = { code, milli_wh, detail, noted_at_ms: nowMs };
    await noteUnbilled(db, { ...{ partner_id, owner, object_key }, ...what });
  }
};

/** Ends a session: when this returns its end is safe, and is told until the gateway takes it. */
export const closeSession = async (
  context: StationsContext,
  row: SessionRow,
  ending: Ending,
): Promise<SessionRow> => {
  const { db, nowMs } = context.door;
  const outlet = outletOf(context, row.evse_id);
  if (outlet === undefined || row.told === null)
    throw new Error(
      'OUTLET_UNKNOWN: the outlet of an open session is no more in the configuration: put it back',
    );
  const told = toldOf(row.told);
  const wasStarted = row.state === 'open';
  return db.transaction().execute(async (trx) => {
    const register = await registerOf(trx, outlet.operatorMeter.meterId);
    const page = Number(register.page) + 1;
    const end = ended(context, outlet, told, page, ending);
    await trx
      .insertInto('partner_end')
      .values({
        gateway_session_id: told.sessionId,
        ...{ partner_id: row.partner_id, owner: row.owner, session_key: row.session_key },
        ...{ evse_id: outlet.evseId, was_started: wasStarted, request: textOf(end.request) },
        otherwise: end.otherwise === undefined ? null : textOf(end.otherwise),
        ...{ state: 'due', attempts: 0, next_at_ms: nowMs(), refusal: null, bill: null },
      })
      .execute();
    await saveRegister(trx, {
      ...register,
      ...{ register_milli_wh: end.registerMilliWh, page: BigInt(page), ended_at_ms: end.atMs },
    });
    const before = told.fromMilliWh < ending.milliWh ? told.fromMilliWh : ending.milliWh;
    await noteParts(
      trx,
      row,
      [
        ['before-consent', before, 'it flowed before the customer could be asked about'],
        ['over-limit', end.overMilliWh, 'it flowed past what was agreed, or after a stop'],
      ],
      nowMs(),
    );
    const cdrKey = ending.cdr?.key ?? row.cdr_key;
    return saveSession(trx, { ...row, state: 'closed', is_over: true, stop: null, cdr_key: cdrKey });
  });
};

/** Ends a session with what was told of it. */
export const closeAsTold = (
  context: StationsContext,
  row: SessionRow,
  reason: StopRequest['endReason'],
): Promise<SessionRow> => {
  const told = toldOf(row.told ?? 'null');
  const { last, start, fromMilliWh } = told;
  const milliWh = fromMilliWh + last.registerMilliWh - start.start.registerMilliWh;
  return closeSession(context, row, { milliWh, atMs: last.atMs + 1, reason });
};

/** The outlet's next driver does not wait for the CDR of the one before: that session ends with what was said of it last. */
export const closeOver = async (context: StationsContext, evseId: string): Promise<void> => {
  const row = await sessionAt(context.door.db, evseId);
  if (row?.state === 'open' && row.is_over) await closeAsTold(context, row, 'driver');
};

/** Ends a session by its CDR. */
export const closeByCdr = (
  context: StationsContext,
  row: SessionRow,
  { milliWh, atMs, cdr }: Charged,
): Promise<SessionRow> =>
  closeSession(context, row, {
    milliWh,
    atMs: context.clock.gatewayAt(atMs),
    reason: toldOf(row.told ?? 'null').stop?.reason ?? 'driver',
    cdr,
  });
