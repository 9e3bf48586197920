import { believeToken, MOST_SLOTS, signSlotList, SLOT_S, slotsOf } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { statedLeave } from '@roamgrid/wire';
import { reservedInterval } from '../../booking/calendar.ts';
import { holding } from '../../booking/read.ts';
import { gatewayError } from '../../problems.ts';
import { stationOf } from '../certify.ts';
import { allIssuers } from '../prove.ts';
import { namedAt, type RulesContext } from './rules.ts';
import { keepWord, wordOf, type SignedWord } from './signed-words.ts';

const MS_PER_S = 1_000;
const DAY_MS = 86_400_000;

/** Who has which quarters of an hour of an outlet, from today's (UTC) first on: no later list is made because time passes. */
const slotsAt = async ({ db, registry, utilityId, nowMs }: RulesContext, evseId: string) => {
  const stationId = stationOf({ registry, utilityId }, evseId)?.stationId;
  const fromMs = Math.floor(nowMs() / DAY_MS) * DAY_MS;
  const untilMs = fromMs + MOST_SLOTS * SLOT_S * MS_PER_S;
  if (stationId === undefined) return [];
  const held = await holding(db, utilityId, { fromMs, untilMs }, evseId);
  if (held.length === 0) return [];
  const phones = await db
    .selectFrom('reservation_body')
    .innerJoin('offline_driver', 'offline_driver.cin_ref', 'reservation_body.cin_ref')
    .select(['reservation_body.reservation_id', 'offline_driver.driver'])
    .where(
      'reservation_body.reservation_id',
      'in',
      held.map(({ record }) => record.reservationId),
    )
    .execute();
  const named = phones.map(
    async ({ reservation_id, driver }) => [reservation_id, await namedAt(evseId, driver)] as const,
  );
  const drivers = new Map(await Promise.all(named));
  const intervals = held.map(({ record }) => reservedInterval(stationId, record, 0n));
  return slotsOf(intervals, evseId, (reservationId) => drivers.get(reservationId)).filter(
    ({ startS }) => startS * MS_PER_S >= fromMs && startS * MS_PER_S < untilMs,
  );
};

/** The list of slots of an outlet as it stands; undefined where nobody ever reserved anything. */
export const slotWord = async (context: RulesContext, evseId: string): Promise<SignedWord | undefined> => {
  const slots = await slotsAt(context, evseId);
  if (slots.length === 0 && (await wordOf(context, evseId, 'slots')) === undefined) return undefined;
  const said = JSON.stringify(
    slots.map(({ startS, driver }) => [startS, Buffer.from(driver).toString('hex')]),
  );
  const sign = (version: number) => signSlotList({ evseId, version, slots }, context.keys.signer);
  return keepWord(context, { subject: evseId, kind: 'slots' }, () => ({ said, sign }));
};

/**
 * What its owner has reserved is for the phone that shows a token that was issued last: the token says whose key it is, and what home signed beside it whose
 * token.
 * @throws ServiceError OFFLINE_TOKEN_UNKNOWN
 */
export const keepDriver = async ({ db, registry, nowMs }: RulesContext, token: Uint8Array): Promise<void> => {
  const believed = await believeToken(token, await allIssuers(registry), NODE_SUITE);
  if (!believed.ok) throw gatewayError('OFFLINE_TOKEN_UNKNOWN', believed.error.message);
  const { tokenId, holder, issuedAtS, expiresS } = believed.value;
  if (nowMs() >= expiresS * MS_PER_S) throw gatewayError('OFFLINE_TOKEN_UNKNOWN', 'it is good no longer');
  const row = await db
    .selectFrom('offline_leave')
    .select('leave')
    .where('token_id', '=', Buffer.from(tokenId).toString('hex'))
    .executeTakeFirst();
  const leave = row && statedLeave(row.leave);
  if (leave === undefined)
    throw gatewayError('OFFLINE_TOKEN_UNKNOWN', 'its utility has not told of it: try again in a while');
  const shown = {
    ...{ driver: Buffer.from(holder.x).toString('hex'), shown_at_ms: nowMs() },
    issued_at_s: issuedAtS,
  };
  await db
    .insertInto('offline_driver')
    .values({ cin_ref: leave.cinRef, ...shown })
    .onConflict((conflict) =>
      conflict.column('cin_ref').doUpdateSet(shown).where('offline_driver.issued_at_s', '<=', issuedAtS),
    )
    .execute();
};
