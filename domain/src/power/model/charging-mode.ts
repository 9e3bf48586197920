import { err, ok, type DomainError, type Result } from '../../result/index.ts';
import type { Store } from './source.ts';

export const CHARGING_MODES = ['fast', 'regular', 'slow', 'residential'] as const;
export type ChargingMode = (typeof CHARGING_MODES)[number];

/** How far a charge is. */
export type ChargingState = 'starting' | 'in-progress' | 'finishing';

/** What a mode may ask for, and what it takes in each state, W. */
export interface ModePower {
  readonly leastW: bigint;
  readonly mostW: bigint;
  readonly byStateW: Readonly<Record<ChargingState, bigint>>;
}

/** Data of a policy: the source gives several numbers for one mode, so none is built in. */
export interface ModeTable {
  readonly modes: Readonly<Record<ChargingMode, ModePower>>;
  /** Below it a charge is starting, parts per million of the capacity. */
  readonly inProgressFromPpm: bigint;
  /** From it on a charge is finishing. */
  readonly finishingFromPpm: bigint;
}

export type ModeError = DomainError<'MODE_RANGE'>;

const PPM = 1_000_000n;

/** A request is within its mode's range, or refused with the range. */
export const checkModeRange = (
  table: ModeTable,
  mode: ChargingMode,
  requestedW: bigint,
): Result<bigint, ModeError> => {
  const { leastW, mostW } = table.modes[mode];
  return requestedW >= leastW && requestedW <= mostW
    ? ok(requestedW)
    : err({
        code: 'MODE_RANGE',
        message: `${mode} charging takes ${leastW} to ${mostW} W, not ${requestedW} W`,
      });
};

/** How far a charge is by what the battery holds. */
export const chargingState = (
  { storedWh, capacityWh }: Pick<Store, 'storedWh' | 'capacityWh'>,
  table: ModeTable,
): ChargingState => {
  const scaled = storedWh * PPM;
  if (scaled < table.inProgressFromPpm * capacityWh) return 'starting';
  return scaled < table.finishingFromPpm * capacityWh ? 'in-progress' : 'finishing';
};
