import { allocatePlanned, plan, type Horizon, type Solver } from '@roamgrid/domain/power';
import { byRule, claimIdOf, stateMaker } from '../by-rule.ts';
import type { Decide, Decision, Hungry } from '../decide.ts';
import { optimumOf } from '../optimum.ts';
import { counted, levelsOf, stepMsOf, type Site } from '../site.ts';
import type { Departures } from './departures.ts';
import { packed } from './packed.ts';
import { inOrder, type Way } from './ways.ts';
import { fullStepsOf, likelyLeavesIn, rankOf, type Urgency } from './urgency.ts';

/** A plan looks ahead so many slots. */
const SLOTS = 24;
/**
 * What may be off by hours is planned in slots of so many minutes, or of a step where that is longer; what is known in steps, as a car that
 * leaves within a slot has only a part of it.
 */
const LEARNT_SLOT_MINUTES = 15;
/** What a kWh that a car does not get is worth; only its relation to the others counts. */
const UNMET_MICROS = 100_000_000n;
/** A slot later; all of them together are far less than a kWh. */
const LATER_MICROS = 1_000n;
/** Of what a kWh is worth so much is at stake between the most and the least urgent of now, where departures are known and where not. */
const STAKE_KNOWN = 0.6;
const STAKE_LEARNT = 0.3;
/** The plan is followed beyond that order for a gain of such a part of what a phase carries in a step. */
const GAIN_FOLLOWED = 0.5;
/** Who can be served after the last slot waits for the others, and still takes what nobody else does. */
const WAITS_AT_MOST = 0.9;

const AFTER = Array.from({ length: SLOTS }, (_, slot) => slot + 1);

/** Chances are counted in millionths. */
const PARTS = 1_000_000;

const partOf = (part: number): bigint => (UNMET_MICROS * BigInt(Math.round(part * PARTS))) / BigInt(PARTS);

/** Steps of a slot: the first slot is decided anew in each of them. */
const slotStepsOf = ({ stepMinutes }: Site, isKnown: boolean): number =>
  isKnown ? 1 : Math.max(1, Math.round(LEARNT_SLOT_MINUTES / stepMinutes));

const horizonOf = (slotMs: number, costs: Readonly<Record<string, readonly bigint[]>>): Horizon => ({
  slotMs,
  slots: SLOTS,
  forecast: { chargeMicrosPerKWh: costs },
  weights: {
    unmetMicrosPerKWh: UNMET_MICROS,
    softMicrosPerKWh: UNMET_MICROS,
    peakMicrosPerKW: 0n,
    peakSoFarW: 0n,
    wearMicrosPerKWh: 0n,
    laterMicrosPerKWh: LATER_MICROS,
  },
});

/** The most that cars that are there can have in all, watt-minutes, when they are given so much now. */
const canBeHad = (hungry: readonly Hungry[], given: readonly number[], step: number, site: Site): number => {
  const taken = hungry.map(({ left }, at) => Math.min(left, (given[at] ?? 0) * site.stepMinutes));
  const after = hungry.map(({ car, left, leavesStep = step + SLOTS }, at) => ({
    ...car,
    firstStep: step + 1,
    endStep: leavesStep,
    need: left - (taken[at] ?? 0),
  }));
  return taken.reduce((sum, part) => sum + part, 0) + optimumOf(after, site);
};

/** What the plan goes by of a car. */
interface Outlook {
  /** The chance that it is there at the end of each slot; certain where its departure is known. */
  readonly there: readonly number[] | undefined;
  /** The chance that it is there for long enough to be served after the last slot. */
  readonly servedAfter: number;
}

/**
 * What a kWh of each car costs in each slot, as a part of its worth: the chance that the car is gone by then, and the chance that it can be
 * had after the last slot as well. Now costs by the place in the order of urgency, so that it is never dearer than later.
 */
const costsOf = (
  hungry: readonly Hungry[],
  outlooks: readonly Outlook[],
  rank: readonly number[],
  stake: number,
): Readonly<Record<string, readonly bigint[]>> =>
  Object.fromEntries(
    hungry.map(({ car }, at) => {
      const { there, servedAfter = 0 } = outlooks[at] ?? {};
      const waits = (1 - stake) * WAITS_AT_MOST * servedAfter;
      const later = AFTER.slice(1).map((_, slot) => {
        const gone = (1 - stake) * (1 - (there?.[slot] ?? 1));
        return partOf(Math.min(1, stake + gone + waits));
      });
      return [claimIdOf(car.index), [partOf(stake * (rank[at] ?? 0) + waits), ...later]];
    }),
  );

