import {
  driverBookingAnswer,
  driverBookingRequest,
  driverBookingTerms,
  driverReservation,
  driverReservations,
  reservationPage,
  type DriverBookingAnswer,
  type DriverReservation,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { asker } from '../system/ask.ts';
import type { DriverCaller } from '../system/driver-caller.ts';
import type { LocalSystem } from '../system/system.ts';
import { until } from '../system/until.ts';

export interface SpanSeen {
  readonly fromMs: number;
  readonly untilMs: number;
}

type Offer = Extract<DriverBookingAnswer, { outcome: 'offered' }>['offer'];

interface Seat {
  /** Of the home utility's AAA node. */
  readonly origin: string;
  readonly prove: DriverCaller;
  readonly cinRef: string;
  readonly vun: string;
}

/** A driver who books through his own utility's driver API. */
export const driverOf = ({ origin, prove, cinRef, vun }: Seat) => {
  const needWh = 40_000n;
  const call = async <S extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    schema: S,
    body?: unknown,
  ): Promise<z.output<S>> => {
    const address = new URL(`${origin}/driver/v1/${path}`);
    const response = await fetch(address, {
      method,
      headers: { ...(await prove(method, address)), 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return schema.parse(JSON.parse(text));
  };
  const ask = (
    requestId: string,
    span: SpanSeen,
    rankBy?: z.output<typeof driverBookingRequest>['rankBy'],
    taken?: Offer,
  ) =>
    call(
      'POST',
      'reservations',
      driverBookingAnswer,
      driverBookingRequest.encode({
        requestId,
        cinRef,
        vun,
        stationId: 's1',
        ...span,
        patienceMs: 5 * 60_000,
        powerW: 40_000n,
        leastW: 10_000n,
        needWh,
        slow: 'offer',
        ...(rankBy && { rankBy }),
        ...(taken && { untilMs: taken.untilMs, leastW: taken.powerW, slow: 'take' }),
      }),
    );
  const bookedOf = (answer: DriverBookingAnswer): DriverReservation => {
    if (answer.outcome !== 'booked') throw new Error(`it was ${answer.outcome}`);
    return answer.reservation;
  };
  return {
    cinRef,
    needWh,
    ask,
    booked: async (requestId: string, span: SpanSeen) => bookedOf(await ask(requestId, span)),
    offered: async (requestId: string, span: SpanSeen): Promise<Offer> => {
      const answer = await ask(requestId, span);
      if (answer.outcome !== 'offered') throw new Error(`it was ${answer.outcome}`);
      return answer.offer;
    },
    /** The problem's code with which a wish is refused before it is brought to anybody; what came of it otherwise. */
    refusal: async (requestId: string, span: SpanSeen): Promise<string> => {
      try {
        return (await ask(requestId, span)).outcome;
      } catch (thrown) {
        return /"code":"(\w+)"/.exec(String(thrown))?.[1] ?? String(thrown);
      }
    },
    take: async (requestId: string, span: SpanSeen, offer: Offer) =>
      bookedOf(await ask(requestId, span, undefined, offer)),
    /** What booking costs this driver. */
    terms: () => call('GET', `booking-terms/${vun}`, driverBookingTerms),
    count: async () => {
      const { reservations } = await call('GET', 'reservations', driverReservations);
      return reservations.filter(({ state }) => state === 'granted').length;
    },
    cancel: (reservationId: string) =>
      call('POST', `reservations/${reservationId}/cancel`, driverReservation),
    /** A reservation as each of the two gateways reads it from the ledger. */
    onBothLedgers: async (system: LocalSystem, reservationId: string) => {
      const read = (utilityId: string, role: 'hun' | 'vun') => {
        const aaa = asker(system.keys.key(`${utilityId}-aaa`), 'aaa', utilityId, 'aaa');
        const url = `${system.utility(utilityId).gateway.url}/internal/v1/reservations?role=${role}`;
        return until(`${reservationId} at ${utilityId}`, async () => {
          const { items } = await aaa('GET', url, undefined, reservationPage);
          return items.find(({ record }) => record.reservationId === reservationId)?.record;
        });
      };
      const atStation = await read(vun, 'vun');
      const atHome = await read(atStation.hun, 'hun');
      return {
        atStation: JSON.stringify(atStation),
        atHome: JSON.stringify(atHome),
        state: atStation.state,
      };
    },
  };
};

export type BookingDriver = ReturnType<typeof driverOf>;
