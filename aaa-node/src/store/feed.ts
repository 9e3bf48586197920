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

/** Where each feed had nothing more, by the store that says how far it was read. */
const ends = new WeakMap<Db, Map<string, string>>();

const endsOf = (db: Db): Map<string, string> => {
  const known = ends.get(db) ?? new Map<string, string>();
  ends.set(db, known);
  return known;
};

/**
 * Reads a feed to its end. What is made of a page and the cursor behind it are one transaction, so that a crash at any point neither loses nor
 * doubles an item. A feed that had nothing more is asked from there, without asking the store first; what comes then is read from
 * where the store says.
 */
export const readFeed = async <T>({ db, feed, pageSize, page, take }: FeedReading<T>): Promise<void> => {
  const known = endsOf(db);
  for (let isFull = true; isFull;) {
    const end = known.get(feed);
    const at = end ?? (await cursorOf(db, feed));
    const { items, cursor } = await page(at);
    if (items.length === 0 && cursor === at) {
      known.set(feed, at);
      return;
    }
    known.delete(feed);
    if (end !== undefined && (await cursorOf(db, feed)) !== end) continue;
    await db.transaction().execute(async (trx) => {
      await take(trx, items);
      await keepCursor(trx, feed, cursor);
    });
    isFull = items.length === pageSize;
  }
};
