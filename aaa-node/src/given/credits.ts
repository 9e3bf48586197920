import type { Logger } from '@roamgrid/service-kit';
import { sql } from 'kysely';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';
import { readFeed } from '../store/feed.ts';
import { creditDriver, noteGiven, noteHouseDay, type Noted } from './credit-driver.ts';

const PAGE = 200;
const FEED = 'given:hun';
const HOUSES = 'house-days:hun';
/** Amounts that are looked at in one go. */
const LOOK = 500;

export interface GivenCreditsOptions {
  readonly db: Db;
  readonly gateway: Pick<GatewayClient, 'ownGiven' | 'ownHouseDays'>;
  readonly utilityId: string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/**
 * Credits own customers with what their cars gave to sites, and what their houses did for their grids, once it is on the ledger: its price is the agreement's, and both endorsed it. A
 * page and the cursor behind it are one transaction.
 */
export const createGivenCredits = ({
  db,
  gateway,
  utilityId,
  nowMs,
  log,
}: GivenCreditsOptions): (() => Promise<void>) => {
  const notedAfter = ({ batchId, sourceId }: Noted): Promise<readonly Noted[]> =>
    db
      .selectFrom('given_credit')
      .select(['batch_id as batchId', 'source_id as sourceId'])
      .where('bill_micros', 'is', null)
      .where(sql<boolean>`(batch_id, source_id) > (${batchId}, ${sourceId})`)
      .orderBy('batch_id')
      .orderBy('source_id')
      .limit(LOOK)
      .execute();

  let waited = 0;
  const creditAll = async (): Promise<void> => {
    let waiting = 0;
    for (let last: Noted | undefined = { batchId: '', sourceId: '' }; last !== undefined;) {
      const noted = await notedAfter(last);
      for (const each of noted)
        if (!(await db.transaction().execute((trx) => creditDriver(trx, each, utilityId, nowMs()))))
          waiting += 1;
      last = noted.at(-1);
    }
    if (waiting > waited)
      log.warn({ waiting }, 'what cars gave waits for rates to their owners’ currencies: state them');
    waited = waiting;
  };

  return serially(async () => {
    await readFeed({
      ...{ db, feed: FEED, pageSize: PAGE, page: (cursor) => gateway.ownGiven(cursor, PAGE) },
      take: async (trx, batches) => {
        for (const batch of batches)
          for (const car of batch.header.given?.cars ?? []) await noteGiven(trx, batch, car);
      },
    });
    await readFeed({
      ...{ db, feed: HOUSES, pageSize: PAGE, page: (cursor) => gateway.ownHouseDays(cursor, PAGE) },
      take: async (trx, days) => {
        for (const day of days) await noteHouseDay(trx, day);
      },
    });
    await creditAll();
  });
};
