import { decodeCbor, readRecord } from '@roamgrid/offline';
import { CALENDAR_SLOT_MS, loadCalendar, withdrawn, type CalendarSlot } from '@roamgrid/domain/power';
import { kitError } from '@roamgrid/service-kit';
import type { LoadPlan, LoadPlanRequest } from '@roamgrid/wire';
import { gatewayError } from '../../problems.ts';
import { dayLoadOf } from './load-readings.ts';
import { requireOutlet, type RulesContext } from './rules.ts';
import { setUnavailable } from './unavailable.ts';

/** Sessions of a charger that say how much it is used. */
const MOST_RECORDS = 200;

/** What a charger gave by the records that phones carried and that are booked: others may say anything. */
const usedWh = async ({ db }: Pick<RulesContext, 'db'>, evseId: string): Promise<bigint> => {
  const rows = await db
    .selectFrom('offline_record')
    .select('record')
    .where('evse_id', '=', evseId)
    .where('state', '=', 'booked')
    .orderBy('outlet_number', 'desc')
    .limit(MOST_RECORDS)
    .execute();
  return rows.reduce((sum, { record }) => {
    const read = decodeCbor(new Uint8Array(Buffer.from(record, 'base64url')));
    return sum + (read.ok ? (readRecord(read.value)?.facts.energyWh ?? 0n) : 0n);
  }, 0n);
};

/** Peaks that follow each other are one. */
const peaksOf = (slots: readonly CalendarSlot[]): LoadPlan['peaks'] => {
  const peaks: LoadPlan['peaks'] = [];
  for (const { startMs, isPeak } of slots) {
    const last = peaks.at(-1);
    if (!isPeak) continue;
    if (last?.untilMs === startMs) last.untilMs = startMs + CALENDAR_SLOT_MS;
    else peaks.push({ fromMs: startMs, untilMs: startMs + CALENDAR_SLOT_MS });
  }
  return peaks;
};

/** The last day's load: what an operator says of the building, or else what the chargers themselves gave. */
const dayOf = async (
  context: RulesContext,
  { chargers, fromMs, readingsWh }: Pick<LoadPlanRequest, 'chargers' | 'fromMs' | 'readingsWh'>,
) => {
  if (readingsWh !== undefined) return { source: 'operator', readingsWh, missing: 0 } as const;
  for (const evseId of chargers) requireOutlet(context, evseId);
  const day = await dayLoadOf(context, chargers, fromMs);
  if (day.missing === chargers.length * day.readingsWh.length)
    throw gatewayError('OFFLINE_NO_READINGS', 'no phone brought what these chargers gave on that day');
  return { source: 'chargers', ...day } as const;
};

/**
 * Withdraws a share of a site's chargers, the least used, in the peaks that the last day's load lets expect. The same again is the same list.
 * @throws ServiceError OFFLINE_OUTLET_UNKNOWN, OFFLINE_NO_READINGS; INVALID_REQUEST for readings that make no calendar, and for more peaks than a list has rows
 */
export const planLoad = async (
  context: RulesContext,
  siteId: string,
  request: LoadPlanRequest,
): Promise<LoadPlan> => {
  const { chargers, fromMs, peakPermille, sharePermille } = request;
  const { source, readingsWh, missing } = await dayOf(context, request);
  const calendar = loadCalendar(readingsWh, fromMs, BigInt(peakPermille));
  if (!calendar.ok) throw kitError('INVALID_REQUEST', calendar.error.message);
  const peaks = peaksOf(calendar.value);
  const used = await Promise.all(
    chargers.map(async (chargerId) => ({ chargerId, usedWh: await usedWh(context, chargerId) })),
  );
  const without = withdrawn(used, BigInt(sharePermille));
  const unavailable = without.flatMap((evseId) => peaks.map((peak) => ({ evseId, ...peak })));
  const { version } = await setUnavailable(context, siteId, { chargers: [...chargers], unavailable });
  return {
    ...{ version, source, missingQuarters: missing, peaks },
    chargers: used.map(({ chargerId, usedWh: wh }) => ({
      ...{ evseId: chargerId, usedWh: wh, isWithdrawn: without.includes(chargerId) },
    })),
  };
};
