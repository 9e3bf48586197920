import { allocatePlanned, plan, type Horizon, type Solver } from '@roamgrid/domain/power';
import { claimIdOf, stateMaker } from '../by-rule.ts';
import type { Decide, Hungry } from '../decide.ts';
import { counted, stepMsOf, type Site } from '../site.ts';
import type { Departures } from './departures.ts';
import { filled } from './fill.ts';
import { fullStepsOf, rankOf } from './urgency.ts';

/** Steps that a plan looks ahead. */
const SLOTS = 60;
/** What a kWh that a car does not get is worth; only its relation to the others counts. */
const UNMET_MICROS = 100_000_000n;
/** A step later; all of them together are far less than a kWh. */
const LATER_MICROS = 1_000n;
/** Of what a kWh is worth so much is at stake between the most and the least urgent of now, where departures are known and where not. */
const STAKE_KNOWN = 0.2;
const STAKE_LEARNT = 0.3;
/** Urgent is who is not likely to be there for long enough if it waits for so long. */
const WAIT_MS = 3_600_000;
/** Who can be served after the last slot waits for the others, and still takes what nobody else does. */
const WAITS_AT_MOST = 0.9;

const AFTER = Array.from({ length: SLOTS }, (_, slot) => slot);

/** Chances are counted in millionths. */
const PARTS = 1_000_000;

const partOf = (part: number): bigint => (UNMET_MICROS * BigInt(Math.round(part * PARTS))) / BigInt(PARTS);

const horizonOf = (site: Site, costs: Readonly<Record<string, readonly bigint[]>>): Horizon => ({
  slotMs: stepMsOf(site),
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

/** What the plan goes by of a car. */
interface Outlook {
  /** The chance that it is there at the end of each slot; certain where its departure is known. */
  readonly there: readonly number[] | undefined;
  /** The chance that it is there for long enough to be served after the last slot. */
  readonly servedAfter: number;
  /** Who is served first where nothing else is at stake: the smallest. */
  readonly urgency: number;
}

/**
 * What a kWh of each car costs in each slot, as a part of its worth: the chance that the car is gone by then, and the chance that it can be
 * had after the last slot as well. Now costs by the place in the order of urgency, so that it is never dearer than later.
 */
const costsOf = (
  hungry: readonly Hungry[],
  outlooks: readonly Outlook[],
): Readonly<Record<string, readonly bigint[]>> => {
  const stake = outlooks.some(({ there }) => there !== undefined) ? STAKE_LEARNT : STAKE_KNOWN;
  const rank = rankOf(outlooks.map(({ urgency }) => urgency));
  return Object.fromEntries(
    hungry.map(({ car }, at) => {
      const { there, servedAfter = 0 } = outlooks[at] ?? {};
      const waits = (1 - stake) * WAITS_AT_MOST * servedAfter;
      const later = AFTER.slice(1).map((slot) => {
        const gone = (1 - stake) * (1 - (there?.[slot] ?? 1));
        return partOf(Math.min(1, stake + gone + waits));
      });
      return [claimIdOf(car.index), [partOf(stake * (rank[at] ?? 0) + waits), ...later]];
    }),
  );
};

const outlookOf = (one: Hungry, step: number, site: Site, departures?: Departures): Outlook => {
  const full = fullStepsOf(one, site);
  const stepMs = stepMsOf(site);
  const wait = Math.round(WAIT_MS / stepMs) + full;
  const chances = departures?.stays(one.car, step, [...AFTER, SLOTS + full, wait]);
  if (chances === undefined) {
    const leavesIn = (one.leavesStep ?? Infinity) - step;
    return {
      there: undefined,
      servedAfter: leavesIn >= SLOTS + full ? 1 : 0,
      urgency: leavesIn - full,
    };
  }
  return { there: chances, servedAfter: chances[SLOTS] ?? 0, urgency: chances[SLOTS + 1] ?? 0 };
};

/**
 * Divides by a linear programme over the next steps: it delivers as much as it can to the cars that are there, weighs each later step by the
 * chance that a car is still there, and serves now in the order of urgency wherever that costs nothing. Where it has no plan for a
 * step, the ranked rule decides it, which the decision says.
 */
export const byPlan = (site: Site, solver: Solver, departures?: Departures): Decide => {
  const stateOf = stateMaker(site, 'llf');
  const stepMs = stepMsOf(site);
  return async (hungry, step) => {
    const outlooks = hungry.map((one) => outlookOf(one, step, site, departures));
    // A departure that is only a chance is no deadline.
    const seen = hungry.map((one, at) =>
      outlooks[at]?.there === undefined ? one : { ...one, leavesStep: undefined },
    );
    const state = stateOf(seen);
    const horizon = horizonOf(site, costsOf(hungry, outlooks));
    const nowMs = step * stepMs;
    const made = await plan(state, horizon, nowMs, solver, { roundSlots: 1 });
    const { grants, decidedBy, why } = allocatePlanned(
      made.decidedBy === 'plan' ? state : stateOf(hungry),
      made,
      nowMs,
    );
    const granted = new Map(grants.map(({ claimId, grantedW }) => [claimId, counted(grantedW)]));
    const given = hungry.map(({ car }) => granted.get(claimIdOf(car.index)) ?? 0);
    return {
      given:
        decidedBy === 'plan'
          ? filled(hungry, given, rankOf(outlooks.map(({ urgency }) => urgency)), site)
          : given,
      decidedBy,
      ...(why !== undefined && { why }),
    };
  };
};
