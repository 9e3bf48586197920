import { CALENDAR_SLOT_MS, follow, type FollowedSlot } from '@roamgrid/domain/power';
import { loadPlan, type LoadPlan, type PlanScore } from '@roamgrid/wire';
import { z } from 'zod';
import { chargersLoad } from './load-readings.ts';
import type { RulesContext } from './rules.ts';

/** What was planned for a site, and how it came. Spec: SECURE-8. */

/** By how much the next plan's share is another, and when, thousandths: a tenth off in the peaks is none, half of all chargers the most. */
const ADJUSTED = {
  stepPermille: 50n,
  leastPermille: 0n,
  mostPermille: 500n,
  tolerancePermille: 100n,
} as const;
/** A plan is scored by what comes within two days; so long it is kept. */
const KEPT_MS = 32 * 86_400_000;

export interface PlannedSlot {
  readonly startMs: number;
  readonly plannedWh: bigint;
  readonly isPeak: boolean;
}

export interface KeptPlan {
  readonly fromMs: number;
  readonly plan: LoadPlan;
  readonly slots: readonly PlannedSlot[];
}

const slotRows = z.array(z.tuple([z.string(), z.boolean()]));

/** A plan that begins then takes the place of another that does. */
export const keepPlan = async (
  { db }: Pick<RulesContext, 'db'>,
  siteId: string,
  { fromMs, plan, slots }: KeptPlan,
): Promise<void> => {
  const row = {
    plan: JSON.stringify(z.encode(loadPlan, plan)),
    slots: JSON.stringify(slots.map(({ plannedWh, isPeak }) => [plannedWh.toString(), isPeak])),
  };
  await db
    .insertInto('offline_plan')
    .values({ site_id: siteId, from_ms: fromMs, ...row })
    .onConflict((conflict) => conflict.columns(['site_id', 'from_ms']).doUpdateSet(row))
    .execute();
  await db
    .deleteFrom('offline_plan')
    .where('site_id', '=', siteId)
    .where('from_ms', '<', fromMs - KEPT_MS)
    .execute();
};

/** The last plan of a site that begins before an instant. */
export const planBefore = async (
  { db }: Pick<RulesContext, 'db'>,
  siteId: string,
  atMs: number,
): Promise<KeptPlan | undefined> => {
  const row = await db
    .selectFrom('offline_plan')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('from_ms', '<', atMs)
    .orderBy('from_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const slots = slotRows.parse(JSON.parse(row.slots)).map(([plannedWh, isPeak], at) => ({
    ...{ startMs: row.from_ms + at * CALENDAR_SLOT_MS, plannedWh: BigInt(plannedWh), isPeak },
  }));
  return { fromMs: row.from_ms, plan: loadPlan.parse(JSON.parse(row.plan)), slots };
};

/** What came of a plan, by quarters of an hour that are known wholly. */
const scored = ({ fromMs, plan }: KeptPlan, slots: readonly FollowedSlot[]): PlanScore | undefined => {
  if (slots.length === 0) return undefined;
  const sharePermille = BigInt(plan.sharePermille);
  const { scorePermille, nextSharePermille, ...peaks } = follow(slots, { ...ADJUSTED, sharePermille });
  return {
    ...{ fromMs, quarters: slots.length, ...peaks, scorePermille: Number(scorePermille) },
    nextSharePermille: Number(nextSharePermille),
  };
};

/** Scores a plan by what its chargers gave until an instant, as far as readings of all of them came. */
export const scoreByChargers = async (
  context: Pick<RulesContext, 'db'>,
  kept: KeptPlan,
  untilMs: number,
): Promise<PlanScore | undefined> => {
  const over = kept.slots.filter(({ startMs }) => startMs + CALENDAR_SLOT_MS <= untilMs);
  const chargers = kept.plan.chargers.map(({ evseId }) => evseId);
  const load = await chargersLoad(context, chargers, kept.fromMs, over.length);
  const slots = over.flatMap((slot, at): readonly FollowedSlot[] => {
    const quarter = load[at];
    return quarter?.isWhole === true ? [{ ...slot, meteredWh: quarter.givenWh }] : [];
  });
  return scored(kept, slots);
};

/** Scores a plan by the readings that the next one is made from. */
export const scoreByReadings = (
  kept: KeptPlan,
  readingsWh: readonly bigint[],
  untilMs: number,
): PlanScore | undefined => {
  const fromMs = untilMs - readingsWh.length * CALENDAR_SLOT_MS;
  const slots = kept.slots.flatMap((slot): readonly FollowedSlot[] => {
    const meteredWh = readingsWh[(slot.startMs - fromMs) / CALENDAR_SLOT_MS];
    return meteredWh === undefined ? [] : [{ ...slot, meteredWh }];
  });
  return scored(kept, slots);
};
