import {
  chargingState,
  SITE_MODES,
  type ChargingMode,
  type Claim,
  type ModeTable,
} from '@roamgrid/domain/power';
import { call, type CallFailure } from '@roamgrid/service-kit';
import { siteOutlet, siteOutletLimit, type SiteOutlet, type SiteOutletLimit } from '@roamgrid/wire';
import { AdapterError, type GrantOrder, type LoadAdapter, type LoadReading } from '../adapter.ts';
import { machineClock, type AdapterClock } from '../adapter-clock.ts';
import type { OutletLoadConfig } from './config.ts';

/** An outlet that was made safe stays so until it is told anew, or for so long. */
const SAFE_MS = 600_000;
const ALL_PPM = 1_000_000n;
/** From the smallest to the largest. */
const BY_POWER = ['residential', 'slow', 'regular', 'fast'] as const satisfies readonly ChargingMode[];

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const modeOf = (maxPowerW: bigint, { modes }: ModeTable): ChargingMode =>
  BY_POWER.find((mode) => maxPowerW <= modes[mode].mostW) ?? 'fast';

const errorOf = (url: string, failure: CallFailure): AdapterError => {
  switch (failure.kind) {
    case 'unreachable':
      return new AdapterError('UNREACHABLE', `the outlet at ${url} cannot be reached`, {
        cause: failure.cause,
      });
    case 'timeout':
      return new AdapterError('UNREACHABLE', `the outlet at ${url} gave no answer in time`);
    case 'protocol':
      return new AdapterError('MALFORMED', `the outlet at ${url}: ${failure.detail}`);
    case 'problem':
      return new AdapterError(
        'REFUSED',
        `the outlet at ${url}: ${failure.problem.code}, ${failure.problem.detail}`,
      );
  }
};

/** An outlet of an own station: what its car wants as a claim, and limits down to it. A limit that lapses leaves it what it may take alone. */
export class OutletLoad implements LoadAdapter {
  readonly loadId: string;
  readonly #config: OutletLoadConfig;
  readonly #clock: AdapterClock;
  readonly #modes: ModeTable;

  constructor(config: OutletLoadConfig, clock: AdapterClock = machineClock, modes: ModeTable = SITE_MODES) {
    this.loadId = config.loadId;
    this.#config = config;
    this.#clock = clock;
    this.#modes = modes;
  }

  async read(signal: AbortSignal): Promise<LoadReading> {
    const measuredAtMs = this.#clock.nowMs();
    const outlet = await this.#ask('GET', '/site/v1/outlet', undefined, signal);
    const { measuredW, isPlugged, limitW, aloneW, evseId, session } = outlet;
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

  async grant(orders: readonly GrantOrder[], signal: AbortSignal): Promise<void> {
    for (const { claimId: sessionId, watts, lapsesAtMs } of orders)
      await this.#limit({ sessionId, watts, lapsesAtMs }, signal);
  }

  /** A car bears to be given nothing: its session goes on. */
  async makeSafe(signal: AbortSignal): Promise<void> {
    await this.#limit({ watts: 0n, lapsesAtMs: this.#clock.nowMs() + SAFE_MS }, signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #limit(limit: SiteOutletLimit, signal: AbortSignal): Promise<void> {
    await this.#ask('PUT', '/site/v1/limit', siteOutletLimit.encode(limit), signal);
  }

  #claimOf({ maxPowerW, measuredW }: SiteOutlet, session: NonNullable<SiteOutlet['session']>): Claim {
    const { nodeId, leastW, priorities, mode = modeOf(maxPowerW, this.#modes) } = this.#config;
    const { sessionId, startMs, plannedEndMs, neededWh, socPpm, loyalty } = session;
    const store = { storedWh: BigInt(socPpm), capacityWh: ALL_PPM };
    return {
      ...{ claimId: sessionId, kind: 'charge', nodeId, minW: leastW },
      maxW: least(maxPowerW, this.#modes.modes[mode].mostW),
      ...{ needWh: neededWh, deadlineMs: plannedEndMs, arrivedMs: startMs, runningW: measuredW },
      ...{ mode, state: chargingState(store, this.#modes), priority: priorities[loyalty] },
    };
  }

  async #ask(method: 'GET' | 'PUT', path: string, body: unknown, signal: AbortSignal): Promise<SiteOutlet> {
    const { url, secret, timeoutMs } = this.#config;
    const told = await call({
      ...{ method, url: url + path, timeoutMs, signal, answer: siteOutlet },
      headers: { authorization: `Bearer ${secret}` },
      ...(body === undefined ? {} : { body }),
    });
    if (!told.ok) throw errorOf(url, told.failure);
    return told.value;
  }
}
