import {
  bookingAnswer,
  bookingQuestion,
  reservationPage,
  shownReservation,
  type BookingAnswer,
  type BookingQuestion,
  type ShownReservation,
} from '@roamgrid/wire';
import { kitError, type CallResult } from '@roamgrid/service-kit';
import { aaaError } from '../problems.ts';
import type { AskGateway } from './clearing.ts';

/** What is booked is on the ledger when the answer comes. */
const BOOK_TIMEOUT_MS = 40_000;
/** Of one customer, the most that are listed. */
const LISTED = 500;

/** What the node asks of its gateway about reservations. */
export const bookingCalls = (ask: AskGateway, must: <T>(result: CallResult<T>) => T) => ({
  /** A wish for an own station or, through the router, a partner's. */
  reserve: async (question: BookingQuestion): Promise<BookingAnswer> => {
    const body = bookingQuestion.encode(question);
    const answer = await ask('POST', '/internal/v1/reservations', bookingAnswer, body, BOOK_TIMEOUT_MS);
    if (answer.ok) return answer.value;
    const { failure } = answer;
    if (failure.kind !== 'problem')
      throw kitError('UNAVAILABLE', 'the own gateway does not answer', { cause: failure });
    const { code, detail } = failure.problem;
    if (code === 'HOME_SERVICE_DOWN') throw aaaError('PARTNER_SILENT', detail);
    if (code === 'PARTNER_REFUSED') throw aaaError('BOOKING_NOT_OFFERED', detail);
    throw kitError('UNAVAILABLE', detail, { cause: failure });
  },
  /** Reservations of own customers. */
  reservationsOf: async (cinRefs: readonly string[]): Promise<readonly ShownReservation[]> => {
    const query = new URLSearchParams([
      ['role', 'hun'],
      ['limit', LISTED.toString()],
      ...cinRefs.map((cinRef): [string, string] => ['cinRef', cinRef]),
    ]);
    const path = `/internal/v1/reservations?${query.toString()}`;
    return must(await ask('GET', path, reservationPage)).items;
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
