/** Devices of a site: one state machine, a table a device, with a driver, simulated hardware and a control centre. */
export { startCentre, type CentreConfig } from './centre/start.ts';
export { servedCentre, Teller, type Centre } from './centre/teller.ts';
export { DEVICES } from './devices.ts';
export { Driver, type AnyDriver, type Asked, type DriverOptions } from './driver.ts';
export { fileJournal, type Journal } from './journal.ts';
export { SocketLink, type Link } from './link/device-link.ts';
export type { Device } from './machine/device.ts';
export { spawnDevice, type SpawnedDevice } from './simulator/spawn.ts';
