import type { KioskState } from '@roamgrid/wire';

export type Screen = KioskState['screen'];

/**
 * The driver's way through the outlet (ROAM-36): from each screen, those that can follow it. The chart in
 * `docs/flow-chart.md` is this table; anything else is a fault of the program.
 */
export const FLOW: Readonly<Record<Screen, readonly Screen[]>> = {
  /** To itself: the card reader says something. */
  welcome: ['welcome', 'authorising', 'refused'],
  authorising: ['offer', 'refused'],
  refused: ['welcome', 'authorising', 'refused'],
  /** To itself: the acknowledgement is asked for again, or the driver's own device has consented. */
  offer: ['offer', 'connect', 'starting', 'refused', 'welcome'],
  connect: ['starting', 'refused', 'welcome'],
  starting: ['charging', 'parked', 'stopping', 'refused'],
  charging: ['charging', 'parked', 'stopping'],
  parked: ['parked', 'stopping'],
  /** To starting: the driver goes on, in a session of its own. */
  stopping: ['bill', 'bill-later', 'starting'],
  'bill-later': ['bill', 'welcome', 'authorising', 'refused'],
  bill: ['welcome', 'authorising', 'refused'],
};

/** A driver may step up to these. */
export const FREE_SCREENS = ['welcome', 'refused', 'bill', 'bill-later'] as const satisfies readonly Screen[];
