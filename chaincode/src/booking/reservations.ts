import {
  reservationBody,
  reservationRecord,
  stateKey,
  type ReservationBody,
  type ReservationRecord,
  type ReservationState,
} from '@roamgrid/wire';
import { getDealing, type Dealing } from '../consortium/agreement.ts';
import { ensure, type Transaction } from '../context/index.ts';

export interface Reserved {
  readonly record: ReservationRecord;
  readonly dealing: Dealing;
}

export const getReserved = async (tx: Transaction, reservationId: string): Promise<Reserved> => {
  const record = await tx.get(reservationRecord, stateKey.reservation(reservationId));
  return { record, dealing: await getDealing(tx, record) };
};

/** The private body that travels beside the command, proven to be what both endorsed. */
export const openReservation = (tx: Transaction, { bodyHash }: ReservationRecord): ReservationBody => {
  const body = tx.transient(reservationBody, 'body');
  ensure(body.hash === bodyHash, 'HASH_MISMATCH', 'the body is not that of the reservation');
  return body.value;
};

export const requireState = (
  { reservationId, state }: ReservationRecord,
  states: readonly ReservationState[],
): void => {
  ensure(
    states.includes(state),
    'WRONG_STATE',
    `reservation ${reservationId} is ${state}, not ${states.join(' or ')}`,
  );
};

/** Stages a reservation's next state, which both parties endorse. */
export const putState = (
  tx: Transaction,
  { record, dealing }: Reserved,
  change: Partial<ReservationRecord>,
): void => {
  tx.put(
    reservationRecord,
    stateKey.reservation(record.reservationId),
    { ...record, ...change, version: record.version + 1, changedAtMs: tx.nowMs },
    { endorsers: dealing.endorsers },
  );
};
