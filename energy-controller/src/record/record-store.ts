import { energyMilliWhCodec, signedInterval, type SignedInterval, type SiteAllocation } from '@roamgrid/wire';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../store/tables.ts';
import type { Batch } from './batch.ts';
import type { Metered } from './metered.ts';
import { computeW, decidedSlot, type DecidedSlot } from './slot.ts';

/** By source, as it is kept. */
const carCarry = z.codec(z.record(z.string(), energyMilliWhCodec), z.map(z.string(), z.bigint()), {
  decode: (kept) => new Map(Object.entries(kept)),
  encode: (carried) => Object.fromEntries(carried),
});

/** A batch that was formed, and whether the ledger has it. */
export interface KeptBatch extends SiteAllocation {
  /** What of each car was signed and stands in no slot yet, mWh. */
  readonly carCarry: ReadonlyMap<string, bigint>;
  readonly body: unknown;
}

/** What a site keeps of its slots until the ledger has them: decisions, what meters signed, and batches on their way. */
export class RecordStore {
  readonly #db: Db;
  readonly #siteId: string;

  constructor(db: Db, siteId: string) {
    this.#db = db;
    this.#siteId = siteId;
  }

  /** Of the decisions in one slot, the one that leaves the servers most is kept, with those in which cars gave more. */
  async keepSlot(slot: DecidedSlot): Promise<void> {
    const values = { compute_w: computeW(slot), body: JSON.stringify(decidedSlot.encode(slot)) };
    await this.#db
      .insertInto('slot')
      .values({ site_id: this.#siteId, slot_ms: BigInt(slot.slotMs), ...values })
      .onConflict((conflict) =>
        conflict
          .columns(['site_id', 'slot_ms'])
          .doUpdateSet(values)
          .where('slot.compute_w', '<=', values.compute_w),
      )
      .execute();
  }

  /** What is kept of one slot. */
  async slotAt(slotMs: number): Promise<DecidedSlot | undefined> {
    const [slot] = await this.slots(slotMs, 1);
    return slot?.slotMs === slotMs ? slot : undefined;
  }

  /** The first slots from an instant on. */
  async slots(fromMs: number, limit: number): Promise<readonly DecidedSlot[]> {
    const rows = await this.#db
      .selectFrom('slot')
      .select('body')
      .where('site_id', '=', this.#siteId)
      .where('slot_ms', '>=', BigInt(fromMs))
      .orderBy('slot_ms')
      .limit(limit)
      .execute();
    return rows.map(({ body }) => decidedSlot.parse(body));
  }

  async keepIntervals(loadId: string, intervals: Metered): Promise<void> {
    if (intervals.length === 0) return;
    await this.#db
      .insertInto('compute_interval')
      .values(
        intervals.map((interval) => ({
          ...{ site_id: this.#siteId, load_id: loadId },
          ...{ from_ms: BigInt(interval.fromMs), to_ms: BigInt(interval.toMs) },
          body: JSON.stringify(signedInterval.encode(interval)),
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async lastInterval(loadId: string): Promise<SignedInterval | undefined> {
    const row = await this.#db
      .selectFrom('compute_interval')
      .select('body')
      .where('site_id', '=', this.#siteId)
      .where('load_id', '=', loadId)
      .orderBy('to_ms', 'desc')
      .executeTakeFirst();
    return row && signedInterval.parse(row.body);
  }

  /** What ended at an instant or after it, and the last one in any case. */
  async intervalsFrom(loadId: string, fromMs: number): Promise<Metered> {
    const rows = await this.#db
      .selectFrom('compute_interval')
      .select('body')
      .where('site_id', '=', this.#siteId)
      .where('load_id', '=', loadId)
      .where('to_ms', '>=', BigInt(fromMs))
      .orderBy('from_ms')
      .execute();
    if (rows.length > 0) return rows.map(({ body }) => signedInterval.parse(body));
    const last = await this.lastInterval(loadId);
    return last === undefined ? [] : [last];
  }

  /** Batches, newest first. */
  async batches(beforeMs: number, limit: number): Promise<readonly KeptBatch[]> {
    const rows = await this.#db
      .selectFrom('allocation_batch')
      .selectAll()
      .where('site_id', '=', this.#siteId)
      .where('from_ms', '<', BigInt(beforeMs))
      .orderBy('from_ms', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      ...{ batchId: row.batch_id, state: row.state, body: row.body },
      ...{ fromMs: Number(row.from_ms), untilMs: Number(row.until_ms) },
      ...{ serversWh: row.servers_wh, carryMilliWh: row.carry_milli_wh, givenWh: row.given_wh },
      carCarry: carCarry.parse(row.car_carry),
      ...(row.refusal !== null && { refusal: row.refusal }),
    }));
  }

  /** Before it is told. One of the same slots stays when there is one already. */
  async keepBatch(batch: Batch): Promise<void> {
    const { batchId, fromMs, untilMs, serversWh, givenWh, carryMilliWh, body } = batch;
    await this.#db
      .insertInto('allocation_batch')
      .values({
        ...{ site_id: this.#siteId, batch_id: batchId, state: 'open' },
        ...{ from_ms: BigInt(fromMs), until_ms: BigInt(untilMs), servers_wh: serversWh },
        ...{ carry_milli_wh: carryMilliWh, body: JSON.stringify(body), refusal: null, given_wh: givenWh },
        car_carry: JSON.stringify(carCarry.encode(new Map(batch.carCarry))),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async markTaken(fromMs: number): Promise<void> {
    await this.#db
      .updateTable('allocation_batch')
      .set({ state: 'taken', refusal: null, body: sql`'null'::jsonb` })
      .where('site_id', '=', this.#siteId)
      .where('from_ms', '=', BigInt(fromMs))
      .execute();
  }

  async markRefused(fromMs: number, refusal: string): Promise<void> {
    await this.#db
      .updateTable('allocation_batch')
      .set({ state: 'refused', refusal })
      .where('site_id', '=', this.#siteId)
      .where('from_ms', '=', BigInt(fromMs))
      .execute();
  }

  /** In the place of one that the ledger refused. */
  async formAnew(batch: Batch): Promise<void> {
    await this.#db
      .deleteFrom('allocation_batch')
      .where('site_id', '=', this.#siteId)
      .where('from_ms', '=', BigInt(batch.fromMs))
      .where('state', '=', 'refused')
      .execute();
    await this.keepBatch(batch);
  }
}
