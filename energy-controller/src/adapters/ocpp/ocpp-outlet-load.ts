import { randomUUID } from 'node:crypto';
import { chargingState, SITE_MODES, type Claim } from '@roamgrid/domain/power';
import { createAssertionSigner } from '@roamgrid/service-kit';
import {
  ocppCommandOutcome,
  ocppOutlet,
  sessionId,
  type OcppOutlet,
  type OcppTransaction,
} from '@roamgrid/wire';
import { AdapterError, type GrantOrder, type LoadAdapter, type LoadReading } from '../adapter.ts';
import { machineClock, type AdapterClock } from '../adapter-clock.ts';
import { callDevice, type HttpDevice } from '../http/device-call.ts';
import { modeOfPower } from '../outlet/mode-of-power.ts';
import type { OcppOutletConfig } from './config.ts';
import { Measured } from './measured.ts';

/** An outlet that was made safe stays so until it is told anew, or for so long. */
const SAFE_MS = 600_000;
const MS_PER_S = 1_000;
/** A schedule begins so long ago: it is in force at once also where the station's clock is behind. */
const BEGAN_S = 3_600;
const ALL_PPM = 1_000_000n;
const TENTHS = 10n;

interface Limit {
  readonly watts: bigint;
  readonly lapsesAtMs: number;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * An outlet of a station of OCPP as a load: limits go to it as one charging profile, which itself goes back to what the outlet may take
 * alone when its time is over; what flows is read from what its registers moved by.
 */
export class OcppOutletLoad implements LoadAdapter {
  readonly loadId: string;
  readonly #config: OcppOutletConfig;
  readonly #clock: Pick<AdapterClock, 'nowMs'>;
  readonly #sign: (audience: string) => Promise<string>;
  readonly #measured: Measured;
  /** The last that the station accepted. */
  #limit: Limit | undefined;
  /** The connection in which it accepted a profile of ours. */
  #boundSinceMs: number | undefined;
  #sessionId: string | undefined;

  constructor(config: OcppOutletConfig, clock: Pick<AdapterClock, 'nowMs'> = machineClock) {
    const { utilityId, iss, key, silentAfterMs } = config;
    this.loadId = config.loadId;
    this.#config = config;
    this.#clock = clock;
    this.#sign = createAssertionSigner({ key, iss, utility: utilityId, role: 'operator' });
    this.#measured = new Measured(silentAfterMs);
  }

