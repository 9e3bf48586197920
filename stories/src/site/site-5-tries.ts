import {
  bookingAnswer,
  bookingQuestion,
  DOCUMENT_TYPE,
  issuerEntry,
  reservationWish,
  signDocument,
  type ReservationWish,
} from '@roamgrid/wire';
import type { Ask } from '../system/ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY, type StationDefinition } from '../system/consortium.ts';
import type { LocalSystem } from '../system/system.ts';

const QUARTER_MS = 900_000;

/** Wishes of many customers for one station at once, each signed by their utility; spans repeat, so most cannot be met. */
export const bookThere = async (
  system: LocalSystem,
  aaa: Ask,
  { stationId, outlets }: StationDefinition,
  tries: number,
) => {
  const duke = system.utility(DUKE_ENERGY.utilityId);
  const home = system.utility(ALABAMA_POWER.utilityId);
  const entry = await aaa(
    'GET',
    `${duke.gateway.url}/internal/v1/registry/issuers/${home.definition.utilityId}`,
    undefined,
    issuerEntry,
  );
  const { agreement, terms } = entry;
  if (agreement === undefined || terms?.booking === undefined) throw new Error('the two agreed on booking');
  const { booking } = terms;
  const nowMs = Date.now();
  const baseMs = Math.ceil(nowMs / QUARTER_MS) * QUARTER_MS + 4 * QUARTER_MS;
  const key = home.signingKey;
  const answers = await Promise.all(
    Array.from({ length: tries }, async (_, at) => {
      const fromMs = baseMs + (at % 7) * QUARTER_MS;
      const span = { fromMs, untilMs: fromMs + (1 + (at % 3)) * QUARTER_MS };
      const wish: ReservationWish = {
        iss: home.definition.utilityId,
        aud: duke.definition.utilityId,
        channel: system.ledger.endpoint(DUKE_ENERGY.mspId).channel,
        reservationId: `try-${at}`,
        agreementId: agreement.agreementId,
        cinRef: at.toString(16).padStart(64, '0'),
        loyalty: 'gold',
        stationId,
        ...span,
        patienceMs: 0,
        powerW: 20_000n,
        leastW: 20_000n,
        needWh: 5_000n,
        currency: terms.currency,
        feeMicros: booking.feeMicros.gold,
        noShowMicros: booking.noShowMicros.gold,
        issuedAtMs: nowMs,
        validUntilMs: nowMs + 600_000,
      };
      const signed = await signDocument(reservationWish, DOCUMENT_TYPE.reservation, wish, {
        kid: key.kid,
        key,
      });
      const question = bookingQuestion.encode({ wish: signed, slow: 'offer' });
      const answer = await aaa(
        'POST',
        `${duke.gateway.url}/internal/v1/reservations`,
        question,
        bookingAnswer,
      );
      return { span, answer };
    }),
  );
  return {
    outlets: outlets.map(({ evseId }) => evseId),
    asked: tries,
    booked: answers.flatMap(({ answer }) =>
      answer.outcome === 'booked'
        ? [
            {
              evseId: answer.reservation.record.evseId,
              fromMs: answer.reservation.record.fromMs,
              untilMs: answer.reservation.record.untilMs,
            },
          ]
        : [],
    ),
    denied: answers.flatMap(({ span, answer }) => (answer.outcome === 'booked' ? [] : [span])),
  };
};
