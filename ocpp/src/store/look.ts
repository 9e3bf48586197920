import { sql, type Selectable } from 'kysely';
import { keptOffer, type KeptOffer } from './offers.ts';
import type { Db, DoorDb } from './tables.ts';

/** What a token is asked for. */
export interface Ask {
  readonly stationId: string;
  readonly tokenKey: string;
  /** Outlets that it may be for, the likeliest first. */
  readonly evseIds: readonly string[];
  /** Whoever asks named no outlet: it is for one where nobody charges, and who charges already needs none. */
  readonly isUnnamed: boolean;
  /** Nothing is asked of the gateway. */
  readonly isOver: boolean;
  /** The number of the swipe, where one is needed. */
  readonly swipeId: string;
  readonly wallMs: number;
  /** Wall time since when a swipe whose answer is not known is asked again by its number. */
  readonly askedSinceMs: number;
  /** An offer is open that is good beyond this, by the gateway's clock. */
  readonly openAtMs: number;
  /** Wall time: what runs at an outlet that is free since before it is lost. */
  readonly lostBeforeMs: number;
}

/** What is known before the gateway is asked. */
export interface Look {
  /** The first of the outlets that it may be for; null when there is none. */
  readonly evseId: string | null;
  /** The open offer of the token there. */
  readonly kept: KeptOffer | undefined;
  /** The swipe that is kept, to ask the gateway by. */
  readonly swipeId: string | null;
  /** The outlet has ends of sessions that the gateway has not taken. */
  readonly hasDueEnd: boolean;
  /** A transaction of the token itself runs at the station. */
  readonly isOwn: boolean;
  /** What that costs so far, where it is known. */
  readonly ownCost?: { readonly runningMicros: bigint; readonly currency: string };
  /** Transactions that are lost: as long as there is one, nothing is asked. */
  readonly lost: readonly string[];
}

type OfferRow = Selectable<DoorDb['offer']> & { readonly remote_start: number | null };
type Row = {
  readonly chosen_evse_id: string | null;
  readonly ask_swipe_id: string | null;
  readonly has_due_end: boolean;
  readonly is_own: boolean;
  readonly own_micros: string | null;
  readonly own_currency: string | null;
  readonly lost: readonly string[] | null;
} & { readonly [Column in keyof OfferRow]: OfferRow[Column] | null };

const isOffer = (row: Row): row is Row & OfferRow => row.swipe_id !== null;

/**
 * All that an answer to a token takes from the database before the gateway is asked, and the swipe that it is asked by, in one
 * statement: an outlet is chosen; where the token has no open offer there, its swipe is kept.
 */
export const lookFor = async (db: Db, ask: Ask): Promise<Look> => {
  const {
    stationId,
    tokenKey,
    evseIds,
    isUnnamed,
    isOver,
    swipeId,
    wallMs,
    askedSinceMs,
    openAtMs,
    lostBeforeMs,
  } = ask;
  const { rows } = await sql<Row>`
    with running as materialized (
      select transaction_id, evse_id, token_key, state, body from station_transaction
      where station_id = ${stationId} and state <> 'closed' and body -> 'end' is null
    ), lost as (
      select transaction_id from running where (body ->> 'freeSinceMs')::bigint <= ${BigInt(lostBeforeMs)}
    ), own as (
      select body from running
      where ${isUnnamed} and token_key = ${tokenKey} and state <> 'waiting' limit 1
    ), chosen as (
      select evse_id from unnest(${[...evseIds]}::text[]) with ordinality as outlet (evse_id, place)
      where not exists (select from own) and not exists (select from lost)
        and (not ${isUnnamed} or not exists
          (select from running r where r.evse_id = outlet.evse_id and r.token_key is not null))
      order by place limit 1
    ), of_token as (
      select offer.* from offer join chosen using (evse_id)
      where station_id = ${stationId} and token_key = ${tokenKey}
    ), open_offer as (
      select of_token.*, remote_start from of_token left join remote_start using (swipe_id)
      where state = 'offered' and valid_until_ms > ${BigInt(Math.floor(openAtMs))}
      order by of_token.asked_at_ms desc limit 1
    ), unanswered as (
      select swipe_id from of_token where state = 'asked' and asked_at_ms > ${BigInt(askedSinceMs)} limit 1
    ), asked as (
      insert into offer (swipe_id, station_id, evse_id, token_key, state, asked_at_ms)
      select ${swipeId}::text, ${stationId}::text, evse_id, ${tokenKey}::text, 'asked', ${BigInt(wallMs)}::bigint from chosen
      where not ${isOver} and not exists (select from open_offer) and not exists (select from unanswered)
      returning swipe_id
    )
    select open_offer.*, chosen.evse_id as chosen_evse_id,
      coalesce((select swipe_id from unanswered), (select swipe_id from asked)) as ask_swipe_id,
      exists (select from session_end due where due.evse_id = chosen.evse_id and due.state = 'due') as has_due_end,
      exists (select from own) as is_own,
      (select body #>> '{told,runningMicros}' from own) as own_micros,
      (select body #>> '{told,currency}' from own) as own_currency,
      (select array_agg(transaction_id) from lost) as lost
    from (select) as one left join chosen on true left join open_offer on true`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a look has one row');
  const { own_micros, own_currency } = row;
  return {
    evseId: row.chosen_evse_id,
    kept: isOffer(row) ? keptOffer(row) : undefined,
    swipeId: row.ask_swipe_id,
    hasDueEnd: row.has_due_end,
    isOwn: row.is_own,
    ...(own_micros !== null &&
      own_currency !== null && {
        ownCost: { runningMicros: BigInt(own_micros), currency: own_currency },
      }),
    lost: row.lost ?? [],
  };
};
