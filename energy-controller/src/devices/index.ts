/** Devices of a site: one state machine, a table a device, with a driver, simulated hardware and a control centre. */
export { servedCentre } from './centre/teller.ts';
export { startCentre, type CentreConfig } from './centre/start.ts';
export { liveThroughDay, type DaySeen } from './climate/day.ts';
export { climate } from './climate/device.ts';
export { depository } from './depository/device.ts';
export { lift } from './lift/device.ts';
export { line } from './line/device.ts';
export { privateKeyOf } from './proof.ts';
export type { DevicesConfig } from './service/config.ts';
export { startDevices } from './service/start.ts';
export { serveSimulated } from './simulator/plants.ts';
export { spawnDevice, type SpawnedDevice } from './simulator/spawn.ts';
export {
  DeviceStage,
  makeKeys,
  noticesOf,
  OPERATOR_TOKEN,
  serveCentre,
  SITE_TOKEN,
  type DeviceKeys,
} from './simulator/stage.ts';
