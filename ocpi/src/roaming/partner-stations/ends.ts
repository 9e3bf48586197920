import { GatewayRefusal } from '@roamgrid/station-kit';
import { billSummary, stopRequest, type BillSummary } from '@roamgrid/wire';
import { z } from 'zod';
import type { PartnerEndTable } from '../../store/partner-stations.ts';
import { compareWithCdr } from './compare.ts';
import { outletOf, type StationsContext } from './context.ts';
import { noteUnbilled } from './rows.ts';

/** What a gateway says to the end of a session that it never started, or that it closed without. */
const NO_SESSION: ReadonlySet<string> = new Set(['SESSION_UNKNOWN', 'SESSION_ENDED']);
/** What a gateway says to a record that it cannot make. */
const BAD_RECORD: ReadonlySet<string> = new Set(['METER_INVALID', 'READINGS_INVALID']);
const AT_ONCE = 100;
const MOST_DOUBLINGS = 20;

type End = Omit<PartnerEndTable, 'position'>;
type Told = 'over' | 'away' | 'refused';

const later = async ({ door }: StationsContext, end: End, refusal: string | null): Promise<void> => {
  const { firstRetry, longestRetry } = door.settings.times;
  const waitMs = Math.min(longestRetry, firstRetry * 2 ** Math.min(end.attempts, MOST_DOUBLINGS));
  await door.db
    .updateTable('partner_end')
    .set({ attempts: end.attempts + 1, next_at_ms: door.nowMs() + waitMs, refusal })
    .where('gateway_session_id', '=', end.gateway_session_id)
    .execute();
};

const taken = async ({ door }: StationsContext, end: End, bill: BillSummary): Promise<void> => {
  await door.db.transaction().execute(async (trx) => {
    await trx
      .updateTable('partner_end')
      .set({ state: 'taken', refusal: null, bill: JSON.stringify(z.encode(billSummary, bill)) })
      .where('gateway_session_id', '=', end.gateway_session_id)
      .execute();
    await compareWithCdr(trx, end);
  });
};

/** A session that never was is nobody's loss; one that the gateway closed without its end is. */
const lost = async (
  { door }: StationsContext,
  end: End,
  { code, message }: GatewayRefusal,
): Promise<void> => {
  const { partner_id, owner, session_key: object_key } = end;
  const { readings } = stopRequest.parse(JSON.parse(end.request));
  await door.db.transaction().execute(async (trx) => {
    await trx
      .updateTable('partner_end')
      .set({ state: 'dropped', refusal: `${code}: ${message}` })
      .where('gateway_session_id', '=', end.gateway_session_id)
      .execute();
    if (!end.was_started) return;
    const milli_wh = readings.at(-1)?.registerMilliWh ?? 0n;
    await noteUnbilled(trx, {
      ...{ partner_id, owner, object_key, code: 'end-refused', milli_wh },
      ...{ detail: `${code}: ${message}; the register stood there`, noted_at_ms: door.nowMs() },
    });
  });
};

const tellEnd = async (context: StationsContext, end: End): Promise<Told> => {
  const outlet = outletOf(context, end.evse_id);
  if (outlet === undefined) {
    await later(context, end, 'OUTLET_UNKNOWN: put the outlet back into the configuration');
    return 'refused';
  }
  try {
    const request = stopRequest.parse(JSON.parse(end.request));
    await taken(context, end, await outlet.gateway.stop(end.gateway_session_id, request));
    return 'over';
  } catch (thrown) {
    if (!(thrown instanceof GatewayRefusal)) {
      await later(context, end, null);
      return 'away';
    }
    if (NO_SESSION.has(thrown.code)) {
      await lost(context, end, thrown);
      return 'over';
    }
    if (BAD_RECORD.has(thrown.code) && end.otherwise !== null) {
      const changed = { request: end.otherwise, otherwise: null };
      await context.door.db
        .updateTable('partner_end')
        .set(changed)
        .where('gateway_session_id', '=', end.gateway_session_id)
        .execute();
      return tellEnd(context, { ...end, ...changed });
    }
    await later(context, end, `${thrown.code}: ${thrown.message}`);
    return 'refused';
  }
};

/** Brings ends of sessions to the gateway, the oldest first, for as long as it takes. @param evseId now, of this outlet alone */
export const deliverEnds = async (context: StationsContext, evseId?: string): Promise<void> => {
  const { db, nowMs } = context.door;
  let due = db.selectFrom('partner_end').selectAll().where('state', '=', 'due');
  due = evseId === undefined ? due.where('next_at_ms', '<=', nowMs()) : due.where('evse_id', '=', evseId);
  for (const end of await due.orderBy('position').limit(AT_ONCE).execute())
    if ((await tellEnd(context, end)) === 'away') return;
};
