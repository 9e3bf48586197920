import {
  bookingAnswer,
  bookingPlaces,
  bookingQuestion,
  givenPage,
  houseDayPage,
  reservationPage,
  shownReservation,
  type BookingAnswer,
  type BookingPlaces,
  type BookingQuestion,
  type ReservationState,
  type ShownReservation,
} from '@roamgrid/wire';
import type { CallResult } from '@roamgrid/service-kit';
import type { AskGateway, AskKept } from './clearing.ts';
import { partnerAnswer } from './partner-answer.ts';

/** What is booked is on the ledger when the answer comes. */
const BOOK_TIMEOUT_MS = 40_000;
/** Reservations in one answer. */
const PAGE = 500;
/** Cards that are asked for at once. */
const CARDS_ASKED = 50;

/** What the node asks of its gateway about reservations. */
export const bookingCalls = (ask: AskGateway, askKept: AskKept, must: <T>(result: CallResult<T>) => T) => ({
  /** A wish for an own station or, through the router, a partner's. */
  reserve: async (question: BookingQuestion): Promise<BookingAnswer> => {
    const body = bookingQuestion.encode(question);
    const answer = await ask('POST', '/internal/v1/reservations', bookingAnswer, body, BOOK_TIMEOUT_MS);
    return partnerAnswer(answer, 'BOOKING_NOT_OFFERED');
  },
  /** Reservations of own customers, all of them or those in one state. */
  reservationsOf: async (
    cinRefs: readonly string[],
    state?: ReservationState,
  ): Promise<readonly ShownReservation[]> => {
    const found: ShownReservation[] = [];
    for (let from = 0; from < cinRefs.length; from += CARDS_ASKED)
      for (let after = ''; ;) {
        const query = new URLSearchParams([
          ['role', 'hun'],
          ['limit', PAGE.toString()],
          ['after', after],
          ...(state === undefined ? [] : [['state', state] as const]),
          ...cinRefs.slice(from, from + CARDS_ASKED).map((cinRef) => ['cinRef', cinRef] as const),
        ] as [string, string][]);
        const path = `/internal/v1/reservations?${query.toString()}`;
        const page = must(await ask('GET', path, reservationPage));
        found.push(...page.items);
        if (page.items.length < PAGE) break;
        after = page.cursor;
      }
    return found;
  },
  /** Stations at which own customers may book. */
  bookingPlaces: async (search: string): Promise<BookingPlaces> => {
    const query = new URLSearchParams({ search }).toString();
    return must(await ask('GET', `/internal/v1/booking-places?${query}`, bookingPlaces));
  },
  /** Own customers' reservations by the block that last changed each, from behind a cursor on. */
  ownReservations: async (after: string, limit: number) => {
    const query = new URLSearchParams({ role: 'hun', limit: limit.toString(), after });
    return must(
      await askKept('reservations', `/internal/v1/reservations?${query.toString()}`, reservationPage),
    );
  },
  /** Batches in which own customers' cars gave something, by the block that last changed each, from behind a cursor on. */
  ownGiven: async (after: string, limit: number) => {
    const query = new URLSearchParams({ limit: limit.toString(), after });
    return must(await askKept('given', `/internal/v1/given?${query.toString()}`, givenPage));
  },
  /** What days of own customers' houses came to, by the block that last changed each, from behind a cursor on. */
  ownHouseDays: async (after: string, limit: number) => {
    const query = new URLSearchParams({ limit: limit.toString(), after });
    return must(await askKept('house-days', `/internal/v1/house-days?${query.toString()}`, houseDayPage));
  },
  cancelReservation: (reservationId: string): Promise<CallResult<ShownReservation>> =>
    ask(
      'POST',
      `/internal/v1/reservations/${reservationId}/cancel`,
      shownReservation,
      undefined,
      BOOK_TIMEOUT_MS,
    ),
});
