import { divide, type EndReason } from '@roamgrid/domain';
import {
  energyOfGain,
  MILLI_WH_PER_WH,
  type ChargeProgress,
  type MeterReading,
  type StartAnswer,
  type SwipeOffer,
} from '@roamgrid/wire';
import type { Bay } from '../bay/bay.ts';
import { FaultDetector } from '../bay/fault-detector.ts';
import type { Clock } from '@roamgrid/station-kit';
import type { SignedMeter } from '../meter/signed-meter.ts';
import type { Flow, OutletSupply } from '../site/outlet-supply.ts';
import type { Battery } from '../vehicle/battery.ts';
import { GOES_ON } from './go-on.ts';

/** How finely the outlet steps through a session. */
export interface ChargeTiming {
  /** Length of one metering step. */
  readonly stepMs: number;
  /** A reading is kept at least this often. */
  readonly readingEveryMs: number;
}

export const DEFAULT_TIMING: ChargeTiming = { stepMs: 10_000, readingEveryMs: 60_000 };

/** What the gateway says to a report, or what its silence means. */
export interface ReportAnswer {
  /** Why to stop, if so. */
  readonly stop?: EndReason;
  readonly runningMicros: bigint;
  /** Nobody answered: the agreed limits hold and nobody knows what the session costs by now. */
  readonly isOffline: boolean;
}

export interface ChargeInputs {
  readonly clock: Clock;
  readonly meter: SignedMeter;
  readonly bay: Bay;
  readonly battery: Battery;
  readonly supply: OutletSupply;
  readonly start: StartAnswer;
  readonly startReading: MeterReading;
  readonly offer: SwipeOffer;
  readonly timing: ChargeTiming;
  /** Aborted by the driver, who ends the session, or goes on in another. */
  readonly signal: AbortSignal;
  /** Keep a reading, so that a power cut does not lose it. Called before it is reported. */
  readonly keep: (reading: MeterReading) => void;
  /** Deliver what was kept. Called between steps, never at the same time twice. */
  readonly report: (powerW: bigint, socPpm: number) => Promise<ReportAnswer>;
  readonly onProgress: (phase: 'charging' | 'parked', progress: ChargeProgress) => void;
}

const WMS_PER_MILLI_WH = 3_600n;
const WMS_PER_WH = WMS_PER_MILLI_WH * MILLI_WH_PER_WH;

