import type { Door } from '../door.ts';
import { partnerOf } from './partner.ts';
import { rotateWith } from './registration.ts';

const AGAIN_MS = 3_600_000;

/** Makes new the tokens whose time for it has come; where that fails it is tried again in an hour, long before they end. */
export const rotateDue = async (door: Door): Promise<void> => {
  const { db, nowMs, log } = door;
  const due = await db
    .selectFrom('partner')
    .selectAll()
    .where('state', '=', 'registered')
    .where('rotate_at_ms', '<=', nowMs())
    .execute();
  for (const row of due) {
    await db
      .updateTable('partner')
      .set({ rotate_at_ms: nowMs() + AGAIN_MS })
      .where('partner_id', '=', row.partner_id)
      .execute();
    await rotateWith(door, partnerOf(row)).catch((thrown: unknown) => {
      log.warn({ err: thrown, partner: row.partner_id }, 'tokens were not rotated');
    });
  }
  await db.deleteFrom('partner_token').where('expires_at_ms', '<=', nowMs()).execute();
};
