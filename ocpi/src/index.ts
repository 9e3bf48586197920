/** The utility's door for partners outside the consortium. Spec: OCPI 2.2.1, 2.3.0. */
export { ocpiConfig, type OcpiConfig } from './config.ts';
export * from './objects/charging-profiles.ts';
export type { OcpiCdr } from './objects/cdrs.ts';
export type {
  CommandBody,
  CommandResponse,
  CommandResult,
  CommandResultType,
  CommandType,
} from './objects/commands.ts';
export type { Price } from './objects/common.ts';
export type { Credentials, VersionDetails } from './objects/credentials.ts';
export type { ClientInfo } from './objects/hub-client-info.ts';
export { OBJECTS } from './objects/index.ts';
export type { OcpiConnector, OcpiEvse, OcpiLocation } from './objects/locations.ts';
export { readObject } from './objects/read.ts';
export * from './objects/scalars.ts';
export type { ChargingPreferences, ChargingPreferencesResponse, OcpiSession } from './objects/sessions.ts';
export type { OcpiTariff } from './objects/tariffs.ts';
export type { AuthorizationInfo, LocationReferences, OcpiToken } from './objects/tokens.ts';
export { startOcpiDoor, type OcpiDoor, type OcpiOptions } from './start.ts';
export type * from './roaming/ports.ts';
export { startPlatform, type Heard, type Platform, type Said } from './simulator/platform.ts';
