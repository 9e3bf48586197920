import type { EnergyWh } from '../energy/index.ts';

/** Faults of an outlet, its meter or its supply: each opens the contactor at once. */
export const FAULT_REASONS = [
  'over-current',
  'ground-fault',
  'over-temperature',
  'meter-error',
  'power-cut',
  /** Any other. */
  'fault',
] as const;

export type FaultReason = (typeof FAULT_REASONS)[number];

/** Why charging ended. */
export const END_REASONS = [
  'full',
  'driver',
  /** The cable was pulled out. */
  'cable-out',
  /** The agreed energy or the consented cap. */
  'limit',
  /** The home utility took its yes back. */
  'revoked',
  /** Sessions cannot be recorded now. */
  'ledger-unavailable',
  /** The station’s utility ended it. */
  'operator',
  ...FAULT_REASONS,
] as const;

export type EndReason = (typeof END_REASONS)[number];

/** The standard’s word for each reason; `Other` where it has none. Spec: OCPP 2.0.1 part 2, ReasonEnumType. */
export const OCPP_REASONS = {
  full: 'StoppedByEV',
  driver: 'Local',
  'cable-out': 'EVDisconnected',
  limit: 'EnergyLimitReached',
  revoked: 'DeAuthorized',
  'ledger-unavailable': 'Other',
  operator: 'Remote',
  'over-current': 'OvercurrentFault',
  'ground-fault': 'GroundFault',
  'over-temperature': 'Other',
  'meter-error': 'Other',
  'power-cut': 'PowerLoss',
  fault: 'Other',
} as const satisfies Readonly<Record<EndReason, string>>;

/** What a station knows at one instant of a session. Money is in the currency of the consent. */
export interface SessionSignals {
  /** Absent: all is well. */
  readonly fault?: FaultReason;
  readonly isCableOut: boolean;
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

/**
 * Why charging must end now, or nothing. When several hold, safety comes first, then a cable that is out, then the driver,
 * then the battery.
 */
export const endReason = (signals: SessionSignals): EndReason | undefined => {
  if (signals.fault !== undefined) return signals.fault;
  if (signals.isCableOut) return 'cable-out';
  if (signals.driverStopped) return 'driver';
  if (signals.batteryFull) return 'full';
  const { energyLimitWh, endsAtMs } = signals;
  const limited =
    signals.costMicros + signals.nextIntervalCostMicros > signals.capMicros ||
    (energyLimitWh !== undefined && signals.energyWh >= energyLimitWh) ||
    (endsAtMs !== undefined && signals.atMs >= endsAtMs);
  return limited ? 'limit' : undefined;
};
