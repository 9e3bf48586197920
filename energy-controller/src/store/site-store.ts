import { siteDecision, siteThingId, powerWCodec, instantMs, type SiteDecisionMessage } from '@roamgrid/wire';
import { sql, type RawBuilder } from 'kysely';
import { z } from 'zod';
import type { KeptLease } from '../cloud/follower.ts';
import type { Order } from '../site/commitments.ts';
import type { Trip } from '../site/guard.ts';
import type { Db } from './tables.ts';

const keptOrders = z.array(
  z.strictObject({
    claimId: siteThingId,
    loadId: siteThingId,
    nodeId: siteThingId,
    laneW: z.array(powerWCodec),
    lapsesAtMs: instantMs,
  }),
);

const keptTrip = z.strictObject({
  atMs: instantMs,
  cause: z.enum(['OVER_BUDGET', 'BLIND']),
  of: z.string(),
  measuredW: z.string().transform(BigInt),
  budgetW: z.string().transform(BigInt),
});

const keptTripText = ({ measuredW, budgetW, ...trip }: Trip): string =>
  JSON.stringify({ ...trip, measuredW: measuredW.toString(), budgetW: budgetW.toString() });

export interface SiteEvent {
  readonly atMs: number;
  readonly kind: 'trip' | 'reset' | 'change' | 'start';
  readonly by?: string;
  readonly detail: string;
}

/** Whether the ledger has an event of a house, and where. */
export type LedgerPlace =
  | { readonly state: 'waiting' }
  | { readonly state: 'told'; readonly number: number }
  | { readonly state: 'refused'; readonly number: number; readonly why: string }
  | {
      readonly state: 'confirmed';
      readonly number: number;
      readonly blockNumber: string;
      readonly transactionId: string;
    };
export interface PlacedEvent extends SiteEvent {
  readonly ledger: LedgerPlace;
}

interface BatchColumns {
  readonly house_number: number | null;
  readonly state: 'open' | 'taken' | 'refused' | null;
  readonly refusal: string | null;
  readonly block_number: bigint | null;
  readonly transaction_id: string | null;
}

const placeOf = ({ house_number, state, ...row }: BatchColumns): LedgerPlace => {
  if (house_number === null || state === null) return { state: 'waiting' };
  const number = house_number;
  if (state === 'refused') return { state, number, why: row.refusal ?? '' };
  if (state === 'open' || row.block_number === null || row.transaction_id === null)
    return { state: 'told', number };
  return {
    ...{ state: 'confirmed', number },
    ...{ blockNumber: row.block_number.toString(), transactionId: row.transaction_id },
  };
};

export interface Sample {
  readonly atMs: number;
  readonly of: string;
  readonly kind: 'source' | 'load';
  readonly measuredW: bigint;
  readonly energyMilliWh: bigint;
}

/** What a site keeps: orders in force, decisions, samples, its guard's state and what happened. */
export class SiteStore {
  readonly #db: Db;
  readonly #siteId: string;
  #epoch = 0n;

  constructor(db: Db, siteId: string) {
    this.#db = db;
    this.#siteId = siteId;
  }

