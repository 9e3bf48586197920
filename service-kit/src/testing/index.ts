/** For tests only: two utilities' worth of registry data, keys and documents, and a gateway's internal interface. */
export {
  activateRules,
  createAsk,
  makeCustomer,
  putRules,
  type Answer,
  type Ask,
  type TestCustomer,
} from './caller.ts';
export { databaseServer } from './database-server.ts';
export { makeConsent, makeQuote, type ConsentChanges, type OpenedBy } from './documents.ts';
export { makeKey, publicKey, type TestKey } from './keys.ts';
export { startRegistryServer, type RegistryWorld } from './registry-server.ts';
export {
  AGREEMENT,
  CHANNEL,
  DAY_MS,
  EVSE,
  HOME,
  issuerOf,
  makeOffer,
  nextSessionId,
  STATION,
  stationOf,
  terms,
  VISITED,
} from './two-utilities.ts';
export { postmasterPid } from './postmaster-pid.ts';
