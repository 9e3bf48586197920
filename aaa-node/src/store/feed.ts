import type { Db, Trx } from './database.ts';

/** Pages of something that the gateway tells on and on, each from behind the one before. */
export interface FeedReading<T> {
  readonly db: Db;
  /** Under this name it is kept how far it was read. */
  readonly feed: string;
  /** A page with fewer items is the last for now. */
  readonly pageSize: number;
  readonly page: (cursor: string) => Promise<{ readonly items: readonly T[]; readonly cursor: string }>;
  readonly take: (trx: Trx, items: readonly T[]) => Promise<void>;
}

/** How far a feed was read; empty before the first page. */
export const cursorOf = async (db: Db, feed: string): Promise<string> => {
  const at = await db.selectFrom('feed').select('cursor').where('feed', '=', feed).executeTakeFirst();
  return at?.cursor ?? '';
};

export const keepCursor = async (db: Db | Trx, feed: string, cursor: string): Promise<void> => {
  await db
    .insertInto('feed')
    .values({ feed, cursor })
    .onConflict((conflict) => conflict.column('feed').doUpdateSet({ cursor }))
    .execute();
};

/**
 * Reads a feed to its end. What is made of a page and the cursor behind it are one transaction, so that a crash at any point neither loses nor
 * doubles an item.
 */
export const readFeed = async <T>({ db, feed, pageSize, page, take }: FeedReading<T>): Promise<void> => {
  for (let isFull = true; isFull;) {
    const at = await cursorOf(db, feed);
    const { items, cursor } = await page(at);
    if (items.length === 0 && cursor === at) return;
    await db.transaction().execute(async (trx) => {
      await take(trx, items);
      await keepCursor(trx, feed, cursor);
    });
    isFull = items.length === pageSize;
  }
};
