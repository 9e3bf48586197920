import { swipeOffer, type SwipeOffer } from '@roamgrid/wire';
import type { Insertable, Selectable } from 'kysely';
import type { Db, DoorDb } from './tables.ts';

/** An offer that a token got at an outlet. Times are the gateway's. */
export interface KeptOffer {
  readonly swipeId: string;
  readonly evseId: string;
  readonly offer: SwipeOffer;
  readonly isUsed: boolean;
  /** When the driver could read it at the station. */
  readonly shownAtMs?: number;
  /** When the driver agreed to it in an app. */
  readonly agreedAtMs?: number;
  /** The start that an app asked for on it. */
  readonly remoteStart?: number;
}

export const keptOffer = (
  row: Selectable<DoorDb['offer']> & { readonly remote_start: number | null },
): KeptOffer => ({
  swipeId: row.swipe_id,
  evseId: row.evse_id,
  offer: swipeOffer.parse(row.offer),
  isUsed: row.state === 'used',
  ...(row.shown_at_ms !== null && { shownAtMs: Number(row.shown_at_ms) }),
  ...(row.agreed_at_ms !== null && { agreedAtMs: Number(row.agreed_at_ms) }),
  ...(row.remote_start !== null && { remoteStart: row.remote_start }),
});

const rows = (db: Db) =>
  db
    .selectFrom('offer')
    .leftJoin('remote_start', 'remote_start.swipe_id', 'offer.swipe_id')
    .selectAll('offer')
    .select('remote_start.remote_start');

/** What a token was offered at a station last, wherever there, and has not begun on: what its driver has seen. */
export const lastOffers = async (
  db: Db,
  { stationId, tokenKey }: { readonly stationId: string; readonly tokenKey: string },
): Promise<readonly KeptOffer[]> => {
  const found = await rows(db)
    .where('offer.station_id', '=', stationId)
    .where('offer.token_key', '=', tokenKey)
    .where('offer.state', '=', 'offered')
    .orderBy('offer.asked_at_ms', 'desc')
    .limit(5)
    .execute();
  return found.map(keptOffer);
};

export const offerOf = async (db: Db, swipeId: string): Promise<KeptOffer | undefined> => {
  const row = await rows(db)
    .where('offer.swipe_id', '=', swipeId)
    .where('offer.offer', 'is not', null)
    .executeTakeFirst();
  return row && keptOffer(row);
};

const change = (db: Db, swipeId: string) => db.updateTable('offer').where('swipe_id', '=', swipeId);

export const refuseSwipe = async (db: Db, swipeId: string): Promise<void> => {
  await change(db, swipeId).set({ state: 'refused' }).execute();
};

/** What the gateway offered to a swipe. @param shownAtMs when the station is told the price, where that is now */
export const keepOffer = async (
  db: Db,
  { swipeId, offer }: KeptOffer,
  shownAtMs: number | undefined,
): Promise<void> => {
  await change(db, swipeId)
    .set({
      state: 'offered',
      offer: JSON.stringify(swipeOffer.encode(offer)),
      valid_until_ms: BigInt(offer.quote.validUntilMs),
      ...(shownAtMs !== undefined && { shown_at_ms: BigInt(shownAtMs) }),
    })
    .execute();
};

export const useOffers = async (db: Db, swipeIds: readonly string[]): Promise<void> => {
  await db.updateTable('offer').where('swipe_id', 'in', swipeIds).set({ state: 'used' }).execute();
};

/**
 * The first time counts.
 * @returns whether this was it
 */
export const markOffer = async (
  db: Db,
  swipeId: string,
  what: 'shown_at_ms' | 'agreed_at_ms',
  gatewayMs: number,
): Promise<boolean> => {
  const marked = await change(db, swipeId)
    .set({ [what]: BigInt(gatewayMs) })
    .where(what, 'is', null)
    .executeTakeFirst();
  return marked.numUpdatedRows > 0n;
};

/** Of a start that did not come about. */
export const takeAgreementBack = async (db: Db, swipeId: string): Promise<void> => {
  await change(db, swipeId).set({ agreed_at_ms: null }).execute();
};

/** A start that a driver asked for in an app. */
export interface RemoteStart {
  readonly stationId: string;
  readonly evseId: string;
  readonly swipeId: string;
  readonly tokenCipher: string | null;
}

/** One for each offer, however often its price is asked for. */
export const insertRemoteStart = async (
  db: Db,
  values: Insertable<DoorDb['remote_start']>,
): Promise<number> => {
  const { asked_at_ms } = values;
  const { remote_start } = await db
    .insertInto('remote_start')
    .values(values)
    .onConflict((conflict) => conflict.column('swipe_id').doUpdateSet({ asked_at_ms }))
    .returning('remote_start')
    .executeTakeFirstOrThrow();
  return remote_start;
};

export const remoteStartOf = async (db: Db, remoteStart: number): Promise<RemoteStart | undefined> =>
  db
    .selectFrom('remote_start')
    .select([
      'station_id as stationId',
      'evse_id as evseId',
      'swipe_id as swipeId',
      'token_cipher as tokenCipher',
    ])
    .where('remote_start', '=', remoteStart)
    .executeTakeFirst();

/** A start's token is kept as long as its offer may be started on. */
export const eraseStartTokens = async (db: Db, gatewayMs: number): Promise<void> => {
  await db
    .updateTable('remote_start')
    .from('offer')
    .set({ token_cipher: null })
    .whereRef('offer.swipe_id', '=', 'remote_start.swipe_id')
    .where('remote_start.token_cipher', 'is not', null)
    .where((either) =>
      either.or([
        either('offer.state', '=', 'used'),
        either('offer.valid_until_ms', '<=', BigInt(gatewayMs)),
      ]),
    )
    .execute();
};
