import { randomBytes } from 'node:crypto';
import {
  bookingCommands,
  canonicalText,
  isInTime,
  openingProof,
  openingRecord,
  parseOpened,
  RESERVATION_EXPIRES_MS,
  reservationUse,
  sealBody,
  signatoriesOf,
  type Role,
  type ShownReservation,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { runningOpening } from '../auditor-api/opening-proof.ts';
import type { Ledger, LedgerCommand } from '../ledger/ledger.ts';
import { asProblem } from '../operator-api/ledger-problem.ts';
import { gatewayError } from '../problems.ts';
import type { CalendarContext } from './calendar.ts';
import { customerOfWish } from './customer.ts';
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

/** The session of the customer who booked, at the outlet and in the time booked, once its opening is on the ledger. */
const sessionFor = async ({ db }: CalendarContext, { record, body }: ShownReservation) => {
  if (body === undefined) return undefined;
  const booker = customerOfWish(body.wish);
  const rows = await db
    .selectFrom('charge')
    .innerJoin('ledger_session', 'ledger_session.session_id', 'charge.session_id')
    .innerJoin('opening', (join) =>
      join
        .onRef('opening.lane_id', '=', 'ledger_session.lane_id')
        .onRef('opening.slot', '=', 'ledger_session.slot'),
    )
    .select(['charge.session_id', 'charge.open_body', 'opening.record'])
    .where('charge.evse_id', '=', record.evseId)
    .where('ledger_session.hun', '=', record.hun)
    .where('ledger_session.agreement_id', '=', record.agreementId)
    .execute();
  for (const row of rows) {
    const { open } = parseOpened(row.open_body);
    if (open.cinRef !== booker || !isInTime(record, open.openedAtMs)) continue;
    const { openBody, openingProof: proof } = await runningOpening(
      db,
      openingRecord.parse(row.record),
      row.session_id,
    );
    if (openBody !== undefined && proof.state === 'present')
      return {
        sessionId: row.session_id,
        open: openBody,
        proof: canonicalText(openingProof, proof.proof),
      };
  }
  return undefined;
};

/** Whether the customer who booked is charging there, or did, though the ledger may not know it yet. */
const hasCome = async ({ db }: CalendarContext, { record, body }: ShownReservation): Promise<boolean> => {
  if (body === undefined) return true;
  const booker = customerOfWish(body.wish);
  const rows = await db
    .selectFrom('charge')
    .select('open_body')
    .where('evse_id', '=', record.evseId)
    .where('hun', '=', record.hun)
    .execute();
  return rows.some(({ open_body }) => {
    const { open } = parseOpened(open_body);
    return open.cinRef === booker && isInTime(record, open.openedAtMs);
  });
};

/** Looks at a reservation whose time has begun, and states what can be stated of it. */
export const lookAfter = async (context: LifeContext, found: ShownReservation): Promise<void> => {
  const { utilityId, ledgerNowMs } = context;
  const { record, body } = found;
  const nowMs = ledgerNowMs();
  if (record.vun === utilityId && body !== undefined) {
    const session = await sessionFor(context, found);
    if (session !== undefined) {
      const { sessionId, open, proof } = session;
      const use = sealBody(reservationUse, {
        reservationId: record.reservationId,
        sessionId,
        salt: randomBytes(32).toString('hex'),
      });
      await tellEnd(context, found, 'use', {
        more: { useHash: use.hash },
        transient: { body: await ownBody(context, found), use: use.text, open, proof },
      });
      return;
    }
    if (nowMs >= body.holdUntilMs && !(await hasCome(context, found))) {
      await tellEnd(context, found, 'noShow', { transient: { body: await ownBody(context, found) } });
      return;
    }
  }
  if (nowMs > record.untilMs + RESERVATION_EXPIRES_MS) await tellEnd(context, found, 'expire');
};
