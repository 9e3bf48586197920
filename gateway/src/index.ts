/** A utility's door to the ledger: station, driver and auditor API, read model. */
export {};
