/** Charging-station agent: reads a CIN, asks, shows, takes consent, meters with signed readings, stops. */
export { attestConsent, type AttestedConsent } from './agent/consent.ts';
export { charge, DEFAULT_TIMING, type ChargeTiming, type EndReason } from './agent/charge.ts';
export {
  GatewayClient,
  GatewayRefusal,
  GatewayUnreachable,
  type StationIdentity,
} from './agent/gateway-client.ts';
export { fileJournal, memoryJournal, type JournalStore, type OutletJournal } from './agent/journal.ts';
export { Outlet, OutletBusy, type OutletConfig } from './agent/outlet.ts';
export { catchUpClock, steppedClock, systemClock, type Clock } from './clock/clock.ts';
export { startKiosk, type KioskServerConfig } from './kiosk/server.ts';
export {
  SignedMeter,
  type MeteredSession,
  type MeterIdentity,
  type MeterState,
} from './meter/signed-meter.ts';
export { readCin } from './reader/card.ts';
export {
  DEFAULT_FILE_OPTIONS,
  readSessionFile,
  type RecordedSession,
  type RefusedRow,
  type RowFault,
  type SessionFile,
  type SessionFileOptions,
} from './simulator/session-file.ts';
export { Battery, type BatterySpec } from './vehicle/battery.ts';
export { ReplayOutlet, type Arrival } from './simulator/replay-outlet.ts';
