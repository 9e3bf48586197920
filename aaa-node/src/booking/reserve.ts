import { kitError } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import {
  DOCUMENT_TYPE,
  reservationWish,
  signDocument,
  type BookingAnswer,
  type DriverBookingAnswer,
  type DriverBookingRequest,
  type DriverReservation,
  type Exchange,
  type LoyaltyLevel,
  type ShownReservation,
  type Signer,
} from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { aaaError } from '../problems.ts';
import { seriallyBy } from '../serially.ts';
import type { Db } from '../store/database.ts';
import { derivedId } from '../store/ids.ts';
import { dropWish, feesBy, keepWish, rateFor, wishesOf } from './wishes.ts';

export interface ReserverOptions {
  readonly db: Db;
  readonly utilityId: string;
  readonly channel: string;
  readonly registry: IssuerRegistry;
  readonly gateway: Pick<GatewayClient, 'reserve' | 'reservationsOf' | 'cancelReservation'>;
  readonly signer: Signer;
  /** Reservations that one card may have open. */
  readonly openPerCard: number;
  /** The ledger's: by it the contract judges what is wished for. */
  readonly nowMs: () => number;
}

/** How long the station's utility may take with a wish. */
const WISH_VALID_MS = 5 * 60_000;

interface Booker {
  readonly customerId: string;
  readonly cinRef: string;
  readonly loyalty: LoyaltyLevel;
}

/** The customer's own card, as long as it charges. */
const bookerOf = async (db: Db, sub: string, cinRef: string): Promise<Booker> => {
  const row = await db
    .selectFrom('cin')
    .innerJoin('customer', 'customer.customer_id', 'cin.customer_id')
    .select(['cin.state', 'customer.loyalty', 'customer.customer_id'])
    .where('cin_ref', '=', cinRef)
    .where('customer.sub', '=', sub)
    .where('customer.state', '=', 'active')
    .executeTakeFirst();
  if (row === undefined) throw aaaError('CIN_NOT_FOUND', 'no CIN of this customer has this reference');
  if (row.state !== 'active') throw aaaError('CIN_NOT_ACTIVE', `the card is ${row.state}`);
  return { customerId: row.customer_id, cinRef, loyalty: row.loyalty };
};

const cinRefsOf = async (db: Db, sub: string): Promise<string[]> => {
  const rows = await db
    .selectFrom('cin')
    .innerJoin('customer', 'customer.customer_id', 'cin.customer_id')
    .select('cin_ref')
    .where('customer.sub', '=', sub)
    .execute();
  return rows.map(({ cin_ref }) => cin_ref);
};

/** A reservation as the driver sees it. */
const forDriver = (
  { record, body, use }: ShownReservation,
  rate: Exchange | undefined,
): DriverReservation => {
  if (body === undefined) throw new Error(`home has no body of reservation ${record.reservationId}`);
  const { reservationId, vun, evseId, fromMs, untilMs, state } = record;
  const { stationId, outcome, powerW, currency, feeMicros, noShowMicros, freeUntilMs, holdUntilMs } = body;
  return {
    ...{ reservationId, vun, stationId, evseId, fromMs, untilMs, state, outcome, powerW },
    ...{ currency, feeMicros, noShowMicros, freeUntilMs, holdUntilMs },
    ...(use && { sessionId: use.sessionId }),
    ...(rate && { exchanged: feesBy(body, rate) }),
  };
};