/** Lets a step pass: whole, or until a sensor changes or the driver ends the session. */
export async function passStep(
  { clock, bay, signal }: Pick<ChargeInputs, 'clock' | 'bay' | 'signal'>,
  stepMs: number,
): Promise<void> {
  const woken = new AbortController();
  const unwatch = bay.watch(() => woken.abort());
  await clock.sleep(stepMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
  unwatch();
}

/** Milliseconds of the step that fit under the limit at this power; rounded down so that the limit is never passed. */
function cutAt(roomWms: bigint, powerW: bigint, stepMs: number): number {
  if (powerW === 0n) return stepMs;
  const roomMs = roomWms / powerW;
  return roomMs < BigInt(stepMs) ? Number(roomMs > 0n ? roomMs : 0n) : stepMs;
}

/** One charging occurrence at the plug, from closed to open contactor and until the car is gone (ROAM-12). */
export class ChargeRun {
  readonly #inputs: ChargeInputs;
  readonly #detector: FaultDetector;
  readonly #limitWms: bigint;
  #lastReadingMs: number;
  #lastReportMs: number;
  #runningMicros = 0n;

  constructor(inputs: ChargeInputs) {
    this.#inputs = inputs;
    const { start, startReading, bay } = inputs;
    this.#detector = new FaultDetector(bay.ratedMilliA);
    this.#limitWms =
      (startReading.registerMilliWh + start.energyLimitWh * MILLI_WH_PER_WH) * WMS_PER_MILLI_WH;
    this.#lastReadingMs = startReading.atMs;
    this.#lastReportMs = startReading.atMs;
  }

  /**
   * Lets energy flow until the battery is full, the driver stops, the limit is reached, somebody says stop or a sensor
   * shows what must not be; then the contactor is open. A car that is full, or has all that was agreed, may stay: that
   * is parking time until it is unplugged.
   * @returns why energy ended to flow
   */
  async run(): Promise<EndReason> {
    const { bay, clock, supply } = this.#inputs;
    bay.closeContactor();
    supply.flow = this.#flow();
    const { endReason, atMs, isOwnEnd } = await this.#charge().finally(() => {
      supply.flow = undefined;
      bay.openContactor(clock.nowMs());
    });
    if (isOwnEnd) await this.#park(atMs);
    return endReason;
  }

  /** The step that would pass the energy limit is cut so that the register stops exactly at it. */
  async #charge(): Promise<{ endReason: EndReason; atMs: number; isOwnEnd: boolean }> {
    const { clock, meter, bay, battery, supply, startReading, start, signal } = this.#inputs;
    let lastStepMs = startReading.atMs;
    for (;;) {
      if (signal.aborted) {
        // Who goes on has had what was agreed first.
        const endReason = signal.reason === GOES_ON ? 'limit' : 'driver';
        return { endReason, atMs: lastStepMs, isOwnEnd: false };
      }
      await passStep(this.#inputs, this.#inputs.timing.stepMs);
      const nowMs = clock.nowMs();
      const powerW = supply.flowingW(nowMs);
      const fault = this.#detector.judge(bay.signals({ atMs: nowMs, powerW }));
      // What a meter counts while it fails is not counted against the driver.
      if (fault === 'meter-error') return { endReason: fault, atMs: lastStepMs, isOwnEnd: false };
      const atMs = this.#take(lastStepMs, nowMs);
      lastStepMs = nowMs;
      if (fault !== undefined) return { endReason: fault, atMs, isOwnEnd: false };
      this.#readInTime(atMs, true);
      if (battery.full) return { endReason: 'full', atMs, isOwnEnd: true };
      const { registerWms } = meter.state;
      if (registerWms + powerW > this.#limitWms || registerWms >= this.#limitWms)
        return { endReason: 'limit', atMs, isOwnEnd: true };
      if (this.#lastReadingMs > this.#lastReportMs && atMs - this.#lastReportMs >= start.reportEveryMs) {
        const { stop } = await this.#report(atMs, powerW);
        if (stop !== undefined) return { endReason: stop, atMs, isOwnEnd: false };
      }
      this.#tell('charging', atMs, powerW);
    }
  }

  /** Takes what flowed in a step, under each limit that held in it; until when, for it may have reached the end. */
  #take(fromMs: number, nowMs: number): number {
    const { meter, battery, supply } = this.#inputs;
    let atMs = fromMs;
    for (const { untilMs, limitW } of supply.partsOf(fromMs, nowMs)) {
      const powerW = battery.powerW(limitW);
      const partMs = cutAt(this.#limitWms - meter.state.registerWms, powerW, untilMs - atMs);
      meter.advance(battery.charge(powerW, partMs));
      atMs += partMs;
      if (atMs < untilMs) return atMs;
    }
    return atMs;
  }

  /** What whoever shares the site's power hears of it. */
  #flow(): Flow {
    const { battery, meter, offer, start, startReading } = this.#inputs;
    const session = {
      sessionId: start.sessionId,
      startMs: startReading.atMs,
      plannedEndMs: startReading.atMs + offer.quote.plannedMs,
      loyalty: offer.loyalty,
      // Rounded up: less than a watt-hour is still wanted.
      neededWh: () => divide(this.#limitWms - meter.state.registerWms, WMS_PER_WH, 'ceiling'),
    };
    return { battery, session };
  }

  /** The car takes no more and holds the outlet, until it is unplugged, the driver ends it, or nobody would pay for more. */
  async #park(fromMs: number): Promise<void> {
    const { clock, bay, start, signal, startReading, offer } = this.#inputs;
    const plannedEndMs = startReading.atMs + offer.quote.plannedMs;
    const isThere = (atMs: number) => this.#detector.judge(bay.signals({ atMs, powerW: 0n })) === undefined;
    if (!isThere(clock.nowMs())) return;
    this.#read(fromMs, false);
    this.#tell('parked', fromMs, 0n);
    for (;;) {
      await passStep(this.#inputs, this.#inputs.timing.stepMs);
      const nowMs = clock.nowMs();
      if (signal.aborted || !isThere(nowMs)) return;
      this.#readInTime(nowMs, false);
      if (nowMs - this.#lastReportMs >= start.reportEveryMs) {
        const { stop, isOffline } = await this.#report(nowMs, 0n);
        // While nobody says what it costs by now, no more is priced than what the driver planned and saw.
        if (stop !== undefined || (isOffline && nowMs >= plannedEndMs)) return;
      }
      this.#tell('parked', nowMs, 0n);
    }
  }

  #readInTime(atMs: number, charging: boolean): void {
    if (atMs - this.#lastReadingMs >= this.#inputs.timing.readingEveryMs) this.#read(atMs, charging);
  }

  #read(atMs: number, charging: boolean): void {
    this.#inputs.keep(this.#inputs.meter.reading(atMs, charging));
    this.#lastReadingMs = atMs;
  }

  async #report(atMs: number, powerW: bigint): Promise<ReportAnswer> {
    const answer = await this.#inputs.report(powerW, this.#inputs.battery.socPpm);
    this.#lastReportMs = atMs;
    this.#runningMicros = answer.runningMicros;
    return answer;
  }

  #tell(phase: 'charging' | 'parked', atMs: number, powerW: bigint): void {
    const { start, startReading, meter, battery, offer } = this.#inputs;
    this.#inputs.onProgress(phase, {
      sessionId: start.sessionId,
      startMs: startReading.atMs,
      nowMs: atMs,
      energyWh: energyOfGain(meter.registerMilliWh - startReading.registerMilliWh),
      powerW,
      socPpm: battery.socPpm,
      runningMicros: this.#runningMicros,
      capMicros: start.capMicros,
      currency: offer.quote.currency,
    });
  }
}