  /** From now on this run of the service alone tells orders. @returns those that may be in force. */
  async takeOver(nowMs: number): Promise<readonly Order[]> {
    const row = await this.#db
      .insertInto('standing_orders')
      .values({ site_id: this.#siteId, epoch: 1n, at_ms: BigInt(nowMs), orders: '[]' })
      .onConflict((conflict) =>
        conflict
          .column('site_id')
          .doUpdateSet(({ eb, ref }) => ({ epoch: eb(ref('standing_orders.epoch'), '+', 1n) })),
      )
      .returning(['epoch', 'orders'])
      .executeTakeFirstOrThrow();
    this.#epoch = row.epoch;
    return keptOrders.parse(row.orders);
  }

  /** @throws Error when another run of the service has taken over, or the database is away. */
  async keepOrders(atMs: number, orders: readonly Order[]): Promise<void> {
    const body = keptOrders.encode(orders.map(({ laneW, ...order }) => ({ ...order, laneW: [...laneW] })));
    const { numUpdatedRows } = await this.#db
      .updateTable('standing_orders')
      .set({ at_ms: BigInt(atMs), orders: JSON.stringify(body) })
      .where('site_id', '=', this.#siteId)
      .where('epoch', '=', this.#epoch)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new Error(`another process runs ${this.#siteId}: end one of them`);
  }

  async keepDecision(atMs: number, decision: SiteDecisionMessage): Promise<void> {
    await this.#db
      .insertInto('decision')
      .values({
        site_id: this.#siteId,
        at_ms: BigInt(atMs),
        body: JSON.stringify(siteDecision.encode(decision)),
      })
      .execute();
  }

  /** Newest first. */
  async decisions(fromMs: number, beforeMs: number, limit: number): Promise<readonly SiteDecisionMessage[]> {
    const rows = await this.#db
      .selectFrom('decision')
      .select(['decision_id', 'body'])
      .where('site_id', '=', this.#siteId)
      .where('at_ms', '>=', BigInt(fromMs))
      .where('at_ms', '<', BigInt(beforeMs))
      .orderBy('at_ms', 'desc')
      .orderBy('decision_id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ decision_id: id, body }) => ({
      ...siteDecision.parse(body),
      decisionId: id.toString(),
    }));
  }

  async keepSamples(samples: readonly Sample[]): Promise<void> {
    if (samples.length === 0) return;
    await this.#db
      .insertInto('sample')
      .values(
        samples.map(({ atMs, of, kind, measuredW, energyMilliWh }) => ({
          site_id: this.#siteId,
          at_ms: BigInt(atMs),
          device: of,
          kind,
          measured_w: measuredW,
          energy_milli_wh: energyMilliWh,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** Oldest first. */
  async samples(fromMs: number, beforeMs: number, limit: number): Promise<readonly Sample[]> {
    const rows = await this.#db
      .selectFrom('sample')
      .selectAll()
      .where('site_id', '=', this.#siteId)
      .where('at_ms', '>=', BigInt(fromMs))
      .where('at_ms', '<', BigInt(beforeMs))
      .orderBy('at_ms')
      .orderBy('device')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      atMs: Number(row.at_ms),
      of: row.device,
      kind: row.kind,
      measuredW: row.measured_w,
      energyMilliWh: row.energy_milli_wh,
    }));
  }

  /** Energy that the site's loads took in samples that begin in a span, mWh; undefined without a sample. */
  async takenMilliWh(fromMs: number, untilMs: number): Promise<bigint | undefined> {
    const rows = await this.#db
      .selectFrom('sample')
      .select('energy_milli_wh')
      .where('site_id', '=', this.#siteId)
      .where('kind', '=', 'load')
      .where('at_ms', '>=', BigInt(fromMs))
      .where('at_ms', '<', BigInt(untilMs))
      .execute();
    return rows.length === 0 ? undefined : rows.reduce((sum, row) => sum + row.energy_milli_wh, 0n);
  }

  /** What some loads took and some sources gave in a span, by steps of so many ms in which there is a sample, mWh. */
  async used(
    { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
    stepMs: number,
    of: { readonly loadIds: readonly string[]; readonly sourceIds: readonly string[] },
  ): Promise<
    readonly { readonly atMs: number; readonly takenMilliWh: bigint; readonly boughtMilliWh: bigint }[]
  > {
    const step = sql<bigint>`at_ms - mod(at_ms, ${stepMs}::int8)`;
    const among = (ids: readonly string[]) =>
      ids.length === 0 ? sql`false` : sql`device in (${sql.join(ids)})`;
    const sum = (which: RawBuilder<unknown>) =>
      sql<bigint>`coalesce(sum(energy_milli_wh) filter (where energy_milli_wh > 0 and ${which}), 0)::int8`;
    const rows = await this.#db
      .selectFrom('sample')
      .select([step.as('step_ms'), sum(among(of.loadIds)).as('taken'), sum(among(of.sourceIds)).as('bought')])
      .where('site_id', '=', this.#siteId)
      .where('at_ms', '>=', BigInt(fromMs))
      .where('at_ms', '<', BigInt(untilMs))
      .groupBy('step_ms')
      .orderBy('step_ms')
      .execute();
    return rows.map(({ step_ms, taken, bought }) => ({
      ...{ atMs: Number(step_ms), takenMilliWh: taken, boughtMilliWh: bought },
    }));
  }

  async trip(): Promise<Trip | undefined> {
    const row = await this.#db
      .selectFrom('guard')
      .select('trip')
      .where('site_id', '=', this.#siteId)
      .executeTakeFirst();
    return row === undefined || row.trip === null ? undefined : keptTrip.parse(row.trip);
  }

  /** A trip, or none any more, with the event that tells of it. */
  async keepTrip(trip: Trip | undefined, event: SiteEvent): Promise<void> {
    const text = trip === undefined ? null : keptTripText(trip);
    await this.#db.transaction().execute(async (trx) => {
      await trx
        .insertInto('guard')
        .values({ site_id: this.#siteId, trip: text })
        .onConflict((conflict) => conflict.column('site_id').doUpdateSet({ trip: text }))
        .execute();
      await trx.insertInto('site_event').values(this.#eventRow(event)).execute();
    });
  }

  async lease(): Promise<KeptLease | undefined> {
    const row = await this.#db
      .selectFrom('cloud_lease')
      .selectAll()
      .where('site_id', '=', this.#siteId)
      .executeTakeFirst();
    return row && { limitW: row.limit_w, lapsesAtMs: Number(row.lapses_at_ms), mayTakeW: row.may_take_w };
  }

  async keepLease({ limitW, lapsesAtMs, mayTakeW }: KeptLease): Promise<void> {
    const values = { limit_w: limitW, lapses_at_ms: BigInt(lapsesAtMs), may_take_w: mayTakeW };
    await this.#db
      .insertInto('cloud_lease')
      .values({ site_id: this.#siteId, ...values })
      .onConflict((conflict) => conflict.column('site_id').doUpdateSet(values))
      .execute();
  }

  async keepEvent(event: SiteEvent): Promise<void> {
    await this.#db.insertInto('site_event').values(this.#eventRow(event)).execute();
  }

  /** Newest first. */
  async events(beforeMs: number, limit: number): Promise<readonly PlacedEvent[]> {
    const rows = await this.#db
      .selectFrom('site_event')
      .leftJoin('house_batch', (join) =>
        join
          .onRef('house_batch.site_id', '=', 'site_event.site_id')
          .onRef('house_batch.house_ref', '=', 'site_event.house_ref')
          .onRef('house_batch.number', '=', 'site_event.house_number'),
      )
      .select(['event_id', 'at_ms', 'kind', 'operator', 'detail', 'house_number'])
      .select(['state', 'refusal', 'block_number', 'transaction_id'])
      .where('site_event.site_id', '=', this.#siteId)
      .where('at_ms', '<', BigInt(beforeMs))
      .orderBy('at_ms', 'desc')
      .orderBy('event_id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ at_ms, kind, operator, detail, ...row }) => ({
      atMs: Number(at_ms),
      kind,
      ...(operator !== null && { by: operator }),
      ...{ detail, ledger: placeOf(row) },
    }));
  }

  #eventRow({ atMs, kind, by, detail }: SiteEvent) {
    return { site_id: this.#siteId, at_ms: BigInt(atMs), kind, operator: by ?? null, detail };
  }
}
