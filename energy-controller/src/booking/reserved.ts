import { createHash } from 'node:crypto';
import type { Logger } from '@roamgrid/service-kit';
import { bookedSpans, type ReservationRecord, type SiteRequestMessage } from '@roamgrid/wire';
import type { GatewayDoor } from '../gateway/gateway-door.ts';
import type { Requests } from '../site/requests.ts';
import type { SiteSpec } from '../site/spec.ts';
import type { BookingConfig } from './config.ts';

export interface ReservedParts {
  readonly config: BookingConfig;
  readonly spec: SiteSpec;
  readonly requests: Requests;
  readonly door: GatewayDoor;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** One after the other: what changes who is served. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Who asks for what is booked, beside the site's operators. */
export const BY_GATEWAY = 'gateway';
const ID_LENGTH = 40;

/** One that has another time is another request. */
const requestIdOf = ({ reservationId, fromMs, untilMs }: ReservationRecord): string =>
  `rsv-${createHash('sha256').update(`${reservationId} ${fromMs} ${untilMs}`).digest('hex').slice(0, ID_LENGTH)}`;

/**
 * What drivers booked at a site, as its utility's gateway has it from the ledger, becomes reservations of the site: power is kept free at
 * their time. Once the car is there it asks for itself, and a reservation that was used, given back or missed is released. While the
 * gateway is away what is known stays.
 */
export class Reserved {
  readonly #parts: ReservedParts;

  constructor(parts: ReservedParts) {
    this.#parts = parts;
  }

  async look(): Promise<void> {
    const { config, door, nowMs, log, inTurn } = this.#parts;
    const fromMs = nowMs();
    const query = `fromMs=${fromMs}&untilMs=${fromMs + config.aheadMs}`;
    const asked = await door.ask({
      method: 'GET',
      path: `/operator/v1/stations/${config.stationId}/reservations?${query}`,
      answer: bookedSpans,
    });
    if (!asked.ok) {
      log.warn({ failure: asked.failure.kind }, 'the gateway does not say what is booked');
      return;
    }
    const granted = asked.value.items.flatMap(({ record }) => (record.state === 'granted' ? [record] : []));
    await inTurn(() => this.#follow(granted));
  }

  async #follow(granted: readonly ReservationRecord[]): Promise<void> {
    const { requests } = this.#parts;
    const wanted = new Map(granted.map((record) => [requestIdOf(record), record]));
    const known = new Set(
      requests.open.filter(({ operator }) => operator === BY_GATEWAY).map((one) => one.requestId),
    );
    // First who leaves: the same reservation may have another time.
    for (const requestId of known) if (!wanted.has(requestId)) await requests.release(requestId);
    for (const [requestId, record] of wanted) {
      const request = known.has(requestId) ? undefined : this.#requestOf(record);
      if (request !== undefined) await requests.ask({ requestId, operator: BY_GATEWAY }, request);
    }
  }

  #requestOf({ reservationId, evseId, fromMs, untilMs }: ReservationRecord): SiteRequestMessage | undefined {
    const { config, spec } = this.#parts;
    const outlet = config.outlets.find((one) => one.evseId === evseId);
    const load = spec.loads.find(({ loadId }) => loadId === outlet?.loadId);
    if (outlet === undefined || load === undefined) return undefined;
    const { loadId, nodeId } = load;
    return {
      ...{ loadId, isReservation: true },
      claim: {
        ...{ claimId: reservationId, kind: 'charge', nodeId, minW: 0n, maxW: outlet.maxW, fromMs, untilMs },
      },
    };
  }
}
