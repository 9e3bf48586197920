import type { ChargeProgress, MeterReading, StartAnswer, SwipeOffer } from '@roamgrid/wire';
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
export declare const DEFAULT_TIMING: ChargeTiming;
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
    readonly report: (readings: readonly MeterReading[], powerW: bigint, socPpm: number) => Promise<{
        stop: boolean;
        runningMicros: bigint;
    }>;
    readonly onProgress: (progress: ChargeProgress) => void;
}
/**
 * Let energy flow until the battery is full, the driver stops, the limit is reached or a fault occurs (ROAM-12).
 * The step that would pass the energy limit is cut so that the register stops exactly at it.
 * @returns why charging ended and the readings that no report carried
 */
export declare function charge(inputs: ChargeInputs): Promise<{
    endReason: EndReason;
    unreported: MeterReading[];
}>;
