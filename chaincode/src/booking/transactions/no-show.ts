import { waitsUntilMs, type bookingCommands } from '@roamgrid/wire';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getReserved, openReservation, putState, requireState } from '../reservations.ts';
import { freeSlots } from '../slots.ts';

/**
 * The charging utility states that nobody came while the outlet waited. Either party may show the session that the driver had
 * there until it is charged, which is not before the agreed time for that is over.
 */
export const noShow: Verb<typeof bookingCommands.noShow> = async (tx, { reservationId }) => {
  const reserved = await getReserved(tx, reservationId);
  const { record, dealing } = reserved;
  requireMember(tx.caller, dealing.vun, ['aaa', 'station']);
  const untilMs = waitsUntilMs(record, openReservation(tx, record));
  requireState(record, ['granted']);
  ensure(
    tx.nowMs >= untilMs,
    'WRONG_STATE',
    `${record.evseId} waits for the driver ${untilMs - tx.nowMs} ms more`,
  );
  await freeSlots(tx, dealing.vun, record);
  putState(tx, reserved, { state: 'no-show' });
  tx.endorseBy(dealing.endorsers);
};
