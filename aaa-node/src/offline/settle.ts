import { exchange as exchangeSchema, type Cdr, type Exchange } from '@roamgrid/wire';
import type { z } from 'zod';
import { settleHold } from '../hcp/accounts.ts';
import type { Trx } from '../store/database.ts';
import { heldFor } from './means.ts';

/** Records of sessions that began by a token: what is booked under a profile's id is under the token's. */

interface Recorded {
  readonly cdr: Cdr;
  readonly cinRef: string;
  readonly openedAtMs: number;
  readonly profileId?: string;
}

interface Booked {
  readonly micros: bigint;
  readonly sessions: number;
}

/** How a record stands against the token it names; undefined when it names none. */
export const checkToken = async (
  trx: Trx,
  { cdr, cinRef, openedAtMs, profileId = '' }: Recorded,
  booked: (trx: Trx, profileId: string) => Promise<Booked>,
): Promise<
  | {
      readonly holdId: undefined;
      readonly exchange: Exchange | undefined;
      readonly reasons: readonly string[];
    }
  | undefined
> => {
  const token = await trx
    .selectFrom('offline_token')
    .selectAll()
    .where('token_id', '=', profileId)
    .executeTakeFirst();
  if (token === undefined) return undefined;
  const before = await booked(trx, profileId);
  const wrongs: readonly (readonly [boolean, string])[] = [
    [
      token.vun !== cdr.vun || token.cin_ref !== cinRef,
      'the token is of another card, or for other chargers',
    ],
    [token.currency !== cdr.currency, `the record is in ${cdr.currency}, the token in ${token.currency}`],
    [
      openedAtMs < token.from_ms || openedAtMs >= token.until_ms,
      'the session opened outside the token’s time',
    ],
    [
      before.micros + cdr.totalMicros > token.cost_micros || before.sessions >= token.sessions,
      'with it more would be booked under the token than it allows',
    ],
    [cdr.energyWh > token.energy_wh, 'more energy flowed than the token allows'],
  ];
  return {
    holdId: undefined,
    exchange:
      token.exchange === null
        ? undefined
        : exchangeSchema.decode(token.exchange as z.input<typeof exchangeSchema>),
    reasons: wrongs.filter(([wrong]) => wrong).map(([, reason]) => reason),
  };
};

/** How the charger of a record knows its session: the phone that began it knows it by the same. */
export const keepOfflineSession = async (
  trx: Trx,
  {
    cdr: { sessionId },
    profileId,
    offline,
  }: Recorded & { readonly offline?: { readonly evseId: string; readonly number: number } },
): Promise<void> => {
  if (offline === undefined || profileId === undefined) return;
  const { evseId, number } = offline;
  await trx
    .insertInto('offline_session')
    .values({ session_id: sessionId, token_id: profileId, evse_id: evseId, number })
    .execute();
};

/**
 * A record of the token is billed: what it leaves stays put aside while further sessions may come, and nothing once they cannot. Called when the
 * record stands among the booked ones. @returns false when the id names no token
 */
export const settleToken = async (
  trx: Trx,
  profileId: string,
  booked: (trx: Trx, profileId: string) => Promise<Booked>,
): Promise<boolean> => {
  const token = await trx
    .selectFrom('offline_token')
    .selectAll()
    .where('token_id', '=', profileId)
    .forUpdate()
    .executeTakeFirst();
  if (token === undefined) return false;
  const { micros, sessions } = await booked(trx, profileId);
  const leftMicros = token.cost_micros - micros;
  if (sessions >= token.sessions || leftMicros <= 0n) {
    await settleHold(trx, token.hold_id);
    await trx
      .updateTable('offline_token')
      .set({ state: 'settled' })
      .where('token_id', '=', profileId)
      .execute();
    return true;
  }
  const rate =
    token.exchange === null
      ? undefined
      : exchangeSchema.decode(token.exchange as z.input<typeof exchangeSchema>);
  await trx
    .updateTable('hold')
    .set({ micros: heldFor(leftMicros, rate) })
    .where('hold_id', '=', token.hold_id)
    .where('state', '=', 'open')
    .execute();
  return true;
};
