import {
  DOCUMENT_TYPE,
  isInTime,
  laneOf,
  openDocument,
  openingProof,
  parseSessionId,
  privateKey,
  reservationUse,
  reservationWish,
  type bookingCommands,
  type SessionOpenBody,
} from '@roamgrid/wire';
import { putBodies } from '../../consortium/agreement.ts';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { requireLane } from '../../session/lanes.ts';
import { Openings, readOpened } from '../../session/openings.ts';
import { getReserved, openReservation, putState, requireState, type Reserved } from '../reservations.ts';

/** Refuses a session of another customer, outlet or time. */
const requireIsFor = async (
  { record, dealing }: Reserved,
  wishText: string,
  { cinRef, openedAtMs, quote }: SessionOpenBody,
): Promise<void> => {
  // It was judged at the grant, by the keys of then; only what it says is wanted here.
  const wish = await openDocument(
    reservationWish,
    DOCUMENT_TYPE.reservation,
    wishText,
    dealing.hun.signingKeys,
  );
  const booker = wish.ok ? wish.value.cinRef : refuse('BAD_SIGNATURE', `wish: ${wish.error.message}`);
  ensure(cinRef === booker, 'INVALID_ARGUMENT', 'the session is of another customer');
  ensure(quote.evseId === record.evseId, 'INVALID_ARGUMENT', `the session was at ${quote.evseId}`);
  ensure(
    isInTime(record, openedAtMs),
    'INVALID_ARGUMENT',
    'the session opened outside the time that was booked',
  );
};

/** The driver came: a session that is committed to on the ledger is what the reservation was for. */
export const use: Verb<typeof bookingCommands.use> = async (tx, { reservationId, useHash }) => {
  const reserved = await getReserved(tx, reservationId);
  const { record, dealing } = reserved;
  const { vun, hun } = dealing;
  requireMember(tx.caller, tx.caller.mspId === hun.mspId ? hun : vun, ['aaa', 'station']);
  const body = openReservation(tx, record);
  requireState(record, ['granted', 'no-show']);
  ensure(record.chargeId === undefined, 'WRONG_STATE', `reservation ${reservationId} is charged already`);
  const said = tx.transient(reservationUse, 'use');
  ensure(said.hash === useHash, 'HASH_MISMATCH', 'the use does not hash to useHash');
  const { sessionId } = said.value;
  ensure(said.value.reservationId === reservationId, 'INVALID_ARGUMENT', 'the use is of another reservation');
  const lane = laneOf(sessionId);
  requireLane(dealing, lane);
  const name = parseSessionId(sessionId);
  const text = tx.transientText('open');
  const open = readOpened(text);
  ensure(
    name.ok && open.sessionId === sessionId,
    'INVALID_ARGUMENT',
    `the open body is of ${open.sessionId}, not of ${sessionId}`,
  );
  await new Openings(tx, lane, record.agreementId).requireCommitted(
    name.value.number,
    text,
    tx.transientValue(openingProof, 'proof'),
  );
  await requireIsFor(reserved, body.wish, open);
  putState(tx, reserved, { state: 'used', useHash });
  putBodies(tx, dealing, [[privateKey.reservationUse(reservationId), said.text]]);
};
