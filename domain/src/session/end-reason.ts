import type { EnergyWh } from '../energy/index.ts';

/** Why charging ended. */
export const END_REASONS = ['full', 'driver', 'limit', 'fault'] as const;

export type EndReason = (typeof END_REASONS)[number];

/** What a station knows at one instant of a session. Money is in the currency of the consent. */
export interface SessionSignals {
  readonly fault: boolean;
  readonly driverStopped: boolean;
  readonly batteryFull: boolean;
  readonly costMicros: bigint;
  /** The most that the next metering interval can add: charging ends before the cap, not after it. */
  readonly nextIntervalCostMicros: bigint;
  readonly capMicros: bigint;
  readonly energyWh: EnergyWh;
  /** Absent: no energy limit was agreed. */
  readonly energyLimitWh?: EnergyWh;
  readonly atMs: number;
  /** Absent: no end was agreed. */
  readonly endsAtMs?: number;
}

/** Why charging must end now, or nothing. When several hold, safety comes first, then the driver, then the battery. */
export const endReason = (signals: SessionSignals): EndReason | undefined => {
  if (signals.fault) return 'fault';
  if (signals.driverStopped) return 'driver';
  if (signals.batteryFull) return 'full';
  const { energyLimitWh, endsAtMs } = signals;
  const limited =
    signals.costMicros + signals.nextIntervalCostMicros > signals.capMicros ||
    (energyLimitWh !== undefined && signals.energyWh >= energyLimitWh) ||
    (endsAtMs !== undefined && signals.atMs >= endsAtMs);
  return limited ? 'limit' : undefined;
};
