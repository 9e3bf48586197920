import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import {
  book,
  type BookingAnswer,
  type BookingBlock,
  type BookingRequest,
  type Interval,
} from '@roamgrid/domain/power';
import { DRIVER_BYTES } from './driver.ts';
import { SLOT_S, type Slot } from './slots.ts';

const SLOT_MS = SLOT_S * 1_000;

/** Whether quarters of an hour can be booked at an outlet: as the power core books, on its grid alone. Spec: SECURE-7. */
export const bookSlots = (
  block: BookingBlock,
  request: BookingRequest,
): Result<BookingAnswer, DomainError<'SLOT_OFF_GRID'>> =>
  request.startMs % SLOT_MS === 0 && request.endMs % SLOT_MS === 0
    ? ok(book(block, request))
    : err({ code: 'SLOT_OFF_GRID', message: 'slots begin and end on a quarter of an hour' });

/** What is booked of one outlet, as its charger is told. @param driverOf the driver of a booking; undefined for who comes by the network */
export const slotsOf = (
  intervals: readonly Interval[],
  outletId: string,
  driverOf: (intervalId: string) => Uint8Array | undefined,
): readonly Slot[] =>
  intervals
    .filter((interval) => interval.kind === 'reservation' && interval.outletId === outletId)
    .flatMap(({ intervalId, startMs, endMs }): readonly Slot[] => {
      // A driver whom no phone's key stands for is one all the same: the slot is another's to whoever asks.
      const driver = driverOf(intervalId) ?? new Uint8Array(DRIVER_BYTES);
      const first = Math.floor(startMs / SLOT_MS);
      const count = Math.ceil(endMs / SLOT_MS) - first;
      return Array.from({ length: count }, (_, at) => ({ startS: (first + at) * SLOT_S, driver }));
    })
    .sort((a, b) => a.startS - b.startS);
