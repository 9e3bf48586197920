import type { EndReason } from '@roamgrid/domain';
import {
  energyOfGain,
  type EndedSession,
  type InterimReport,
  type KioskState,
  type MeterReading,
  type StartAnswer,
  type SwipeOffer,
} from '@roamgrid/wire';
import { OutletSupply } from '../site/outlet-supply.ts';
import type { Battery } from '../vehicle/battery.ts';
import type { SessionEnd } from '../ends/end-store.ts';
import { ChargeRun, DEFAULT_TIMING, type ReportAnswer } from './charge.ts';
import { GatewayRefusal, GatewayUnreachable } from '@roamgrid/station-kit';
import type { JournalSession } from './journal.ts';
import type { OutletConfig } from './outlet.ts';
import type { NumberedSession, OutletMemory } from './outlet-memory.ts';

/** Limit of the station API for one report. */
const READINGS_PER_REPORT = 100;

/** What a refused report says about the session; any other refusal is a fault. */
const REFUSED_REPORT: Readonly<Record<string, EndReason>> = {
  SESSION_ENDED: 'operator',
  SESSION_UNKNOWN: 'operator',
  FORBIDDEN: 'operator',
  READINGS_INVALID: 'meter-error',
};

export interface BegunSession {
  readonly offer: SwipeOffer;
  readonly start: StartAnswer;
  readonly startReading: MeterReading;
  readonly metered: NumberedSession;
  readonly battery: Battery;
  /** Aborted by the driver. */
  readonly signal: AbortSignal;
  readonly show: (state: KioskState) => void;
  /** The agreed limit is near: the driver may be asked whether to go on. */
  readonly limitNear: () => void;
}

/** Charges, reports, and states the end. Whatever goes wrong on the way, the session ends with a signed reading. */
export class SessionRun {
  readonly #config: OutletConfig;
  readonly #memory: OutletMemory;
  readonly #begun: BegunSession;
  #runningMicros = 0n;

  constructor(config: OutletConfig, memory: OutletMemory, begun: BegunSession) {
    this.#config = config;
    this.#memory = memory;
    this.#begun = begun;
  }

  async run(): Promise<{ end: SessionEnd; ended: EndedSession }> {
    const { clock, bay, gate, maxPowerW, timing = DEFAULT_TIMING } = this.#config;
    const supply = this.#config.supply ?? new OutletSupply({ clock, maxPowerW });
    const { battery, show, ...begun } = this.#begun;
    const charging = new ChargeRun({
      ...begun,
      clock,
      meter: this.#memory.meter,
      bay,
      battery,
      supply,
      timing,
      keep: (reading) => this.#memory.keepReading(reading, battery.socPpm),
      report: (powerW, socPpm) => this.#report(powerW, socPpm),
      onProgress: (screen, progress) => show({ screen, progress }),
    });
    const endReason = await charging.run().catch((): EndReason => 'fault');
    if (endReason === 'revoked') gate?.driverRefused(endReason);
    bay.unlockCable();
    show({ screen: 'stopping' });
    const end = this.#memory.endNow(clock.nowMs(), endReason, battery.socPpm);
    return { end, ended: this.#endedOf(end) };
  }

  #endedOf({ sessionId, request: { endReason, readings, socPpm } }: SessionEnd): EndedSession {
    const { offer, startReading } = this.#begun;
    const last = readings.at(-1) ?? startReading;
    return {
      sessionId,
      homeUtilityName: offer.homeUtilityName,
      startMs: startReading.atMs,
      endMs: last.atMs,
      energyWh: energyOfGain(last.registerMilliWh - startReading.registerMilliWh),
      endReason,
      ...(socPpm !== undefined && { socPpm }),
    };
  }

  /** Send readings; what cannot be sent now stays in the journal and goes with the next report or the end. */
  async #report(powerW: bigint, socPpm: number): Promise<ReportAnswer> {
    const { sequence, pending } = this.#memory.nextReport(this.#config.clock.nowMs());
    const report: InterimReport = {
      sequence,
      readings: pending.slice(0, READINGS_PER_REPORT),
      powerW,
      socPpm,
    };
    try {
      const { sessionId } = this.#begun.metered;
      const answer = await this.#config.gateway.report(sessionId, report);
      this.#memory.reported(report.readings.length);
      this.#runningMicros = answer.runningMicros;
      const { runningMicros } = answer;
      if (answer.limitNear === true) this.#begun.limitNear();
      if (answer.command === 'continue') return { runningMicros, isOffline: false };
      return { stop: answer.reason ?? 'operator', runningMicros, isOffline: false };
    } catch (error) {
      const runningMicros = this.#runningMicros;
      // Out of reach: charge on inside the consented limits. Refused: nobody would pay for more.
      if (error instanceof GatewayUnreachable) return { runningMicros, isOffline: true };
      if (!(error instanceof GatewayRefusal)) throw error;
      return { stop: REFUSED_REPORT[error.code] ?? 'fault', runningMicros, isOffline: false };
    }
  }
}

/** The end of a session that a power cut interrupted, at the last instant at which it is known to have lived. */
export const endOfCut = (memory: OutletMemory, { lastAtMs, socPpm }: JournalSession): SessionEnd =>
  memory.endNow(lastAtMs, 'power-cut', socPpm);