export interface PlanOptions {
  /** Who is served first in a step where nothing else is at stake. */
  readonly wayAt: (step: number) => Way;
  /** What was learnt of departures; without it they are known. */
  readonly departures?: Departures;
}

/**
 * Divides by a linear programme over the next hours: it delivers as much as it can to the cars that are there, weighs each later slot by the
 * chance that a car is still there, and serves now in the order of urgency wherever that costs nothing. What rounding leaves over is packed.
 * It is followed in what it sees beyond that order, and the order where it sees nothing. Where it has no plan for a step, the ranked rule
 * decides it, which the decision says.
 */
export const byPlan = (site: Site, solver: Solver, { wayAt, departures }: PlanOptions): Decide => {
  const stateOf = stateMaker(site, 'llf');
  const stepMs = stepMsOf(site);
  const { least, room } = levelsOf(site);
  const slotSteps = slotStepsOf(site, departures === undefined);
  const outlookOf = (one: Hungry, step: number, { isLearnt }: Urgency): Outlook => {
    if (departures === undefined) {
      const isLong = (one.leavesStep ?? Infinity) - step >= SLOTS * slotSteps + fullStepsOf(one, site);
      return { there: undefined, servedAfter: isLong ? 1 : 0 };
    }
    const ends = AFTER.map((slot) => slot * slotSteps);
    const last = SLOTS * slotSteps + fullStepsOf(one, site);
    const chances = isLearnt ? departures.stays(one.car, step, [...ends, last]) : undefined;
    return { there: chances, servedAfter: chances?.[SLOTS] ?? 0 };
  };
  const ruled = byRule(site, 'llf');

  /** A car that leaves when those alike likely have. */
  const likely = (one: Hungry, step: number, learnt: Departures): Hungry => {
    const leaves = likelyLeavesIn(one, step, site, learnt);
    return leaves === undefined ? one : { ...one, leavesStep: step + Math.max(1, Math.round(leaves)) };
  };

  /** The first step of a plan, packed; why not where there is none. */
  const solved = async (hungry: readonly Hungry[], step: number, { urgency }: Way): Promise<Decision> => {
    const outlooks = hungry.map((one) => outlookOf(one, step, urgency));
    const rank = rankOf(hungry.map((one) => urgency.of(one, step)));
    // A departure that is only a chance is no deadline. Who is nearly full takes the minimum all the same: a plan of less is rounded to nothing.
    const seen = hungry.map((one) => ({
      ...one,
      left: Math.max(one.left, least * site.stepMinutes * slotSteps),
      leavesStep: departures === undefined ? one.leavesStep : undefined,
    }));
    const state = stateOf(seen);
    const stake = urgency.isLearnt ? STAKE_LEARNT : STAKE_KNOWN;
    const horizon = horizonOf(stepMs * slotSteps, costsOf(hungry, outlooks, rank, stake));
    const made = await plan(state, horizon, step * stepMs, solver, { roundSlots: 1 });
    if (made.decidedBy === 'rule')
      return { ...(await ruled(hungry, step)), ...(made.why !== undefined && { why: made.why }) };
    const { grants } = allocatePlanned(state, made, step * stepMs);
    const granted = new Map(grants.map(({ claimId, grantedW }) => [claimId, counted(grantedW)]));
    const given = hungry.map(({ car }) => granted.get(claimIdOf(car.index)) ?? 0);
    return { given: packed(hungry, given, rank, site), decidedBy: 'plan' };
  };

  return async (hungry, step) => {
    const way = wayAt(step);
    if (!way.isPacked) return { ...(await ruled(hungry, step)), why: 'RULE_DOES_AS_WELL' };
    const ordered = inOrder(site, way.urgency)(hungry, step);
    if (departures !== undefined && !way.urgency.isLearnt) return { ...ordered, why: 'NOTHING_LEARNT' };
    const planned = await solved(hungry, step, way);
    if (planned.decidedBy === 'rule') return planned;
    const believed = departures === undefined ? hungry : hungry.map((one) => likely(one, step, departures));
    // What is gained for those who are there is often lost to who is to come, for whom the order of urgency leaves more room.
    const gained =
      canBeHad(believed, planned.given, step, site) - canBeHad(believed, ordered.given, step, site);
    const isBetter = gained > GAIN_FOLLOWED * room * site.stepMinutes;
    return isBetter ? planned : { ...ordered, decidedBy: 'plan', why: 'ORDER_SERVES_AS_MUCH' };
  };
};
