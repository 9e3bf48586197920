/** The pure domain model of roaming charging. No I/O, no clock, no randomness: those are parameters. */
export * from './result/index.ts';
export * from './rounding/index.ts';
export * from './money/index.ts';
export * from './energy/index.ts';
export * from './time/index.ts';
export * from './ids/index.ts';
export * from './cin/index.ts';
export * from './settlement/index.ts';
export * from './tariff/index.ts';
export * from './rating/index.ts';
export * from './session/index.ts';
export * from './negotiation/index.ts';
export * from './exposure/index.ts';
export * from './merkle/index.ts';
export * from './origin/index.ts';
