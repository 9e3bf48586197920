import type { Part } from '../site/part.ts';
import { billedRows, liveBilled, type BilledSeen } from './billed.ts';
import { groupsRows, liveGroups, type GroupsSeen } from './groups.ts';
import { limitsRows, liveLimits, type LimitsSeen } from './limits.ts';
import { liveReplans, replansRows, type ReplansSeen } from './replans.ts';
import { liveTwoCars, twoCarsRows, type TwoCarsSeen } from './two-cars.ts';
import { liveWeek, weekRows, type WeekSeen } from './week.ts';

/** Everything that the scenario lives through, in its order. */
export const HOME_PARTS: readonly Part[] = [
  {
    name: 'two-cars',
    what: 'one car leaves at eight, the other stays',
    ...{ live: liveTwoCars, rows: twoCarsRows },
  } satisfies Part<TwoCarsSeen>,
  {
    name: 'replans',
    what: 'whatever changes has the plan made anew',
    ...{ live: liveReplans, rows: replansRows },
  } satisfies Part<ReplansSeen>,
  {
    name: 'week',
    what: 'a week in which a car feeds the house, and an outage',
    ...{ live: liveWeek, rows: weekRows },
  } satisfies Part<WeekSeen>,
  {
    name: 'limits',
    what: 'one house, and four on one connection, at their limits',
    ...{ live: liveLimits, rows: limitsRows },
  } satisfies Part<LimitsSeen>,
  {
    name: 'groups',
    what: 'residential, commercial and public chargers through a day',
    ...{ live: liveGroups, rows: groupsRows },
  } satisfies Part<GroupsSeen>,
  {
    name: 'billed',
    what: 'a tariff on the ledger, planned by, changed and billed by',
    ...{ live: liveBilled, rows: billedRows },
  } satisfies Part<BilledSeen>,
];
