import { sql } from 'kysely';
import type { Door } from '../door.ts';
import { inVersion } from '../objects/convert.ts';
import { OBJECT_MODULES, storedTree } from '../objects/modules.ts';
import type { OcpiOutcome } from '../partners/ask.ts';
import { askPartner } from '../partners/ask-partner.ts';
import { endpointOf, findPartner, type Partner } from '../partners/partner.ts';
import type { OutboxTable } from '../store/schema.ts';

type Row = OutboxTable & { readonly seq: bigint };

const AT_ONCE = 100;
const MOST_DOUBLINGS = 20;

/** The oldest of each object that is due: what comes after it waits for it. */
const dueRows = async ({ db, nowMs }: Door): Promise<readonly Row[]> => {
  const { rows } = await sql<Row>`
    select * from (
      select distinct on (partner_id, module, object_key) * from outbox where refused is null
      order by partner_id, module, object_key, seq
    ) heads where next_at_ms <= ${nowMs()} order by seq limit ${AT_ONCE}`.execute(db);
  return rows;
};

const send = async (door: Door, partner: Partner, row: Row): Promise<OcpiOutcome> => {
  const { version } = partner;
  const base = row.module === 'answers' ? '' : endpointOf(partner, row.module, 'RECEIVER');
  if (base === undefined || version === undefined)
    return { kind: 'refused', httpStatus: 0, detail: `it no longer takes ${row.module}` };
  const tree = storedTree(row.body);
  const isObject = OBJECT_MODULES.some((module) => module === row.module);
  return askPartner(door, partner, {
    method: row.method,
    // Itself as the partner wrote it: with and without a slash at its end may be two addresses.
    url: row.path === '' ? base : `${base.replace(/\/$/, '')}${row.path}`,
    ...(row.method !== 'DELETE' && { body: isObject ? inVersion(row.module, tree, version) : tree }),
    timeoutMs: door.settings.times.call,
  });
};

const settle = async ({ db, settings, nowMs, log }: Door, row: Row, outcome: OcpiOutcome): Promise<void> => {
  const { seq, partner_id: partner, module } = row;
  if (outcome.kind === 'ok') {
    await db.deleteFrom('outbox').where('seq', '=', seq).execute();
    return;
  }
  log.info({ partner, module, detail: outcome.detail }, 'push failed');
  if (outcome.kind === 'refused') {
    await db.updateTable('outbox').set({ refused: outcome.detail }).where('seq', '=', seq).execute();
    return;
  }
  const { firstRetry, longestRetry } = settings.times;
  const waitMs = Math.min(longestRetry, firstRetry * 2 ** Math.min(row.attempts, MOST_DOUBLINGS));
  await db
    .updateTable('outbox')
    .set({ attempts: row.attempts + 1, next_at_ms: nowMs() + (outcome.retryAfterMs ?? waitMs) })
    .where('seq', '=', seq)
    .execute();
};

/** Tells one partner what is due, until it is away; the others do not wait for it. */
const tellPartner = async (door: Door, partnerId: string, rows: readonly Row[]): Promise<void> => {
  const partner = await findPartner(door.db, partnerId);
  if (partner?.state !== 'registered') return;
  for (const row of rows) {
    const outcome = await send(door, partner, row);
    await settle(door, row, outcome);
    if (outcome.kind === 'away') return;
  }
};

/** Tells every partner what is due. */
export const sendDue = async (door: Door): Promise<void> => {
  const byPartner = new Map<string, Row[]>();
  for (const row of await dueRows(door))
    byPartner.set(row.partner_id, [...(byPartner.get(row.partner_id) ?? []), row]);
  await Promise.all([...byPartner].map(([partnerId, rows]) => tellPartner(door, partnerId, rows)));
};
