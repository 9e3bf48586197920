import type { DeviceKind } from '@roamgrid/wire';
import { ClimatePlant } from '../climate/plant.ts';
import { DepositoryPlant } from '../depository/plant.ts';
import type { Plant } from '../link/serve-device.ts';

/** Makes the simulated device of a kind. */
export const plantOf = (kind: DeviceKind): Plant<DeviceKind> => {
  const plants = {
    depository: () => new DepositoryPlant(),
    climate: () => new ClimatePlant(),
  } as const satisfies Partial<Record<DeviceKind, () => unknown>>;
  return (plants as unknown as Record<DeviceKind, () => Plant<DeviceKind>>)[kind]();
};
