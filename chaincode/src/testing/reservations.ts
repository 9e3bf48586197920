import {
  canonicalText,
  chargeBody,
  DOCUMENT_TYPE,
  openingProof,
  payableStatement,
  reservationBody,
  reservationUse,
  reservationWish,
  sealBody,
  signDocument,
  type AgreementTerms,
  type ChargeBody,
  type ReservationBody,
  type ReservationWish,
} from '@roamgrid/wire';
import type { Lane } from './lane.ts';
import type { OpenedSession } from './opened.ts';
import { payableOf } from './invoices.ts';
import {
  AGREEMENT_ID,
  BOOKING,
  by,
  CHANNEL,
  EVSE_ID,
  HOUR_MS,
  KEYS,
  MONTH,
  NOW_MS,
  saltOf,
  sealedTerms,
  STATION_ID,
  termsOf,
} from './parties.ts';

/** Reservations as the two utilities form them. */

const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };

export interface ReservationOptions {
  readonly wish?: Partial<ReservationWish>;
  readonly body?: Partial<ReservationBody>;
  /** What is granted, where it is not what was wished. */
  readonly granted?: { readonly evseId?: string; readonly fromMs?: number; readonly untilMs?: number };
  readonly key?: (typeof KEYS)[keyof typeof KEYS];
  readonly terms?: AgreementTerms;
  readonly nowMs?: number;
}

export interface TestReservation {
  readonly reservationId: string;
  readonly wish: ReservationWish;
  readonly body: ReservationBody;
  readonly text: string;
  readonly grant: ReturnType<typeof grantCall>;
}

const grantCall = (
  reservationId: string,
  span: { readonly evseId: string; readonly fromMs: number; readonly untilMs: number },
  sealed: { readonly hash: string; readonly text: string },
  terms: AgreementTerms,
  nowMs: number,
) => ({
  caller: by('USDUK', 'aaa'),
  verb: 'booking.grant',
  command: { ...PAIR, reservationId, ...span, bodyHash: sealed.hash },
  transient: { body: sealed.text, terms: sealedTerms(terms).text },
  nowMs,
});

/** Two hours from two hours from now on, at the first outlet, for a gold customer. */
export const reservation = async (
  reservationId: string,
  options: ReservationOptions = {},
): Promise<TestReservation> => {
  const { nowMs = NOW_MS, terms = termsOf(), key = KEYS.USALP } = options;
  const booking = terms.booking ?? BOOKING;
  const loyalty = options.wish?.loyalty ?? 'gold';
  const wish: ReservationWish = {
    iss: 'USALP',
    aud: 'USDUK',
    channel: CHANNEL,
    reservationId,
    agreementId: AGREEMENT_ID,
    cinRef: saltOf('cin'),
    loyalty,
    stationId: STATION_ID,
    fromMs: nowMs + 2 * HOUR_MS,
    untilMs: nowMs + 4 * HOUR_MS,
    patienceMs: 600_000,
    powerW: 80_000n,
    leastW: 20_000n,
    needWh: 60_000n,
    currency: 'USD',
    feeMicros: booking.feeMicros[loyalty],
    noShowMicros: booking.noShowMicros[loyalty],
    issuedAtMs: nowMs,
    validUntilMs: nowMs + 60_000,
    ...options.wish,
  };
  const span = { evseId: EVSE_ID, fromMs: wish.fromMs, untilMs: wish.untilMs, ...options.granted };
  const body: ReservationBody = {
    reservationId,
    wish: await signDocument(reservationWish, DOCUMENT_TYPE.reservation, wish, {
      kid: key.jwk.kid,
      key: key.privateKey,
    }),
    outcome: 'granted',
    stationId: wish.stationId,
    powerW: wish.powerW,
    currency: 'USD',
    feeMicros: booking.feeMicros[loyalty],
    noShowMicros: booking.noShowMicros[loyalty],
    freeUntilMs: span.fromMs - booking.freeCancelMs,
    holdUntilMs: Math.min(span.untilMs, span.fromMs + booking.holdMs),
    salt: saltOf(`reservation ${reservationId}`),
    ...options.body,
  };
  const sealed = sealBody(reservationBody, body);
  return {
    reservationId,
    wish,
    body,
    text: sealed.text,
    grant: grantCall(reservationId, span, sealed, terms, nowMs),
  };
};

/** A verb about a reservation that needs its body alone. */
export const about = (
  { reservationId, text }: TestReservation,
  verb: 'cancel' | 'noShow' | 'expire',
  caller: ReturnType<typeof by>,
  nowMs: number,
) => ({
  caller,
  verb: `booking.${verb}`,
  command: { reservationId },
  ...(verb !== 'expire' && { transient: { body: text } }),
  nowMs,
});

/** What says that a session is what the reservation was for. */
export const usedBy = (
  { reservationId, text }: TestReservation,
  session: OpenedSession,
  lane: Lane,
  nowMs: number,
  caller = by('USDUK', 'aaa'),
) => {
  const { sessionId } = session.body;
  const said = sealBody(reservationUse, { reservationId, sessionId, salt: saltOf(`use ${reservationId}`) });
  return {
    caller,
    verb: 'booking.use',
    command: { reservationId, useHash: said.hash },
    transient: {
      body: text,
      use: said.text,
      open: session.text,
      proof: canonicalText(openingProof, lane.proofOf(session)),
    },
    nowMs,
  };
};

/** A note on reservations at amounts as stated. */
export const chargeCall = (
  chargeId: string,
  items: readonly (readonly [TestReservation, bigint])[],
  nowMs: number,
  over: Partial<ChargeBody> = {},
  terms = termsOf(),
) => {
  const body: ChargeBody = {
    chargeId,
    ...PAIR,
    periodId: MONTH,
    currency: 'USD',
    items: items.map(([{ reservationId }, amountMicros]) => ({
      kind: 'reservation',
      reservationId,
      amountMicros,
    })),
    energyWh: 0n,
    payableMicros: items.reduce((sum, [, micros]) => sum + micros, 0n),
    salt: saltOf(`charge ${chargeId}`),
    ...over,
  };
  const sealed = sealBody(chargeBody, body);
  const payable = sealBody(payableStatement, payableOf({ ...body, invoiceId: chargeId }));
  return {
    caller: by('USDUK', 'aaa'),
    verb: 'clearing.charge',
    command: {
      ...PAIR,
      chargeId,
      periodId: body.periodId,
      bodyHash: sealed.hash,
      payableHash: payable.hash,
    },
    transient: {
      body: sealed.text,
      payable: payable.text,
      terms: sealedTerms(terms).text,
      reservations: `[${items.map(([{ text }]) => text).join()}]`,
    },
    nowMs,
  };
};
