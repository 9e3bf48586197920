import assert from 'node:assert/strict';
import { by, DAY_MS, NOW_MS } from '../testing/parties.ts';
import { closeSession } from '../testing/closed.ts';
import { expiring, HOME_GRACE_MS, OVER_MS } from './expiry.ts';
import type { GuardTest } from './world.ts';

/** What a party's own word about time could do. That "now" is nobody's word is the endorsers' clocks' to guard. */

export const timeGuards: readonly GuardTest[] = [
  {
    id: 'opening-late',
    title: 'a session whose opening was recorded later than agreed after its start is not closed',
    run: async (world) => {
      const place = await world.place();
      const lateMs = OVER_MS + DAY_MS;
      const [session] = await world.opened(place, [1], {}, lateMs);
      assert.ok(session);
      const told = place.lane.settle(`b-${place.group}`, [closeSession(session)]);
      await world.refuses({ ...told, nowMs: NOW_MS }, 'EXPIRED');
    },
  },
  {
    id: 'settle-late',
    title: 'an end that comes later than agreed and was not claimed is not closed',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const told = place.lane.settle(`b-${place.group}`, [closed]);
      await world.refuses({ ...told, nowMs: OVER_MS }, 'EXPIRED');
    },
  },
  {
    id: 'expire-early',
    title: 'nobody ends a session before its time is over, and home not before the grace',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const home = expiring(place, closed);
      await world.refuses({ ...home, nowMs: OVER_MS + HOME_GRACE_MS }, 'WRONG_STATE');
      const visited = expiring(place, closed, by('USDUK', 'operator'));
      await world.refuses({ ...visited, nowMs: OVER_MS }, 'WRONG_STATE');
      await world.tell({ ...visited, nowMs: OVER_MS + 1 });
    },
  },
];
