/** Charging-station agent: reads a CIN, asks, shows, takes consent, meters with signed readings, stops. */
export { DEFAULT_TIMING, type ChargeTiming } from './agent/charge.ts';
export { FLOW } from './agent/flow.ts';
export { fileJournal, memoryJournal, type JournalStore, type OutletJournal } from './agent/journal.ts';
export { DEFAULT_WAITS, type DriverWaits } from './agent/offer-wait.ts';
export { Outlet, OutletBusy, type OutletConfig } from './agent/outlet.ts';
export { fileFlash } from './offline/file-flash.ts';
export { fileSlot } from './offline/file-slot.ts';
export { serveNeighbours, type NeighbourNetConfig, type ServedNeighbours } from './offline/neighbour-net.ts';
export { openOfflineStation, type OfflineStationConfig } from './offline/offline-station.ts';
export type { Bay, BayLoad, BaySignals } from './bay/bay.ts';
export { DEFAULT_PACE, type DeliveryPace } from './ends/end-delivery.ts';
export { fileEndStore, memoryEndStore, type EndStore } from './ends/end-store.ts';
export { servedGate, type OutletGate } from './gate/outlet-gate.ts';
export { startKiosk, type KioskServerConfig } from './kiosk/server.ts';
export {
  SignedMeter,
  type MeteredSession,
  type MeterIdentity,
  type MeterState,
} from './meter/signed-meter.ts';
export { readCin } from './reader/card.ts';
export { serveReader, type ReaderSocketConfig } from './reader/reader-socket.ts';
export { SimulatedReader } from './simulator/simulated-reader.ts';
export { OutletSupply } from './site/outlet-supply.ts';
export { startSiteDoor, type SiteDoorConfig } from './site/site-door.ts';
export {
  DEFAULT_FILE_OPTIONS,
  readSessionFile,
  type RecordedSession,
  type RefusedRow,
  type RowFault,
  type SessionFile,
  type SessionFileError,
  type SessionFileOptions,
} from './simulator/session-file.ts';
export { Battery, type BatterySpec } from './vehicle/battery.ts';
export { serveRadio, type RadioConfig } from './simulator/radio.ts';
export { ReplayOutlet, type Arrival } from './simulator/replay-outlet.ts';
export { SimulatedBay, type BayFault, type SimulatedBayOptions } from './simulator/simulated-bay.ts';
