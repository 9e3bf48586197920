import { chargingState, SITE_MODES, type Claim, type ModeTable } from '@roamgrid/domain/power';
import {
  sessionId,
  siteOutlet,
  siteOutletLimit,
  type SiteOutlet,
  type SiteOutletLimit,
} from '@roamgrid/wire';
import type { GrantOrder, LoadAdapter, LoadReading } from '../adapter.ts';
import { machineClock, type AdapterClock } from '../adapter-clock.ts';
import { callDevice } from '../http/device-call.ts';
import type { OutletLoadConfig } from './config.ts';
import { modeOfPower } from './mode-of-power.ts';

/** An outlet that was made safe stays so until it is told anew, or for so long. */
const SAFE_MS = 600_000;
const ALL_PPM = 1_000_000n;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** An outlet of an own station: what its car wants as a claim, and limits down to it. A limit that lapses leaves it what it may take alone. */
export class OutletLoad implements LoadAdapter {
  readonly loadId: string;
  readonly #config: OutletLoadConfig;
  readonly #clock: Pick<AdapterClock, 'nowMs'>;
  readonly #modes: ModeTable;
  /** Of who charged there when it was read last. */
  #sessionId: string | undefined;

  constructor(
    config: OutletLoadConfig,
    clock: Pick<AdapterClock, 'nowMs'> = machineClock,
    modes: ModeTable = SITE_MODES,
  ) {
    this.loadId = config.loadId;
    this.#config = config;
    this.#clock = clock;
    this.#modes = modes;
  }

  async read(signal: AbortSignal): Promise<LoadReading> {
    const measuredAtMs = this.#clock.nowMs();
    const request = { method: 'GET', answer: siteOutlet } as const;
    const outlet = await callDevice(this.#config, '/site/v1/outlet', request, signal);
    const { measuredW, isPlugged, limitW, aloneW, evseId, session } = outlet;
    this.#sessionId = session?.sessionId;
    return {
      measuredAtMs,
      measuredW,
      claims: session === undefined ? [] : [this.#claimOf(outlet, session)],
      facts: {
        ...{ evseId, plug: isPlugged ? 'in' : 'out', limitW: String(limitW), aloneW: String(aloneW) },
        ...(session === undefined ? {} : { socPpm: String(session.socPpm) }),
      },
    };
  }

  /**
   * One car charges there. Whoever else has an order (a request or a reservation that no car has come for) is nobody who takes power, and
   * there is nobody to tell; for one that charged there before the outlet refuses.
   */
  async grant(orders: readonly GrantOrder[], signal: AbortSignal): Promise<void> {
    const cars = orders.filter(({ claimId }) => sessionId.safeParse(claimId).success);
    const order = cars.find(({ claimId }) => claimId === this.#sessionId) ?? cars[0];
    if (order === undefined) return;
    const { claimId, watts, lapsesAtMs } = order;
    await this.#limit({ sessionId: claimId, watts, lapsesAtMs }, signal);
  }

  /** A car bears to be given nothing: its session goes on. */
  async makeSafe(signal: AbortSignal): Promise<void> {
    await this.#limit({ watts: 0n, lapsesAtMs: this.#clock.nowMs() + SAFE_MS }, signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #limit(limit: SiteOutletLimit, signal: AbortSignal): Promise<void> {
    const request = { method: 'PUT', answer: siteOutlet, body: siteOutletLimit.encode(limit) } as const;
    await callDevice(this.#config, '/site/v1/limit', request, signal);
  }

  #claimOf({ maxPowerW, measuredW }: SiteOutlet, session: NonNullable<SiteOutlet['session']>): Claim {
    const { nodeId, leastW, priorities, mode = modeOfPower(maxPowerW, this.#modes) } = this.#config;
    const { sessionId, startMs, plannedEndMs, neededWh, socPpm, loyalty } = session;
    const store = { storedWh: BigInt(socPpm), capacityWh: ALL_PPM };
    return {
      ...{ claimId: sessionId, kind: 'charge', nodeId, minW: leastW },
      maxW: least(maxPowerW, this.#modes.modes[mode].mostW),
      ...{ needWh: neededWh, deadlineMs: plannedEndMs, arrivedMs: startMs, runningW: measuredW },
      ...{ mode, state: chargingState(store, this.#modes), priority: priorities[loyalty] },
    };
  }
}
