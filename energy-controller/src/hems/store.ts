import { carPlan, homePlan, type CarPlan, type HomeNotice, type HomePlanMessage } from '@roamgrid/wire';
import { hashOf } from '../store/settings-store.ts';
import type { Db } from '../store/tables.ts';

/** What a house that plans keeps: its plans by version, what users want of their cars, and whom it told of what. */
export class HomeStore {
  readonly #db: Db;
  readonly #siteId: string;

  constructor(db: Db, siteId: string) {
    this.#db = db;
    this.#siteId = siteId;
  }

  async keepPlan(plan: HomePlanMessage): Promise<void> {
    const body = JSON.stringify(homePlan.encode(plan));
    await this.#db
      .insertInto('home_plan')
      .values({
        site_id: this.#siteId,
        version: plan.version,
        made_at_ms: BigInt(plan.madeAtMs),
        body,
      })
      .onConflict((conflict) => conflict.columns(['site_id', 'version']).doUpdateSet({ body }))
      .execute();
  }

  /** Newest first. */
  async plans(beforeVersion: number, limit: number): Promise<readonly HomePlanMessage[]> {
    const rows = await this.#db
      .selectFrom('home_plan')
      .select('body')
      .where('site_id', '=', this.#siteId)
      .where('version', '<', beforeVersion)
      .orderBy('version', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ body }) => homePlan.parse(body));
  }

  async carPlans(): Promise<ReadonlyMap<string, CarPlan>> {
    const rows = await this.#db
      .selectFrom('home_car')
      .select(['claim_id', 'body'])
      .where('site_id', '=', this.#siteId)
      .orderBy('version')
      .execute();
    return new Map(rows.map(({ claim_id, body }) => [claim_id, carPlan.parse(body)]));
  }

  /** @returns `conflict` when this version said something else, `older` when a later one is there. */
  async keepCar(
    claimId: string,
    plan: CarPlan,
    { operator, atMs }: { readonly operator: string; readonly atMs: number },
  ): Promise<'taken' | 'known' | 'conflict' | 'older'> {
    const encoded = carPlan.encode(plan);
    const hash = hashOf(encoded);
    return this.#db.transaction().execute(async (trx) => {
      const last = await trx
        .selectFrom('home_car')
        .select(['version', 'hash'])
        .where('site_id', '=', this.#siteId)
        .where('claim_id', '=', claimId)
        .orderBy('version', 'desc')
        .executeTakeFirst();
      if (last !== undefined && last.version > plan.version) return 'older';
      if (last?.version === plan.version) return last.hash === hash ? 'known' : 'conflict';
      await trx
        .insertInto('home_car')
        .values({
          ...{ site_id: this.#siteId, claim_id: claimId, version: plan.version, hash, operator },
          ...{ at_ms: BigInt(atMs), body: JSON.stringify(encoded) },
        })
        .execute();
      return 'taken';
    });
  }

  /** @returns false when it was told before. */
  async keepNotice({ key, atMs, code, text }: HomeNotice): Promise<boolean> {
    const written = await this.#db
      .insertInto('home_notice')
      .values({ site_id: this.#siteId, notice_key: key, at_ms: BigInt(atMs), code, detail: text })
      .onConflict((conflict) => conflict.doNothing())
      .returning('notice_key')
      .executeTakeFirst();
    return written !== undefined;
  }

  /** Newest first. */
  async notices(limit: number): Promise<readonly HomeNotice[]> {
    const rows = await this.#db
      .selectFrom('home_notice')
      .selectAll()
      .where('site_id', '=', this.#siteId)
      .orderBy('at_ms', 'desc')
      .orderBy('notice_key')
      .limit(limit)
      .execute();
    return rows.map(({ notice_key: key, at_ms, code, detail: text }) => ({
      ...{ key, atMs: Number(at_ms), code, text },
    }));
  }

  /** What devices measured by quarters of an hour, W on average; oldest first. @param slotMs length of one */
  async measured(
    devices: readonly string[],
    {
      fromMs,
      untilMs,
      slotMs,
    }: { readonly fromMs: number; readonly untilMs: number; readonly slotMs: number },
  ): Promise<readonly { readonly slot: number; readonly of: string; readonly watts: bigint }[]> {
    if (devices.length === 0) return [];
    const rows = await this.#db
      .selectFrom('sample')
      .select(({ fn, eb }) => [
        'device',
        eb('at_ms', '/', BigInt(slotMs)).as('slot'),
        fn.avg<string>('measured_w').as('mean_w'),
      ])
      .where('site_id', '=', this.#siteId)
      .where('device', 'in', [...devices])
      .where('at_ms', '>=', BigInt(fromMs))
      .where('at_ms', '<', BigInt(untilMs))
      .groupBy(['device', 'slot'])
      .orderBy('slot')
      .execute();
    return rows.map(({ device, slot, mean_w }) => ({
      ...{ slot: Number(slot), of: device },
      // The mean comes as a decimal; of it whole watts count, rounded down.
      watts: BigInt(mean_w.split('.')[0] ?? '0'),
    }));
  }
}