/** Booking ahead for this utility's own customers, at its own stations and at partners'. */
export const createReserver = ({
  db,
  utilityId,
  channel,
  registry,
  gateway,
  signer,
  openPerCard,
  nowMs,
}: ReserverOptions) => {
  const agreementWith = async (vun: string) => {
    const found = await registry.issuer(vun);
    if (!found.ok) throw aaaError('ISSUER_REFUSED', `${vun} is ${found.why} in the registry`);
    const { agreement, terms } = found.entry;
    if (agreement === undefined || terms?.booking === undefined)
      throw aaaError('BOOKING_NOT_OFFERED', `nothing is booked at stations of ${vun}`);
    return { agreementId: agreement.agreementId, terms, booking: terms.booking };
  };

  const requireRoom = (open: readonly ShownReservation[]): void => {
    const count = open.filter(({ record }) => record.untilMs > nowMs()).length;
    if (count >= openPerCard)
      throw aaaError(
        'RESERVATIONS_OPEN',
        `the card has ${count} reservations, which are as many as it may have`,
      );
  };

  const ofCard = (_sub: string, { cinRef }: DriverBookingRequest): string => cinRef;
  // Of one card one after the other, so that many wishes at once do not go beyond what it may have open.
  const ask = seriallyBy(
    ofCard,
    async (sub: string, request: DriverBookingRequest): Promise<BookingAnswer> => {
      const { customerId, cinRef, loyalty } = await bookerOf(db, sub, request.cinRef);
      const { agreementId, terms, booking } = await agreementWith(request.vun);
      const reservationId = derivedId('res', cinRef, request.requestId);
      const open = await gateway.reservationsOf([cinRef], 'granted');
      const told = open.find(({ record }) => record.reservationId === reservationId);
      if (told !== undefined) return { outcome: 'booked', reservation: told };
      requireRoom(open);
      const issuedAtMs = nowMs();
      const untilMs = request.untilMs + request.patienceMs;
      await keepWish(db, reservationId, { customerId, currency: terms.currency, untilMs }, issuedAtMs);
      const wish = await signDocument(
        reservationWish,
        DOCUMENT_TYPE.reservation,
        {
          iss: utilityId,
          aud: request.vun,
          channel,
          reservationId,
          agreementId,
          cinRef,
          loyalty,
          stationId: request.stationId,
          ...(request.evseId !== undefined && { evseId: request.evseId }),
          fromMs: request.fromMs,
          untilMs: request.untilMs,
          patienceMs: request.patienceMs,
          powerW: request.powerW,
          leastW: request.leastW,
          needWh: request.needWh,
          currency: terms.currency,
          feeMicros: booking.feeMicros[loyalty],
          noShowMicros: booking.noShowMicros[loyalty],
          issuedAtMs,
          validUntilMs: issuedAtMs + WISH_VALID_MS,
        },
        signer,
      );
      const { from, rankBy, slow } = request;
      const answer = await gateway.reserve({ wish, slow, ...(from && { from }), ...(rankBy && { rankBy }) });
      if (answer.outcome !== 'booked') await dropWish(db, reservationId);
      return answer;
    },
  );

  const shownTo = async (own: readonly ShownReservation[]): Promise<DriverReservation[]> => {
    const wishes = await wishesOf(
      db,
      own.map(({ record }) => record.reservationId),
    );
    return own.map((each) => forDriver(each, wishes.get(each.record.reservationId)?.exchange));
  };
  const shownOne = async (shown: ShownReservation): Promise<DriverReservation> => {
    const [one] = await shownTo([shown]);
    if (one === undefined) throw new Error(`${shown.record.reservationId} is one reservation`);
    return one;
  };

  return {
    async ask(sub: string, request: DriverBookingRequest): Promise<DriverBookingAnswer> {
      const answer = await ask(sub, request);
      if (answer.outcome !== 'booked') return answer;
      return { outcome: 'booked', reservation: await shownOne(answer.reservation) };
    },
    async list(sub: string): Promise<DriverReservation[]> {
      const cinRefs = await cinRefsOf(db, sub);
      if (cinRefs.length === 0) return [];
      const own = await gateway.reservationsOf(cinRefs);
      return (await shownTo(own)).sort((a, b) => b.fromMs - a.fromMs);
    },
    /** @throws ServiceError RESERVATION_NOT_FOUND, RESERVATION_OVER */
    async cancel(sub: string, reservationId: string): Promise<DriverReservation> {
      const own = await gateway.reservationsOf(await cinRefsOf(db, sub));
      if (!own.some(({ record }) => record.reservationId === reservationId))
        throw aaaError('RESERVATION_NOT_FOUND', `this customer has no reservation ${reservationId}`);
      const cancelled = await gateway.cancelReservation(reservationId);
      if (cancelled.ok) return shownOne(cancelled.value);
      const { failure } = cancelled;
      if (failure.kind === 'problem' && failure.problem.status < 500)
        throw aaaError('RESERVATION_OVER', failure.problem.detail);
      throw kitError('UNAVAILABLE', 'the ledger cannot be told now', { cause: failure });
    },
    /** What booking at a utility's stations costs this customer. */
    async termsFor(sub: string, vun: string) {
      const { terms, booking } = await agreementWith(vun);
      const row = await db
        .selectFrom('customer')
        .select(['loyalty', 'customer_id as customerId'])
        .where('sub', '=', sub)
        .executeTakeFirst();
      if (row === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer has this subject');
      const { loyalty, customerId } = row;
      const { currency } = terms;
      const rate = await rateFor(db, { customerId, currency }, nowMs());
      const fees = { feeMicros: booking.feeMicros[loyalty], noShowMicros: booking.noShowMicros[loyalty] };
      return {
        vun,
        currency,
        loyalty,
        ...fees,
        ...(rate && { exchanged: feesBy(fees, rate) }),
        horizonMs: booking.horizonMs[loyalty],
        freeCancelMs: booking.freeCancelMs,
        holdMs: booking.holdMs,
      };
    },
  };
};

export type Reserver = ReturnType<typeof createReserver>;
