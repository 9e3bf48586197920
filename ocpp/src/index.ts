/** The door for stations that speak OCPP. */
export type {
  AuthorizeAnswer,
  AuthorizeAsk,
  CommandOutcome,
  DriverText,
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
