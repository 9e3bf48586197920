import { allocationGuards } from './allocations.ts';
import { bookingGuards } from './booking.ts';
import { clearingGuards } from './clearing.ts';
import { creditGuards } from './credits.ts';
import { flexibilityGuards } from './flexibility.ts';
import { homeGuards, lastGuards } from './home.ts';
import { houseGuards } from './houses.ts';
import { lateGuards } from './late.ts';
import { nettingGuards } from './netting.ts';
import { epochGuards, offlineGuards } from './offline.ts';
import { signerGuards } from './signers.ts';
import { tamperingGuards } from './tampering.ts';
import { thirdGuards } from './third.ts';
import { timeGuards } from './times.ts';
import { visitedGuards } from './visited.ts';
import type { GuardTest } from './world.ts';

/** Every guard's test, in the order in which they run on one ledger. */
export const guardTests: readonly GuardTest[] = [
  ...timeGuards,
  ...visitedGuards,
  ...signerGuards,
  ...thirdGuards,
  ...nettingGuards,
  ...homeGuards,
  ...clearingGuards,
  ...lateGuards,
  ...bookingGuards,
  ...allocationGuards,
  ...flexibilityGuards,
  ...tamperingGuards,
  ...houseGuards,
  ...creditGuards,
  ...offlineGuards,
  ...epochGuards,
  ...lastGuards,
];
