/** The ledger's registry of utilities and stations, cached with a bound, for every service but the gateway. */
export {
  createIssuerRegistry,
  type IssuerAnswer,
  type IssuerRefusal,
  type IssuerRegistry,
  type IssuerRegistryOptions,
  type RegistryTimes,
} from './issuer-registry.ts';
