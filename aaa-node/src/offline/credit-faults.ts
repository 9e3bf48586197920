import { phoneCreditFault, type PhoneCreditFault, type PhoneCreditFaults } from '@roamgrid/wire';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import { bookedUnder } from '../accounting/check-cdr.ts';
import type { Db, Trx } from '../store/database.ts';
import type { CreditFaultTable } from './credit-tables.ts';
import { exposureOf, outletsOf, type ExposedToken } from './exposure.ts';
import { takeBackPhone } from './revoke.ts';

/** What was found out about phones by what they told. */

interface FaultPage {
  readonly before?: string;
  readonly limit: number;
}

type Found = Pick<CreditFaultTable, 'key_point' | 'customer_id' | 'phone_id' | 'kind' | 'detail'> & {
  readonly evidence: { readonly head: string; readonly entries: readonly string[] };
};

/** Tokens of a phone that chargers may still start by. */
const exposed = async (trx: Trx, { customer_id, phone_id }: Found, nowMs: number) => {
  const rows = await trx
    .selectFrom('offline_token')
    .select(['token_id', 'currency', 'cost_micros', 'signed_quote', 'until_ms'])
    .where('customer_id', '=', customer_id)
    .where('phone_id', '=', phone_id)
    .where('until_ms', '>', nowMs)
    .execute();
  const tokens: ExposedToken[] = [];
  for (const row of rows)
    tokens.push({
      ...{ currency: row.currency, costMicros: row.cost_micros, outlets: outletsOf(row.signed_quote) },
      bookedMicros: (await bookedUnder(trx, row.token_id)).micros,
    });
  return { exposure: exposureOf(tokens), untilMs: Math.max(0, ...rows.map((row) => row.until_ms)) };
};

/**
 * Writes down what was found, once a key and kind. The key of a phone that was copied or set back is taken back, and its open tokens with it; records of sessions that began by
 * it are booked as ever, once each.
 */
export const foundFault = async (trx: Trx, found: Found, nowMs: number): Promise<void> => {
  const { exposure, untilMs } = await exposed(trx, found, nowMs);
  await trx
    .insertInto('credit_fault')
    .values({
      ...found,
      found_at_ms: nowMs,
      evidence: JSON.stringify(found.evidence),
      exposure: JSON.stringify(z.encode(phoneCreditFault.shape.exposure, exposure)),
      open_until_ms: untilMs === 0 ? null : untilMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  if (found.kind !== 'broken') await takeBackPhone(trx, found.customer_id, found.phone_id, nowMs);
};

const shownFault = (row: Selectable<CreditFaultTable>): PhoneCreditFault => ({
  ...{ phoneId: row.phone_id, kind: row.kind, detail: row.detail, foundAtMs: row.found_at_ms },
  exposure: phoneCreditFault.shape.exposure.decode(
    row.exposure as z.input<typeof phoneCreditFault.shape.exposure>,
  ),
  ...(row.open_until_ms !== null && { openUntilMs: row.open_until_ms }),
});

/** The first that was found of each key. */
export const faultsOf = async (
  db: Db,
  keyPoints: readonly string[],
): Promise<ReadonlyMap<string, { readonly fault: PhoneCreditFault }>> => {
  const rows = await db
    .selectFrom('credit_fault')
    .selectAll()
    .where('key_point', 'in', [...keyPoints, ''])
    .orderBy('found_at_ms', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.key_point, { fault: shownFault(row) }]));
};

/** The latest first, from before a place in the list on; `cursor` is the place of the last one, absent on the last page. */
export const latestFaults = async (db: Db, { before, limit }: FaultPage): Promise<PhoneCreditFaults> => {
  let list = db.selectFrom('credit_fault').selectAll().orderBy('seq', 'desc').limit(limit);
  if (before !== undefined) list = list.where('seq', '<', Number(before));
  const rows = await list.execute();
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    faults: rows.map((row) => ({ ...shownFault(row), customerId: row.customer_id })),
    ...(last !== undefined && { cursor: last.seq.toString() }),
  };
};
