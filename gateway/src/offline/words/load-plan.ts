import { decodeCbor, readRecord } from '@roamgrid/offline';
import {
  CALENDAR_SLOT_MS,
  cappedAmps,
  loadCalendar,
  withdrawn,
  type CalendarSlot,
} from '@roamgrid/domain/power';
import { kitError } from '@roamgrid/service-kit';
import type { LoadPlan, LoadPlanRequest, PlanScore, SitePlan } from '@roamgrid/wire';
import { gatewayError } from '../../problems.ts';
import { setCaps } from './caps.ts';
import { dayLoadOf } from './load-readings.ts';
import { keepPlan, planBefore, scoreByChargers, scoreByReadings, type PlannedSlot } from './plan-score.ts';
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

interface Day {
  readonly source: LoadPlan['source'];
  readonly readingsWh: readonly bigint[];
  readonly missing: number;
}

/** The last day's load: what an operator says of the building, or else what the chargers themselves gave. */
const dayOf = async (
  context: RulesContext,
  { chargers, fromMs, readingsWh }: Pick<LoadPlanRequest, 'chargers' | 'fromMs' | 'readingsWh'>,
): Promise<Day> => {
  if (readingsWh !== undefined) return { source: 'operator', readingsWh, missing: 0 };
  for (const evseId of chargers) requireOutlet(context, evseId);
  const { known, ...day } = await dayLoadOf(context, chargers, fromMs);
  if (known === 0)
    throw gatewayError('OFFLINE_NO_READINGS', 'no phone brought what these chargers gave on that day');
  return { source: 'chargers', ...day };
};

/** How the plan before came, if what is known now is of the same kind. */
const followedOf = async (
  context: RulesContext,
  siteId: string,
  { source, readingsWh }: Day,
  fromMs: number,
): Promise<PlanScore | undefined> => {
  const before = await planBefore(context, siteId, fromMs);
  if (before?.plan.source !== source) return undefined;
  return source === 'chargers'
    ? scoreByChargers(context, before, fromMs)
    : scoreByReadings(before, readingsWh, fromMs);
};

const PERMILLE = 1_000n;
const QUARTERS_AN_HOUR = 4n;
const DEFAULT_STEPS: readonly number[] = [15, 30];

/** What a plan wants of each quarter of an hour: in a peak its share less than is expected, and no more than caps let the chargers give that are left; Wh, rounded down. */
const plannedSlots = (
  calendar: readonly CalendarSlot[],
  sharePermille: number,
  mostInPeakWh: bigint | undefined,
): readonly PlannedSlot[] =>
  calendar.map(({ startMs, expectedWh, isPeak }) => {
    const lessWh = (expectedWh * (PERMILLE - BigInt(sharePermille))) / PERMILLE;
    const peakWh = mostInPeakWh !== undefined && mostInPeakWh < lessWh ? mostInPeakWh : lessWh;
    return { startMs, isPeak, plannedWh: isPeak ? peakWh : expectedWh };
  });

/** Currents of a calendar: the lower step in its peaks. */
const currentsOf = (calendar: readonly CalendarSlot[], stepsA: readonly number[]): number[] => {
  const steps = stepsA.map(BigInt);
  return calendar.map(({ isPeak }) => Number(cappedAmps(steps, isPeak)));
};

/**
 * Withdraws a share of a site's chargers, the least used, in the peaks that the last day's load lets expect, and caps the others where it is asked to. The share is what the operator says, or else
 * what came of the plan before makes of that one's. The same again is the same list and the same calendar.
 * @throws ServiceError OFFLINE_OUTLET_UNKNOWN, OFFLINE_NO_READINGS; INVALID_REQUEST for readings that make no calendar, for more peaks than a list has rows, and without a
 * share where no plan before was scored
 */
export const planLoad = async (
  context: RulesContext,
  siteId: string,
  request: LoadPlanRequest,
): Promise<LoadPlan> => {
  const { chargers, fromMs, peakPermille, caps } = request;
  const day = await dayOf(context, request);
  const calendar = loadCalendar(day.readingsWh, fromMs, BigInt(peakPermille));
  if (!calendar.ok) throw kitError('INVALID_REQUEST', calendar.error.message);
  const followed = await followedOf(context, siteId, day, fromMs);
  const sharePermille = request.sharePermille ?? followed?.nextSharePermille;
  if (sharePermille === undefined)
    throw kitError('INVALID_REQUEST', 'say which share: what came of an earlier plan is not known');
  const peaks = peaksOf(calendar.value);
  const used = await Promise.all(
    chargers.map(async (chargerId) => ({ chargerId, usedWh: await usedWh(context, chargerId) })),
  );
  const without = withdrawn(used, BigInt(sharePermille));
  const unavailable = without.flatMap((evseId) => peaks.map((peak) => ({ evseId, ...peak })));
  const { version } = await setUnavailable(context, siteId, { chargers: [...chargers], unavailable });
  const { wattsPerAmp = 0, stepsA = DEFAULT_STEPS } = caps ?? {};
  const amps = currentsOf(calendar.value, stepsA);
  const capped =
    caps && (await setCaps(context, siteId, { chargers: [...chargers], fromMs, wattsPerAmp, amps }));
  const plan: LoadPlan = {
    ...{ version, source: day.source, missingQuarters: day.missing, sharePermille, peaks },
    ...(capped && { capsVersion: capped.version }),
    ...(followed && { followed }),
    chargers: used.map(({ chargerId, usedWh: wh }) => ({
      ...{ evseId: chargerId, usedWh: wh, isWithdrawn: without.includes(chargerId) },
    })),
  };
  const leftW = BigInt(chargers.length - without.length) * cappedAmps(stepsA.map(BigInt), true);
  // A building takes more than its chargers: their caps say nothing of it.
  const mostInPeakWh =
    caps && day.source === 'chargers' ? (leftW * BigInt(wattsPerAmp)) / QUARTERS_AN_HOUR : undefined;
  const slots = plannedSlots(calendar.value, sharePermille, mostInPeakWh);
  await keepPlan(context, siteId, { fromMs, plan, slots });
  return plan;
};

/** The last plan of a site, and what came of it by the readings that are here. @throws ServiceError OFFLINE_PLAN_UNKNOWN */
export const lastPlan = async (context: RulesContext, siteId: string): Promise<SitePlan> => {
  const kept = await planBefore(context, siteId, Number.MAX_SAFE_INTEGER);
  if (kept === undefined) throw gatewayError('OFFLINE_PLAN_UNKNOWN', `nothing was planned for ${siteId}`);
  const { fromMs, plan } = kept;
  const score =
    plan.source === 'chargers' ? await scoreByChargers(context, kept, context.nowMs()) : undefined;
  return { fromMs, plan, ...(score && { score }) };
};