  /** Rejects while nobody knows what flows there or may: then the site counts the worst. */
  async read(signal: AbortSignal): Promise<LoadReading> {
    const outlet = await this.#ask(signal);
    const { connectedSinceMs, transactions, evseId } = outlet;
    const measuredW = this.#measured.of(transactions, this.#clock.nowMs());
    const session = transactions.find((one) => one.sessionId !== null);
    this.#sessionId = session?.sessionId ?? undefined;
    if (connectedSinceMs === null) throw this.#unsure('is not connected');
    if (connectedSinceMs !== this.#boundSinceMs) {
      // It may have forgotten what it was told, or never have heard it.
      await this.#tell(this.#limit ?? this.#alone(), signal);
      this.#boundSinceMs = connectedSinceMs;
    }
    if (measuredW === undefined) throw this.#unsure('has not told lately what flows');
    return {
      measuredAtMs: this.#clock.nowMs(),
      measuredW,
      claims: session === undefined ? [] : this.#claimOf(outlet, session, measuredW),
      facts: { evseId, aloneW: String(this.#config.aloneW), limitW: String(this.#limitNow()) },
    };
  }

  /** One car charges there; whoever else has an order is nobody who takes power, and there is nobody to tell. */
  async grant(orders: readonly GrantOrder[], signal: AbortSignal): Promise<void> {
    const cars = orders.filter(({ claimId }) => sessionId.safeParse(claimId).success);
    const order = cars.find(({ claimId }) => claimId === this.#sessionId);
    if (order !== undefined) await this.#tell(order, signal);
    else if (cars.length > 0) throw new AdapterError('REFUSED', `${this.#name} charges no such car`);
  }

  /** A car bears to be given nothing: its session goes on. */
  async makeSafe(signal: AbortSignal): Promise<void> {
    await this.#tell({ watts: 0n, lapsesAtMs: this.#clock.nowMs() + SAFE_MS }, signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get #name(): string {
    return `outlet ${this.#config.evse} of ${this.#config.stationId}`;
  }

  #unsure(why: string): AdapterError {
    return new AdapterError('UNREACHABLE', `${this.#name} ${why}`);
  }

  #alone(): Limit {
    return { watts: this.#config.aloneW, lapsesAtMs: this.#clock.nowMs() };
  }

  #limitNow(): bigint {
    const { watts, lapsesAtMs } = this.#limit ?? this.#alone();
    return lapsesAtMs > this.#clock.nowMs() ? watts : this.#config.aloneW;
  }

  async #device(): Promise<HttpDevice> {
    const { url, timeoutMs } = this.#config;
    return { url, timeoutMs, secret: await this.#sign(new URL(url).origin) };
  }

  async #ask(signal: AbortSignal): Promise<OcppOutlet> {
    const { stationId, evse } = this.#config;
    const path = `/operator/v1/stations/${stationId}/outlets/${evse}`;
    return callDevice(await this.#device(), path, { method: 'GET', answer: ocppOutlet }, signal);
  }

  async #tell(limit: Limit, signal: AbortSignal): Promise<void> {
    const { stationId, evse } = this.#config;
    const path = `/operator/v1/stations/${stationId}/commands/${randomUUID()}`;
    const body = { kind: 'set-profile', outlet: { evse }, profile: this.#profileOf(limit) };
    const request = { method: 'PUT', answer: ocppCommandOutcome, body } as const;
    const { outcome, said = outcome } = await callDevice(await this.#device(), path, request, signal);
    if (outcome === 'rejected' || outcome === 'unsupported')
      throw new AdapterError('REFUSED', `${this.#name} does not take the limit: ${said}`);
    if (outcome !== 'accepted') throw this.#unsure('did not say whether it takes the limit');
    this.#limit = limit;
  }

  /** Where the time of the limit is over, the station goes on by itself with what the outlet may take alone. */
  #profileOf({ watts, lapsesAtMs }: Limit) {
    const { profileId, stackLevel, aloneW } = this.#config;
    const nowMs = this.#clock.nowMs();
    const startMs = nowMs - (nowMs % MS_PER_S) - BEGAN_S * MS_PER_S;
    // Down: it never lasts longer than the order does.
    const lapsesS = Math.floor((lapsesAtMs - startMs) / MS_PER_S);
    const tenths = (power: bigint): number => Number(power * TENTHS);
    const isOver = lapsesAtMs <= nowMs;
    return {
      ...{ profileId, stackLevel, purpose: 'transaction-default', kind: 'absolute', unit: 'W', startMs },
      periods: isOver
        ? [{ startS: 0, limitTenths: tenths(aloneW) }]
        : [
            { startS: 0, limitTenths: tenths(watts) },
            { startS: lapsesS, limitTenths: tenths(aloneW) },
          ],
    };
  }

  #claimOf({ maxPowerW }: OcppOutlet, session: OcppTransaction, runningW: bigint): readonly Claim[] {
    const { nodeId, leastW, priorities, mode = modeOfPower(maxPowerW, SITE_MODES) } = this.#config;
    const { sessionId: claimId, beganAtMs, plannedEndMs, neededWh, socPpm, loyalty } = session;
    if (claimId === null || neededWh === null || loyalty === null) return [];
    const { priority = priorities[loyalty] } = this.#config;
    return [
      {
        ...{ claimId, kind: 'charge', nodeId, minW: leastW, runningW, mode, priority, needWh: neededWh },
        maxW: least(maxPowerW, SITE_MODES.modes[mode].mostW),
        ...{ deadlineMs: plannedEndMs, arrivedMs: beganAtMs },
        ...(socPpm !== null && {
          state: chargingState({ storedWh: BigInt(socPpm), capacityWh: ALL_PPM }, SITE_MODES),
        }),
      },
    ];
  }
}
