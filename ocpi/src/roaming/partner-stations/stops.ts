import { askCommand } from '../../modules/ask-command.ts';
import { findPartner } from '../../partners/partner.ts';
import type { StationsContext } from './context.ts';
import type { SessionRow } from './rows.ts';

const MOST_TRIES = 8;
const AT_ONCE = 50;

type Heard = Pick<SessionRow, 'stop' | 'stop_note' | 'stop_tries' | 'stop_at_ms'>;

const askOne = async ({ door }: StationsContext, row: SessionRow): Promise<Heard> => {
  const { firstRetry, longestRetry } = door.settings.times;
  const stop_tries = row.stop_tries + 1;
  const partner = await findPartner(door.db, row.partner_id);
  if (partner === undefined || row.session_id === null)
    return { stop: 'not-possible', stop_note: 'there is nobody to ask', stop_tries, stop_at_ms: null };
  const asked = await askCommand(door, partner, 'STOP_SESSION', { session_id: row.session_id });
  if (!('fault' in asked)) return { stop: 'asked', stop_note: asked.response, stop_tries, stop_at_ms: null };
  const stop_note = `${asked.fault}: ${asked.detail}`;
  if (asked.fault !== 'away' || stop_tries >= MOST_TRIES)
    return { stop: 'not-possible', stop_note, stop_tries, stop_at_ms: null };
  const waitMs = Math.min(longestRetry, firstRetry * 2 ** row.stop_tries);
  return { stop: 'due', stop_note, stop_tries, stop_at_ms: door.nowMs() + waitMs };
};

/** Asks partners to stop what nobody would pay for; who takes no commands is noted. Spec: OCPI 2.2.1 mod_commands. */
export const askStops = async (context: StationsContext): Promise<void> => {
  const { db, nowMs } = context.door;
  const rows = await db
    .selectFrom('partner_session')
    .selectAll()
    .where('stop', '=', 'due')
    .where('stop_at_ms', '<=', nowMs())
    .orderBy('stop_at_ms')
    .limit(AT_ONCE)
    .execute();
  for (const row of rows) {
    await db
      .updateTable('partner_session')
      .set(await askOne(context, row))
      .where('partner_id', '=', row.partner_id)
      .where('owner', '=', row.owner)
      .where('session_key', '=', row.session_key)
      .where('stop', '=', 'due')
      .execute();
  }
};
