/** A utility's door to the ledger: station, driver, operator and auditor API, read model. */
export { gatewayConfig, type GatewayConfig, type GatewaySettings } from './config.ts';
export { startGateway, type GatewayOptions, type RunningGateway } from './start-gateway.ts';
export { openLedger } from './ledger/open-ledger.ts';
export { LedgerInvalid, LedgerOutcomeUnknown, LedgerRefusal, LedgerUnavailable } from './ledger/errors.ts';
export type { Committed, Ledger, LedgerBlock, LedgerCommand, LedgerQuery } from './ledger/ledger.ts';
