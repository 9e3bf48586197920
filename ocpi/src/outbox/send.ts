import { sql } from 'kysely';
import type { Door } from '../door.ts';
import { inVersion } from '../objects/convert.ts';
import { OBJECT_MODULES, storedTree } from '../objects/modules.ts';
import type { JsonTree } from '../objects/read.ts';
import type { OcpiOutcome } from '../partners/ask.ts';
import { askPartner, partyFor } from '../partners/ask-partner.ts';
import { endpointOf, findPartner, type Partner } from '../partners/partner.ts';
import { SESSION_TURN } from './outbox.ts';
import type { OutboxTable } from '../store/schema.ts';

type Row = OutboxTable & { readonly seq: bigint };

const AT_ONCE = 100;
const MOST_DOUBLINGS = 20;
const UNAUTHORIZED = 401;

/** What can be the next of its turn. A CDR that was refused holds what takes it back; another object's newer state takes its place. */
const canBeNext = sql`(refused is null or module = 'cdrs')`;

/** Partners to whom something is due. */
const duePartners = async ({ db, nowMs }: Door): Promise<readonly string[]> => {
  const { rows } = await sql<{ readonly partner_id: string }>`
    select distinct heads.partner_id from (
      select distinct on (partner_id, module, turn_key) partner_id, next_at_ms, refused from outbox where ${canBeNext}
      order by partner_id, module, turn_key, seq
    ) heads join partner on partner.partner_id = heads.partner_id
    where refused is null and next_at_ms <= ${nowMs()} and partner.state = 'registered'`.execute(db);
  return rows.map(({ partner_id: partnerId }) => partnerId);
};

/**
 * The oldest of each turn of a partner's that is due: what comes after it waits for it, and CDRs for their session. What failed before
 * does so after the others.
 */
const dueRows = async ({ db, nowMs }: Door, partnerId: string): Promise<readonly Row[]> => {
  const { rows } = await sql<Row>`
    select * from (
      select distinct on (module, turn_key) * from outbox where ${canBeNext} and partner_id = ${partnerId}
      order by module, turn_key, seq
    ) heads where refused is null and next_at_ms <= ${nowMs()} and not (module = 'cdrs' and exists (
      select 1 from outbox session where session.partner_id = ${partnerId} and session.module = 'sessions'
        and ${SESSION_TURN} || session.object_key = heads.turn_key and session.seq < heads.seq and session.refused is null
    )) order by attempts, seq limit ${AT_ONCE}`.execute(db);
  return rows;
};

/** What moves in an object of ours while it goes on. Spec: OCPI 2.2.1 mod_sessions, Receiver Interface, PATCH Method. */
const MOVING = ['kwh', 'total_cost', 'last_updated'] as const;

const movingIn = (tree: JsonTree): JsonTree =>
  Object.fromEntries(MOVING.flatMap((field) => (field in tree ? [[field, tree[field]]] : [])));

const send = async (door: Door, partner: Partner, row: Row): Promise<OcpiOutcome> => {
  const { version } = partner;
  const base = row.module === 'answers' ? '' : endpointOf(partner, row.module, 'RECEIVER');
  if (base === undefined || version === undefined)
    return { kind: 'refused', httpStatus: 0, detail: `it no longer takes ${row.module}` };
  const tree = storedTree(row.body);
  const module = OBJECT_MODULES.find((one) => one === row.module);
  const to = module && partyFor(partner, module, tree);
  const told = row.method === 'PATCH' ? movingIn(tree) : tree;
  const outcome = await askPartner(door, partner, {
    method: row.method,
    // Itself as the partner wrote it: with and without a slash at its end may be two addresses.
    url: row.path === '' ? base : `${base.replace(/\/$/, '')}${row.path}`,
    ...(row.method !== 'DELETE' && { body: module ? inVersion(module, told, version) : told }),
    ...(to && { to }),
    timeoutMs: door.settings.times.call,
  });
  // It does not know our token: what it was to be told waits until tokens are right again.
  return outcome.kind === 'refused' && outcome.httpStatus === UNAUTHORIZED
    ? { kind: 'away', detail: outcome.detail }
    : outcome;
};

const backOffMs = ({ times }: Door['settings'], failures: number): number =>
  Math.min(times.longestRetry, times.firstRetry * 2 ** Math.min(failures, MOST_DOUBLINGS));

const settle = async ({ db, settings, nowMs, log }: Door, row: Row, outcome: OcpiOutcome): Promise<void> => {
  const { seq, partner_id: partner, module } = row;
  if (outcome.kind === 'ok') {
    await db.deleteFrom('outbox').where('seq', '=', seq).execute();
    return;
  }
  log.info({ partner, module, detail: outcome.detail }, 'push failed');
  if (outcome.kind === 'refused' && row.method === 'PATCH') {
    // It does not have what was to be changed, or takes no changes: then it is told the whole.
    await db.updateTable('outbox').set({ method: 'PUT' }).where('seq', '=', seq).execute();
    return;
  }
  if (outcome.kind === 'refused') {
    await db.updateTable('outbox').set({ refused: outcome.detail }).where('seq', '=', seq).execute();
    return;
  }
  const waitMs = outcome.retryAfterMs ?? backOffMs(settings, row.attempts);
  await db
    .updateTable('outbox')
    .set({ attempts: row.attempts + 1, next_at_ms: nowMs() + waitMs })
    .where('seq', '=', seq)
    .execute();
};

/** Whatever waits for a partner that is away waits with the one that found out. */
const defer = async ({ db, nowMs }: Door, partnerId: string, waitMs: number): Promise<void> => {
  const untilMs = nowMs() + waitMs;
  await db
    .updateTable('outbox')
    .set({ next_at_ms: untilMs })
    .where('partner_id', '=', partnerId)
    .where('refused', 'is', null)
    .where('next_at_ms', '<', untilMs)
    .execute();
};

/** Tells every partner what is due, each at its own pace. */
export interface Sender {
  /** Begins with those to whom something is due and who are not being told already; waits for none of them. */
  round(): Promise<void>;
  /** Ends when what is under way was answered, and begins nothing more. */
  stop(): Promise<void>;
}

export const createSender = (door: Door): Sender => {
  const { db, settings, log } = door;
  const telling = new Map<string, Promise<void>>();
  /** How often in a row a partner was away. */
  const away = new Map<string, number>();
  let isStopped = false;

  const tell = async (partnerId: string): Promise<void> => {
    for (const row of await dueRows(door, partnerId)) {
      const partner = await findPartner(db, partnerId);
      if (isStopped || partner?.state !== 'registered') return;
      const outcome = await send(door, partner, row);
      await settle(door, row, outcome);
      if (outcome.kind === 'away') {
        const times = away.get(partnerId) ?? 0;
        away.set(partnerId, times + 1);
        return defer(door, partnerId, outcome.retryAfterMs ?? backOffMs(settings, times));
      }
      away.delete(partnerId);
    }
  };

  return {
    async round() {
      for (const partnerId of await duePartners(door)) {
        if (isStopped || telling.has(partnerId)) continue;
        const told = tell(partnerId)
          .catch((thrown: unknown) => {
            log.error({ err: thrown, partner: partnerId }, 'pushes failed');
          })
          .finally(() => telling.delete(partnerId));
        telling.set(partnerId, told);
      }
    },
    async stop() {
      isStopped = true;
      await Promise.all(telling.values());
    },
  };
};
