import type { Door } from '../door.ts';
import type { Takers } from './inbox.ts';
import { takeCdr } from './take-cdr.ts';

/** What is done with what partners tell. */
export const takersOf = ({ db, nowMs }: Door): Takers => ({
  cdrs: async (_partner, place, tree) => {
    await takeCdr(db, place, tree, nowMs());
  },
});
