import { RESERVATION_EXPIRES_MS, type bookingCommands } from '@roamgrid/wire';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getReserved, putState, requireState } from '../reservations.ts';

/** Ends a reservation of which nobody stated what became of it: nothing is owed. */
export const expire: Verb<typeof bookingCommands.expire> = async (tx, { reservationId }) => {
  const reserved = await getReserved(tx, reservationId);
  const { record, dealing } = reserved;
  const { vun, hun, endorsers } = dealing;
  requireMember(tx.caller, tx.caller.mspId === hun.mspId ? hun : vun, ['aaa']);
  requireState(record, ['granted']);
  const fromMs = record.untilMs + RESERVATION_EXPIRES_MS;
  ensure(
    tx.nowMs > fromMs,
    'WRONG_STATE',
    `reservation ${reservationId} can expire ${fromMs - tx.nowMs} ms from now, not before`,
  );
  putState(tx, reserved, { state: 'expired' });
  tx.endorseBy(endorsers);
};
