import { randomBytes } from 'node:crypto';
import { matchOrigin, type Demand, type Match } from '@roamgrid/domain';
import { kitError } from '@roamgrid/service-kit';
import {
  certificateCommands,
  LEDGER_LIMITS,
  originTree,
  type HeldWh,
  type OriginMatch,
  type Problem,
} from '@roamgrid/wire';
import { sql } from 'kysely';
import type { z } from 'zod';
import { periodEndMs, periodStartMs } from '../accounting/period.ts';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db, Trx } from '../store/database.ts';
import { newId } from '../store/ids.ts';

/**
 * Matches this utility's certificates of generation to its customers' sessions, quarter-hour by quarter-hour, and has what
 * was matched cancelled on the ledger. Matches are written before the ledger is told and count once it took them, so that
 * a crash in between neither loses a certificate nor uses a Wh twice.
 */

/** A session that ends in a period may have begun before it. */
const LONGEST_SESSION_MS = 7 * 86_400_000;

/** Sessions looked up in one statement. */
const LOOKED_UP = 1_000;

type Command = z.output<typeof certificateCommands.cancelCertificates>;
type Part = Command['parts'][number];

/** A range that is to be cancelled, with what is under its root. */
interface Cancelled {
  readonly held: HeldWh;
  readonly part: Part;
  readonly rows: readonly { readonly match: OriginMatch; readonly steps: string }[];
}

const nameOf = ({
  generatorId,
  quarterMs,
  fromWh,
}: Pick<HeldWh, 'generatorId' | 'quarterMs' | 'fromWh'>): string => `${generatorId} ${quarterMs} ${fromWh}`;

const allPages = async <P extends { readonly cursor: string }, T>(
  read: (after: string) => Promise<P>,
  itemsOf: (page: P) => readonly T[],
): Promise<readonly T[]> => {
  const all: T[] = [];
  let after = '';
  do {
    const page = await read(after);
    all.push(...itemsOf(page));
    after = page.cursor;
  } while (after !== '');
  return all;
};

/** What the contract said of the command itself; that it could not be told now is another matter. */
const isForGood = ({ code, status }: Problem): boolean => code.startsWith('LEDGER_') && status < 500;

/** Sessions whose bill can still say so: charged to somebody, and on no issued bill. */
const openOf = async (db: Db, sessionIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const open = new Set<string>();
  for (let from = 0; from < sessionIds.length; from += LOOKED_UP) {
    const rows = await db
      .selectFrom('cdr')
      .leftJoin('bill', 'bill.bill_id', 'cdr.bill_id')
      .select('cdr.session_id')
      .where('cdr.session_id', 'in', sessionIds.slice(from, from + LOOKED_UP))
      .where('verdict', '=', 'posted')
      .where(({ or, eb }) => or([eb('bill.state', 'is', null), eb('bill.state', '=', 'open')]))
      .execute();
    for (const row of rows) open.add(row.session_id);
  }
  return open;
};

/** What was matched already, by session and quarter-hour. */
const matchedBefore = async (db: Db, fromMs: number): Promise<ReadonlyMap<string, bigint>> => {
  const rows = await db
    .selectFrom('origin_match')
    .select(['session_id', 'quarter_ms', ({ fn }) => fn.sum<string>('energy_wh').as('wh')])
    .where('quarter_ms', '>=', fromMs)
    .groupBy(['session_id', 'quarter_ms'])
    .execute();
  return new Map(rows.map((row) => [`${row.session_id} ${row.quarter_ms}`, BigInt(row.wh)]));
};

/** Ranges that this node had cancelled, or is about to: its gateway's view of the ledger may lag behind. */
const takenRanges = async (db: Db, fromMs: number): Promise<ReadonlySet<string>> => {
  const rows = await db
    .selectFrom('origin_match')
    .select(['generator_id as generatorId', 'quarter_ms as quarterMs', 'from_wh as fromWh'])
    .distinct()
    .where('quarter_ms', '>=', fromMs)
    .execute();
  return new Set(rows.map(nameOf));
};

const cancelledOf = (held: HeldWh, matches: readonly { sessionId: string; wh: bigint }[]): Cancelled => {
  const { generatorId, quarterMs, fromWh } = held;
  const texts = matches.map(({ sessionId, wh }): OriginMatch => {
    const salt = randomBytes(32).toString('hex');
    return { type: 'originMatch', sessionId, generatorId, quarterMs, energyWh: wh, salt };
  });
  const tree = originTree(texts);
  const encode = (steps: ReturnType<typeof tree.stepsFrom>) =>
    JSON.stringify(steps.map(({ wh, ...step }) => ({ ...step, wh: wh.toString() })));
  return {
    held,
    part: { generatorId, quarterMs, holdingFromWh: fromWh, wh: tree.wh, matchRoot: tree.matchRoot },
    rows: texts.map((match, index) => ({ match, steps: encode(tree.stepsFrom(index)) })),
  };
};

