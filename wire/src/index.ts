/** Messages that cross a process boundary: schemas, canonical JSON, signatures, OpenAPI. */
export * from './codec/canonical-json.ts';
export * from './codec/scalars.ts';
export * from './ledger/index.ts';
export * from './roaming/authorisation.ts';
