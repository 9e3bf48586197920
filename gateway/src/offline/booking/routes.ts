import { decodeCbor, readRecord, type OfflineRecord } from '@roamgrid/offline';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { offlineBookingAnswer, offlineRecordRequest, type AssertionClaims } from '@roamgrid/wire';
import type { OfflineBookings } from './offline-bookings.ts';

const recordIn = (text: string): OfflineRecord | undefined => {
  const read = decodeCbor(new Uint8Array(Buffer.from(text, 'base64url')));
  return read.ok ? readRecord(read.value) : undefined;
};

/** Where the own AAA node brings records that phones carried to it. */
export const offlineRecordRoutes = (
  bookings: OfflineBookings,
  auth: Auth<AssertionClaims>,
): readonly Route[] => [
  route({
    method: 'post',
    path: '/internal/v1/offline/records',
    summary: 'Book a session that began at an own charger without network, or say how it stands',
    auth,
    body: offlineRecordRequest,
    answers: { 200: offlineBookingAnswer },
    handler: async ({ body }) => {
      const record = recordIn(body.record);
      return reply(
        200,
        record === undefined
          ? { outcome: 'refused', code: 'RECORD_MALFORMED', message: 'it is no record of a charger' }
          : await bookings.book(record, body.leave),
      );
    },
  }),
];
