import { instantMs, parseOpened, recordId, sessionId as sessionIdSchema, utilityId } from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { openBodies } from './opening-proof.ts';

/** Lists whose cursor is a position in time or in the chain. */

const paging = {
  after: z
    .string()
    .regex(/^\d{1,18}(\/\d{1,9})?$/)
    .exactOptional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
};
const instant = z.coerce.number().pipe(instantMs);

export const demandFilter = z.strictObject({
  ...paging,
  utilityId,
  areaId: recordId,
  fromMs: instant.exactOptional(),
  untilMs: instant.exactOptional(),
});

const withCursor = <T>(items: T[], full: boolean, cursor: string | undefined) => ({
  items,
  ...(full && cursor !== undefined ? { cursor } : {}),
});

export const listDemand = async (db: Kysely<GatewayDb>, filter: z.output<typeof demandFilter>) => {
  const { utilityId: utility, areaId, fromMs, untilMs, after, limit } = filter;
  let query = db
    .selectFrom('demand')
    .selectAll()
    .where('utility_id', '=', utility)
    .where('area_id', '=', areaId)
    .orderBy('at_ms')
    .limit(limit);
  if (fromMs !== undefined) query = query.where('at_ms', '>=', BigInt(fromMs));
  if (untilMs !== undefined) query = query.where('at_ms', '<', BigInt(untilMs));
  if (after !== undefined) query = query.where('at_ms', '>', BigInt(after.split('/')[0] ?? '0'));
  const rows = await query.execute();
  return withCursor(
    rows.map((row) => ({
      utilityId: row.utility_id,
      areaId: row.area_id,
      atMs: Number(row.at_ms),
      intervalMs: row.interval_ms,
      demandW: BigInt(row.demand_w),
    })),
    rows.length === limit,
    rows.at(-1)?.at_ms.toString(),
  );
};

export const socFilter = z.strictObject({ ...paging, sessionId: sessionIdSchema });

/** States of charge from the notes of a session, which its parties alone have. */
export const listSoc = async (db: Kysely<GatewayDb>, filter: z.output<typeof socFilter>) => {
  const { sessionId, after, limit } = filter;
  const from = after?.split('/').map(BigInt) ?? [];
  let query = db
    .selectFrom('session_note')
    .select(['at_ms', 'sequence', 'soc_ppm'])
    .where('session_id', '=', sessionId)
    .where('soc_ppm', 'is not', null)
    .orderBy('at_ms')
    .orderBy('sequence')
    .limit(limit);
  if (after !== undefined)
    query = query.where(sql<boolean>`(at_ms, sequence) > (${from[0] ?? 0n}, ${Number(from[1] ?? 0n)})`);
  const rows = await query.execute();
  const body = (await openBodies(db, [sessionId])).get(sessionId);
  const stationId = body && parseOpened(body).open.quote.stationId;
  const last = rows.at(-1);
  return withCursor(
    rows.map(({ at_ms, soc_ppm }) => ({
      sessionId,
      ...(stationId !== undefined && { stationId }),
      atMs: Number(at_ms),
      socPpm: soc_ppm ?? 0,
    })),
    rows.length === limit,
    last && `${last.at_ms}/${last.sequence}`,
  );
};

export const transactionFilter = z.strictObject({
  ...paging,
  valid: z.enum(['true', 'false']).exactOptional(),
});

export const listTransactions = async (db: Kysely<GatewayDb>, filter: z.output<typeof transactionFilter>) => {
  const { valid, after, limit } = filter;
  let query = db
    .selectFrom('ledger_transaction')
    .selectAll()
    .orderBy('block_number')
    .orderBy('tx_index')
    .limit(limit);
  if (valid !== undefined) query = query.where('valid', '=', valid === 'true');
  if (after !== undefined) {
    const [block = '0', index = '0'] = after.split('/');
    query = query.where(sql<boolean>`(block_number, tx_index) > (${BigInt(block)}, ${Number(index)})`);
  }
  const rows = await query.execute();
  const last = rows.at(-1);
  return withCursor(
    rows.map((row) => ({
      transactionId: row.transaction_id,
      blockNumber: row.block_number.toString(),
      index: row.tx_index,
      valid: row.valid,
      validationCode: row.validation_code,
      creatorMspId: row.creator_msp,
      atMs: Number(row.at_ms),
    })),
    rows.length === limit,
    last && `${last.block_number}/${last.tx_index}`,
  );
};
