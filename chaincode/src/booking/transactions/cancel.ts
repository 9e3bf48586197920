import type { bookingCommands } from '@roamgrid/wire';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getReserved, openReservation, putState, requireState } from '../reservations.ts';
import { freeSlots } from '../slots.ts';

/** Gives an outlet back before its time is over: for nothing until the stated time, and always when the charging utility says so. */
export const cancel: Verb<typeof bookingCommands.cancel> = async (tx, { reservationId }) => {
  const reserved = await getReserved(tx, reservationId);
  const { record, dealing } = reserved;
  const { vun, hun, endorsers } = dealing;
  const isHome = tx.caller.mspId === hun.mspId && tx.caller.role === 'aaa';
  requireMember(tx.caller, isHome ? hun : vun, isHome ? ['aaa'] : ['aaa', 'station']);
  const { freeUntilMs } = openReservation(tx, record);
  requireState(record, ['granted']);
  ensure(tx.nowMs < record.untilMs, 'EXPIRED', `reservation ${reservationId} is over: nothing is given back`);
  const isLate = isHome && tx.nowMs > freeUntilMs;
  await freeSlots(tx, vun, record);
  putState(tx, reserved, { state: isLate ? 'cancelled-late' : 'cancelled' });
  tx.endorseBy(endorsers);
};
