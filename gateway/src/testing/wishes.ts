import { randomUUID } from 'node:crypto';
import { DEFAULT_CHANNEL } from '@roamgrid/test-network';
import {
  bookingAnswer,
  bookingQuestion,
  DOCUMENT_TYPE,
  reservationWish,
  signDocument,
  type BookingAnswer,
  type BookingQuestion,
  type ReservationWish,
} from '@roamgrid/wire';
import { testNow } from './clock.ts';
import { AGREEMENT_ID, ALABAMA, DUKE } from './consortium.ts';
import type { GatewayRig, TestGateway } from './gateway-rig.ts';
import { CIN_REF } from './router-peer.ts';

/** Wishes that Alabama Power signs for its customers, as its AAA node does. */

export const QUARTER_MS = 900_000;

const FEES: Readonly<Record<ReservationWish['loyalty'], readonly [bigint, bigint]>> = {
  none: [2_000_000n, 6_000_000n],
  gold: [1_500_000n, 5_000_000n],
  diamond: [1_000_000n, 4_000_000n],
  platinum: [500_000n, 3_000_000n],
};

export const wishOf = (
  over: Partial<ReservationWish> & Pick<ReservationWish, 'stationId'>,
): ReservationWish => {
  const nowMs = testNow();
  const fromMs = over.fromMs ?? nowMs + QUARTER_MS;
  const loyalty = over.loyalty ?? 'gold';
  const [feeMicros, noShowMicros] = FEES[loyalty];
  return {
    iss: ALABAMA,
    aud: DUKE,
    channel: DEFAULT_CHANNEL,
    reservationId: `res-${randomUUID()}`,
    agreementId: AGREEMENT_ID,
    cinRef: CIN_REF,
    loyalty,
    fromMs,
    untilMs: fromMs + 2 * QUARTER_MS,
    patienceMs: 300_000,
    powerW: 40_000n,
    leastW: 10_000n,
    needWh: 20_000n,
    currency: 'USD',
    feeMicros,
    noShowMicros,
    issuedAtMs: nowMs,
    validUntilMs: nowMs + 600_000,
    ...over,
  };
};

/** Asks a gateway for what home signed. */
export const askFor = async (
  { home, duke }: Pick<GatewayRig, 'home' | 'duke'>,
  gateway: Pick<TestGateway, 'ask'>,
  wish: ReservationWish,
  over: Partial<Omit<BookingQuestion, 'wish'>> = {},
): Promise<BookingAnswer> => {
  const question: BookingQuestion = {
    wish: await signDocument(
      reservationWish,
      DOCUMENT_TYPE.reservation,
      { ...wish, channel: duke.config.ledger.channel },
      home,
    ),
    slow: 'offer',
    ...over,
  };
  const { status, body } = await gateway.ask(
    'aaa',
    'POST',
    '/internal/v1/reservations',
    bookingQuestion.encode(question),
  );
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return bookingAnswer.parse(body);
};
