import { randomBytes } from 'node:crypto';
import {
  BOOKING_LIMITS,
  bookingCommands,
  canonicalText,
  isInTime,
  LEDGER_LIMITS,
  openingProof,
  openingRecord,
  parseOpened,
  RESERVATION_EXPIRES_MS,
  reservationUse,
  sealBody,
  signatoriesOf,
  statedWish,
  waitsUntilMs,
  type ReservationBody,
  type Role,
  type ShownReservation,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { runningOpening } from '../auditor-api/opening-proof.ts';
import type { Ledger, LedgerCommand } from '../ledger/ledger.ts';
import { asProblem } from '../operator-api/ledger-problem.ts';
import { gatewayError } from '../problems.ts';
import type { CalendarContext } from './calendar.ts';
import { bodyTextOf, reservationOf } from './read.ts';

export interface LifeContext extends CalendarContext {
  readonly ledger: Ledger;
  readonly readUpTo: (blockNumber: bigint) => Promise<void>;
  readonly ledgerNowMs: () => number;
}

const endorsersOf = ({ registry }: CalendarContext, { record }: ShownReservation): readonly string[] => {
  const agreement = registry.agreement(record.agreementId);
  return (agreement === undefined ? [record.vun, record.hun] : signatoriesOf(agreement)).flatMap(
    (id) => registry.utility(id)?.mspId ?? [],
  );
};

type Verb = Exclude<keyof typeof bookingCommands, 'grant'>;

/** Tells what became of a reservation; what is in that state already is left so. */
const tellEnd = async (
  context: LifeContext,
  found: ShownReservation,
  verb: Verb,
  {
    role = 'aaa',
    transient = {},
    more = {},
  }: {
    readonly role?: Role;
    readonly transient?: Readonly<Record<string, string>>;
    readonly more?: Readonly<Record<string, string>>;
  } = {},
): Promise<ShownReservation> => {
  const { ledger, db, readUpTo } = context;
  const { reservationId } = found.record;
  const command = { commandId: `${verb}-${randomBytes(16).toString('hex')}`, reservationId, ...more };
  const told: LedgerCommand = {
    contract: 'booking',
    transaction: verb,
    argument: canonicalText(bookingCommands[verb] as z.ZodType, command),
    transient,
    endorsers: endorsersOf(context, found),
    role,
  };
  try {
    const { blockNumber } = await ledger.submit(told);
    await readUpTo(blockNumber);
  } catch (thrown) {
    throw asProblem(thrown);
  }
  return (await reservationOf(db, reservationId)) ?? found;
};

const ownBody = async ({ db }: CalendarContext, { record }: ShownReservation): Promise<string> => {
  const text = await bodyTextOf(db, record.reservationId);
  if (text === undefined)
    throw gatewayError('RECORD_NOT_FOUND', `this utility has no body of reservation ${record.reservationId}`);
  return text;
};

/** Gives an outlet back on a party's behalf. @throws ServiceError LEDGER_WRONG_STATE when its end is another one already. */
export const cancelReservation = async (
  context: LifeContext,
  reservationId: string,
): Promise<ShownReservation> => {
  const { db, utilityId } = context;
  const found = await reservationOf(db, reservationId);
  if (found === undefined || ![found.record.vun, found.record.hun].includes(utilityId))
    throw gatewayError('RECORD_NOT_FOUND', `this utility has no reservation ${reservationId}`);
  if (found.record.state === 'cancelled' || found.record.state === 'cancelled-late') return found;
  return tellEnd(context, found, 'cancel', { transient: { body: await ownBody(context, found) } });
};

/** Sessions of the customer who booked, at the outlet and in the time booked, whether the ledger knows them yet or not. */
const sessionsFor = async (
  { db, utilityId }: CalendarContext,
  { record, body }: ShownReservation & { readonly body: ReservationBody },
): Promise<readonly string[]> => {
  const fromMs = BigInt(record.fromMs - BOOKING_LIMITS.earlyMs);
  const rows =
    record.vun === utilityId
      ? await db
          .selectFrom('charge')
          .select(['session_id', 'open_body as text'])
          .where('evse_id', '=', record.evseId)
          .where('started_at_ms', '>=', fromMs)
          .where('started_at_ms', '<', BigInt(record.untilMs))
          .where('hun', '=', record.hun)
          .execute()
      : await db
          .selectFrom('judged_opening')
          .select(['session_id', 'body as text'])
          .where('station_id', '=', body.stationId)
          .where('outcome', '=', 'good')
          .where('judged_at_ms', '>=', fromMs - BigInt(LEDGER_LIMITS.clockSkewMs))
          .where('judged_at_ms', '<', BigInt(record.untilMs + LEDGER_LIMITS.clockSkewMs))
          .execute();
  const booker = statedWish(body.wish)?.cinRef;
  return rows.flatMap(({ session_id, text }) => {
    const { open } = parseOpened(text);
    const isFor =
      open.cinRef === booker && open.quote.evseId === record.evseId && isInTime(record, open.openedAtMs);
    return isFor ? [session_id] : [];
  });
};

/** What proves one of some sessions, once its opening is on the ledger. */
const provenOf = async (
  { db }: CalendarContext,
  { record }: ShownReservation,
  sessionIds: readonly string[],
) => {
  if (sessionIds.length === 0) return undefined;
  const rows = await db
    .selectFrom('ledger_session')
    .innerJoin('opening', (join) =>
      join
        .onRef('opening.lane_id', '=', 'ledger_session.lane_id')
        .onRef('opening.slot', '=', 'ledger_session.slot'),
    )
    .select(['session_id', 'opening.record'])
    .where('session_id', 'in', sessionIds)
    .where('agreement_id', '=', record.agreementId)
    .execute();
  for (const { session_id: sessionId, record: opening } of rows) {
    const told = await runningOpening(db, openingRecord.parse(opening), sessionId);
    if (told.openBody !== undefined && told.openingProof.state === 'present')
      return {
        sessionId,
        open: told.openBody,
        proof: canonicalText(openingProof, told.openingProof.proof),
      };
  }
  return undefined;
};

const tellUse = async (
  context: LifeContext,
  found: ShownReservation,
  { sessionId, open, proof }: NonNullable<Awaited<ReturnType<typeof provenOf>>>,
): Promise<void> => {
  const { reservationId } = found.record;
  const salt = randomBytes(32).toString('hex');
  const use = sealBody(reservationUse, { reservationId, sessionId, salt });
  await tellEnd(context, found, 'use', {
    more: { useHash: use.hash },
    transient: { body: await ownBody(context, found), use: use.text, open, proof },
  });
};

/**
 * Looks at a reservation whose driver may have come, and states what can be stated of it. The charging utility says who came, and
 * that nobody did; either says who came after all, until that nobody did is charged.
 */
export const lookAfter = async (context: LifeContext, found: ShownReservation): Promise<void> => {
  const { utilityId, ledgerNowMs } = context;
  const { record, body } = found;
  const isOwnOutlet = record.vun === utilityId;
  if (body !== undefined && (isOwnOutlet || record.state === 'no-show')) {
    const sessionIds = await sessionsFor(context, { ...found, body });
    const session = await provenOf(context, found, sessionIds);
    if (session !== undefined) {
      await tellUse(context, found, session);
      return;
    }
    const isMissed = isOwnOutlet && sessionIds.length === 0 && ledgerNowMs() >= waitsUntilMs(record, body);
    if (isMissed && record.state === 'granted') {
      await tellEnd(context, found, 'noShow', { transient: { body: await ownBody(context, found) } });
      return;
    }
  }
  const isOver = record.state === 'granted' && ledgerNowMs() > record.untilMs + RESERVATION_EXPIRES_MS;
  if (isOver) await tellEnd(context, found, 'expire');
};
