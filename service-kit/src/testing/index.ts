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
export { makeConsent, makeQuote } from './documents.ts';
export { makeKey, publicKey, type TestKey } from './keys.ts';
export { startRegistryServer, type RegistryWorld } from './registry-server.ts';
export {
  AGREEMENT,
  DAY_MS,
  EVSE,
  HOME,
  issuerOf,
  makeOffer,
  STATION,
  stationOf,
  terms,
  VISITED,
} from './two-utilities.ts';
