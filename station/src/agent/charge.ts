import {
  energyOfGain,
  MILLI_WH_PER_WH,
  type ChargeProgress,
  type MeterReading,
  type StartAnswer,
  type SwipeOffer,
} from '@roamgrid/wire';
import type { Clock } from '../clock/clock.ts';
import type { SignedMeter } from '../meter/signed-meter.ts';
import type { Battery } from '../vehicle/battery.ts';

export type EndReason = 'full' | 'driver' | 'limit' | 'fault';

/** How finely the outlet steps through a session. */
export interface ChargeTiming {
  /** Length of one metering step. */
  readonly stepMs: number;
  /** A reading is kept at least this often. */
  readonly readingEveryMs: number;
}

export const DEFAULT_TIMING: ChargeTiming = { stepMs: 10_000, readingEveryMs: 60_000 };

export interface ChargeInputs {
  readonly clock: Clock;
  readonly meter: SignedMeter;
  readonly battery: Battery;
  readonly outletPowerW: bigint;
  readonly start: StartAnswer;
  readonly startReading: MeterReading;
  readonly offer: SwipeOffer;
  readonly timing: ChargeTiming;
  /** Aborted by the driver (reason `driver`) or by a fault (reason `fault`). */
  readonly signal: AbortSignal;
  /** Deliver readings; returns whether to go on and the running total. Called between steps, never at the same time twice. */
  readonly report: (
    readings: readonly MeterReading[],
    powerW: bigint,
    socPpm: number,
  ) => Promise<{ stop: boolean; runningMicros: bigint }>;
  readonly onProgress: (progress: ChargeProgress) => void;
}

const WMS_PER_MILLI_WH = 3_600n;

const reasonOf = (signal: AbortSignal): EndReason => (signal.reason === 'fault' ? 'fault' : 'driver');

/**
 * Let energy flow until the battery is full, the driver stops, the limit is reached or a fault occurs (ROAM-12).
 * The step that would pass the energy limit is cut so that the register stops exactly at it.
 * @returns why charging ended and the readings that no report carried
 */
export async function charge(
  inputs: ChargeInputs,
): Promise<{ endReason: EndReason; unreported: MeterReading[] }> {
  const { clock, meter, battery, start, startReading, timing, signal } = inputs;
  const limitWms = (startReading.registerMilliWh + start.energyLimitWh * MILLI_WH_PER_WH) * WMS_PER_MILLI_WH;
  let lastStepMs = startReading.atMs;
  let lastReadingMs = startReading.atMs;
  let lastReportMs = startReading.atMs;
  let unreported: MeterReading[] = [];
  let runningMicros = 0n;

  for (;;) {
    if (signal.aborted) return { endReason: reasonOf(signal), unreported };
    await clock.sleep(timing.stepMs, signal).catch(() => undefined);
    const nowMs = clock.nowMs();
    const powerW = battery.powerW(inputs.outletPowerW);
    const roomWms = limitWms - meter.state.registerWms;
    const stepMs = cutAt(roomWms, powerW, nowMs - lastStepMs);
    meter.advance(battery.charge(powerW, stepMs));
    const atMs = lastStepMs + stepMs;
    lastStepMs = nowMs;

    const limitReached = meter.state.registerWms + powerW > limitWms || meter.state.registerWms >= limitWms;
    if (atMs - lastReadingMs >= timing.readingEveryMs) {
      unreported.push(meter.reading(atMs, true));
      lastReadingMs = atMs;
    }
    if (battery.full) return { endReason: 'full', unreported };
    if (limitReached) return { endReason: 'limit', unreported };

    if (unreported.length > 0 && atMs - lastReportMs >= start.reportEveryMs) {
      const answer = await inputs.report(unreported, powerW, battery.socPpm);
      unreported = [];
      lastReportMs = atMs;
      runningMicros = answer.runningMicros;
      if (answer.stop) return { endReason: 'limit', unreported };
    }
    inputs.onProgress({
      sessionId: start.sessionId,
      startMs: startReading.atMs,
      nowMs: atMs,
      energyWh: energyOfGain(meter.registerMilliWh - startReading.registerMilliWh),
      powerW,
      socPpm: battery.socPpm,
      runningMicros,
      capMicros: start.capMicros,
      currency: inputs.offer.quote.currency,
    });
  }
}

/** Milliseconds of the step that fit under the limit at this power; rounded down so that the limit is never passed. */
function cutAt(roomWms: bigint, powerW: bigint, stepMs: number): number {
  if (powerW === 0n) return stepMs;
  const roomMs = roomWms / powerW;
  return roomMs < BigInt(stepMs) ? Number(roomMs > 0n ? roomMs : 0n) : stepMs;
}