const keep = async (trx: Trx, command: Command, cancelled: readonly Cancelled[], nowMs: number) => {
  const cancellation_id = command.cancellationId;
  await trx
    .insertInto('origin_cancellation')
    .values({
      cancellation_id,
      command: JSON.stringify(certificateCommands.cancelCertificates.encode(command)),
      state: 'told',
      formed_at_ms: nowMs,
    })
    .execute();
  for (const { held, part, rows } of cancelled)
    await trx
      .insertInto('origin_match')
      .values(
        rows.map(({ match, steps }) => ({
          cancellation_id,
          session_id: match.sessionId,
          generator_id: match.generatorId,
          quarter_ms: match.quarterMs,
          from_wh: part.holdingFromWh,
          range_wh: part.wh,
          energy_wh: match.energyWh,
          salt: match.salt,
          match_root: part.matchRoot,
          steps,
          source: held.source,
          area_id: held.areaId,
        })),
      )
      .execute();
};

export interface OriginOptions {
  readonly db: Db;
  readonly gateway: Pick<GatewayClient, 'holdings' | 'sessionQuarters' | 'cancelCertificates'>;
  readonly utilityId: string;
  readonly nowMs: () => number;
}

export const createOriginMatching = ({ db, gateway, utilityId, nowMs }: OriginOptions) => {
  /** Tells the ledger what was decided. A refusal for good gives certificates and sessions free again. */
  const tellAll = async (): Promise<void> => {
    const told = await db
      .selectFrom('origin_cancellation')
      .select(['cancellation_id', 'command'])
      .where('state', '=', 'told')
      .orderBy('formed_at_ms')
      .orderBy('cancellation_id')
      .execute();
    for (const { cancellation_id: id, command } of told) {
      const result = await gateway.cancelCertificates(command);
      const isRefused = !result.ok && result.failure.kind === 'problem' && isForGood(result.failure.problem);
      if (!result.ok && !isRefused)
        throw kitError('UNAVAILABLE', 'certificates could not be cancelled on the ledger', {
          cause: result.failure,
        });
      await db.transaction().execute(async (trx) => {
        await trx
          .updateTable('origin_cancellation')
          .set({ state: isRefused ? 'refused' : 'done' })
          .where('cancellation_id', '=', id)
          .execute();
        if (isRefused) await trx.deleteFrom('origin_match').where('cancellation_id', '=', id).execute();
      });
    }
  };

  const demandsOf = async (fromMs: number, endMs: number): Promise<readonly Demand[]> => {
    const sessions = await allPages(
      (after) => gateway.sessionQuarters(fromMs, endMs, after),
      (page) => page.sessions,
    );
    const open = await openOf(
      db,
      sessions.map(({ sessionId }) => sessionId),
    );
    const before = await matchedBefore(db, fromMs - LONGEST_SESSION_MS);
    return sessions
      .filter(({ sessionId }) => open.has(sessionId))
      .flatMap(({ sessionId, quarters }) =>
        quarters.map(({ quarterMs, energyWh }) => ({
          sessionId,
          quarterMs,
          wh: energyWh - (before.get(`${sessionId} ${quarterMs}`) ?? 0n),
        })),
      )
      .filter(({ wh }) => wh > 0n);
  };

  /** A record that came late goes on this period's bill: from the first end that no issued bill has. */
  const firstOpenMs = async (periodId: string): Promise<number> => {
    const { rows } = await sql<{ readonly ms: number | null }>`select least(
      (select min(end_ms) from cdr where verdict = 'posted' and bill_id is null),
      (select min(end_ms) from cdr join bill using (bill_id) where verdict = 'posted' and bill.state = 'open')) as ms`.execute(
      db,
    );
    return Math.min(periodStartMs(periodId), rows[0]?.ms ?? Number.POSITIVE_INFINITY);
  };

  const form = async (periodId: string): Promise<void> => {
    const fromMs = await firstOpenMs(periodId);
    const endMs = periodEndMs(periodId);
    const taken = await takenRanges(db, fromMs - LONGEST_SESSION_MS);
    const held = await allPages(
      (after) => gateway.holdings(fromMs - LONGEST_SESSION_MS, endMs, after),
      (page) => page.holdings,
    );
    const holdings = held.filter((each) => !taken.has(nameOf(each)));
    if (holdings.length === 0) return;
    const heldBy = new Map(holdings.map((each) => [nameOf(each), each]));
    const supplies = holdings.map((each) => ({
      certificateId: nameOf(each),
      quarterMs: each.quarterMs,
      wh: each.toWh - each.fromWh,
    }));
    const matches = new Map<string, Match[]>();
    for (const match of matchOrigin(supplies, await demandsOf(fromMs, endMs))) {
      const under = matches.get(match.certificateId);
      if (under === undefined) matches.set(match.certificateId, [match]);
      else under.push(match);
    }
    const cancelled = [...matches].flatMap(([name, under]) => {
      const holding = heldBy.get(name);
      return holding === undefined ? [] : [cancelledOf(holding, under)];
    });
    for (let from = 0; from < cancelled.length; from += LEDGER_LIMITS.batchItems) {
      const some = cancelled.slice(from, from + LEDGER_LIMITS.batchItems);
      const id = newId('origin');
      const command = {
        commandId: id,
        holder: utilityId,
        cancellationId: id,
        parts: some.map(({ part }) => part),
      };
      await db.transaction().execute((trx) => keep(trx, command, some, nowMs()));
    }
  };

  /** Before a period is billed. Running it again matches what has come since, and nothing twice. @throws ServiceError UNAVAILABLE */
  return serially(async (periodId: string): Promise<void> => {
    await tellAll();
    await form(periodId);
    await tellAll();
  });
};

export type OriginMatching = ReturnType<typeof createOriginMatching>;
