/** The door for stations that speak OCPP. */
export type {
  AuthorizeAnswer,
  AuthorizeAsk,
  CommandOutcome,
  DriverText,
  RemoteOffer,
  RemoteStarts,
  StationCommander,
  StationDesk,
  TransactionAnswer,
} from './model/station-desk.ts';
export type {
  BootReport,
  OutletNumber,
  RegisterReading,
  SignedReading,
  StatusReport,
  TransactionRef,
  TransactionReport,
} from './model/reports.ts';
export type { DriverToken, TokenStatus } from './model/token.ts';
export type { OutletSetup, StationSetup } from './model/station.ts';
export { doorConfig, stationConfig as ocppStation, type DoorConfig, type DoorSettings } from './config.ts';
export { hashPassword } from './edge/password.ts';
export { startOcppDoor, type DoorDesk, type DoorOptions, type DoorParts, type OcppDoor } from './start.ts';
export { stationList } from './commands/routes.ts';
export { transactionList, unbilledList } from './session/routes.ts';
export { callSchemas } from './edge/call-schemas.ts';
export { SUBPROTOCOLS } from './edge/rpc.ts';
export { createOcmfMeter, type SignEnd } from './simulator/ocmf-meter.ts';
export { SimulatedStation, type SimulatorOptions } from './simulator/simulated-station.ts';
export { visit } from './simulator/visit.ts';
