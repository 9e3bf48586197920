/** Messages that cross a process boundary: schemas, canonical JSON, signatures, OpenAPI. */
export * from './codec/canonical-json.ts';
export * from './codec/exact-json.ts';
export * from './codec/fast-shape.ts';
export * from './codec/canonical-value.ts';
export * from './codec/scalars.ts';
export * from './ledger/index.ts';
export * from './signature/index.ts';
export * from './roaming/authorisation.ts';
export * from './roaming/aaa.ts';
export * from './roaming/router.ts';
export * from './station/api.ts';
export * from './gateway/api.ts';
export * from './http/assertion.ts';
export * from './http/problem.ts';
export * from './station/kiosk.ts';
export * from './station/reader.ts';
export * from './report/scenario.ts';
