import { kitError } from '@roamgrid/service-kit';
import type { DriverToken, TokenAnswer } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { Db } from '../store/database.ts';
import { contractCard, isFollowed } from './contract.ts';
import type { TokenKey } from './key.ts';

const WINDOW_MS = 60_000;

export interface ResolverOptions {
  readonly db: Db;
  readonly utilityId: string;
  readonly keyOf: TokenKey;
  /** Tokens of nobody's that one asker may name in a minute. */
  readonly unknownTokensPerMinute: number;
  readonly nowMs: () => number;
}

/**
 * Says whose a token is, if it is one of this utility's. Who names too many that are nobody's is not answered for a while:
 * the serials of a card's chip can be counted through. The counts are in the database, so a restart gives no further guesses.
 */
export const createResolver = ({ db, utilityId, keyOf, unknownTokensPerMinute, nowMs }: ResolverOptions) => {
  const requirePatience = async (asker: string): Promise<void> => {
    const row = await db
      .selectFrom('token_miss')
      .select('misses')
      .where('asker', '=', asker)
      .where('until_ms', '>', nowMs())
      .executeTakeFirst();
    if (row !== undefined && row.misses >= unknownTokensPerMinute)
      throw kitError('RATE_LIMITED', `${asker} asked for too many tokens that nobody has`);
  };

  const countMiss = async (asker: string): Promise<void> => {
    const over = sql<boolean>`token_miss.until_ms <= ${nowMs()}`;
    await db
      .insertInto('token_miss')
      .values({ asker, misses: 1, until_ms: nowMs() + WINDOW_MS })
      .onConflict((conflict) =>
        conflict.column('asker').doUpdateSet({
          misses: sql<number>`case when ${over} then 1 else least(token_miss.misses + 1, 1000000) end`,
          until_ms: sql<number>`case when ${over} then excluded.until_ms else token_miss.until_ms end`,
        }),
      )
      .execute();
  };

  const registered = (token: DriverToken) =>
    db
      .selectFrom('driver_token')
      .innerJoin('cin', 'cin.cin_ref', 'driver_token.cin_ref')
      .select(['cin.cin', 'cin.customer_id', 'driver_token.state'])
      .where('token_key', '=', keyOf(token))
      .executeTakeFirst();

  /** @param asker a partner, or the own router. @throws ServiceError RATE_LIMITED */
  return async (asker: string, token: DriverToken): Promise<TokenAnswer> => {
    await requirePatience(asker);
    const contract = await contractCard(db, utilityId, token);
    const row = await registered(token);
    // A contract id of our own says itself whose it is: what is registered counts for that card, or for the one after it.
    if (
      row !== undefined &&
      (contract === undefined || row.cin === contract.cin || isFollowed(contract, row))
    )
      return row.state === 'active' ? { outcome: 'known', cin: row.cin } : { outcome: 'blocked' };
    if (contract !== undefined) return { outcome: 'known', cin: contract.cin };
    await countMiss(asker);
    return { outcome: 'unknown' };
  };
};
