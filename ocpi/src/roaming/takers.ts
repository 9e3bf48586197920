import type { Door } from '../door.ts';
import type { Takers } from './inbox.ts';
import { takeToken } from './stand-in/cards.ts';
import type { Machines } from './stand-in/machines.ts';
import { takeCdr } from './take-cdr.ts';

/**
 * What is done with what partners tell.
 * @param machines of a utility that stands in for partners
 */
export const takersOf = ({ db, nowMs }: Door, machines: Machines | undefined): Takers => ({
  ...(machines && { tokens: takeToken(db, machines) }),
  cdrs: async (_partner, place, tree) => {
    await takeCdr(db, place, tree, nowMs());
  },
});
