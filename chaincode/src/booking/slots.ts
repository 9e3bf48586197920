import { slotRecord, slotsOf, stateKey, type ReservationRecord, type UtilityRecord } from '@roamgrid/wire';
import { ensure, type Transaction } from '../context/index.ts';

type Booked = Pick<ReservationRecord, 'reservationId' | 'evseId' | 'fromMs' | 'untilMs'>;

/**
 * Takes every quarter-hour that a reservation touches. Each is read and written under its own key, so that of two grants that
 * overlap and were endorsed at once the later one in the chain is invalid, whoever endorsed it and wherever it was told. As long as
 * it is taken both parties have to endorse its change: the charging utility alone frees nothing that it promised.
 */
export const takeSlots = async (
  tx: Transaction,
  endorsers: readonly string[],
  { reservationId, evseId, fromMs, untilMs }: Booked,
): Promise<void> => {
  const slots = slotsOf(fromMs, untilMs);
  await tx.prefetch(slots.map((slotMs) => stateKey.slot(evseId, slotMs)));
  for (const slotMs of slots) {
    const key = stateKey.slot(evseId, slotMs);
    const before = await tx.find(slotRecord, key);
    ensure(
      before?.reservationId === undefined,
      'OVERLAP',
      `${evseId} is booked in the quarter-hour from ${slotMs}: take another time or outlet`,
    );
    const version = (before?.version ?? 0) + 1;
    tx.put(
      slotRecord,
      key,
      { type: 'slot', version, evseId, slotMs, reservationId },
      { endorsers, ofItem: true },
    );
  }
};

/** Gives the quarter-hours back that are not over; who was granted one of them since keeps it. */
export const freeSlots = async (
  tx: Transaction,
  { mspId }: UtilityRecord,
  { reservationId, evseId, fromMs, untilMs }: Booked,
): Promise<void> => {
  const slots = slotsOf(Math.max(fromMs, tx.nowMs), untilMs);
  await tx.prefetch(slots.map((slotMs) => stateKey.slot(evseId, slotMs)));
  for (const slotMs of slots) {
    const key = stateKey.slot(evseId, slotMs);
    const before = await tx.get(slotRecord, key);
    if (before.reservationId !== reservationId) continue;
    const { reservationId: _taken, ...free } = before;
    tx.put(slotRecord, key, { ...free, version: before.version + 1 }, { endorsers: [mspId], ofItem: true });
  }
};
