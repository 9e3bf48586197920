import type { ChargingMode, ModeTable } from '@roamgrid/domain/power';

/** From the smallest to the largest. */
const BY_POWER = ['residential', 'slow', 'regular', 'fast'] as const satisfies readonly ChargingMode[];

/** The mode of an outlet that names none: the smallest that has its greatest power. */
export const modeOfPower = (maxPowerW: bigint, { modes }: ModeTable): ChargingMode =>
  BY_POWER.find((mode) => maxPowerW <= modes[mode].mostW) ?? 'fast';
