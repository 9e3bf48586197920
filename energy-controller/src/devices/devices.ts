import { climate } from './climate/device.ts';
import { depository, type DepositoryOptions } from './depository/device.ts';

/** Makes the device of a kind from what its site has configured. */
export const DEVICES = {
  depository: (options: DepositoryOptions) => depository(options),
  climate: () => climate(),
} as const;
