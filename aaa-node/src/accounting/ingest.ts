import type { Logger } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { noteShares, type SessionHere } from '../infrastructure/shares.ts';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db, Trx } from '../store/database.ts';
import { readFeed } from '../store/feed.ts';
import { bookExposure } from '../vcp/life.ts';
import type { FeedItem } from './check-cdr.ts';
import { judgeAgain, takeIn } from './take-in.ts';

const PAGE = 200;
/** Held records judged again in one round. */
const HELD_ROUND = 100;

export interface IngestOptions {
  readonly db: Db;
  readonly gateway: GatewayClient;
  /** Tells whose a station is. */
  readonly registry: Pick<IssuerRegistry, 'station'>;
  readonly utilityId: string;
  /** A held record is judged again so often. */
  readonly heldAgainMs: number;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** Reads the gateway's feed of committed records. */
export const createIngest = ({
  db,
  gateway,
  registry,
  utilityId,
  heldAgainMs,
  nowMs,
  log,
}: IngestOptions) => {
  const readAll = (
    role: 'hun' | 'vun',
    take: (trx: Trx, items: readonly (FeedItem & SessionHere)[]) => Promise<void>,
  ): Promise<void> =>
    readFeed({
      ...{ db, feed: `cdrs:${role}`, pageSize: PAGE, take },
      page: (cursor) => gateway.cdrs(role, cursor, PAGE),
    });
  return {
    /** Books what this utility's customers used elsewhere. */
    home: serially(() =>
      readAll('hun', async (trx, items) => {
        for (const item of items) await takeIn(trx, utilityId, item, nowMs());
      }),
    ),
    /** Judges held records again, the longest not judged first, each by itself: one that fails holds no other up. */
    held: serially(async () => {
      const due = await db
        .selectFrom('cdr')
        .select('session_id')
        .where('verdict', '=', 'held')
        .where('judged_at_ms', '<=', nowMs() - heldAgainMs)
        .orderBy('judged_at_ms')
        .limit(HELD_ROUND)
        .execute();
      for (const { session_id: sessionId } of due) {
        await db
          .transaction()
          .execute((trx) => judgeAgain(trx, utilityId, sessionId, nowMs()))
          .catch(async (thrown: unknown) => {
            log.error({ err: thrown, sessionId }, 'a held record could not be judged');
            await db
              .updateTable('cdr')
              .set({ judged_at_ms: nowMs() })
              .where('session_id', '=', sessionId)
              .execute();
          });
      }
    }),
    /** What was used here stands on the ledger: profiles are used up by the totals now, and stations' owners get their share. */
    visited: serially(() =>
      readAll('vun', async (trx, items) => {
        await bookExposure(
          trx,
          items.map(({ cdr }) => cdr),
        );
        await noteShares(trx, registry, items);
      }),
    ),
  };
};

export type Ingest = ReturnType<typeof createIngest>;
