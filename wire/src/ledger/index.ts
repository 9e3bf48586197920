/** Commands, queries and records of the smart contracts, by contract namespace. */
import { clearingCommands, clearingQueries } from './clearing.ts';
import { consortiumCommands, consortiumQueries } from './consortium.ts';
import { gridCommands, gridQueries } from './grid.ts';
import { sessionCommands, sessionQueries } from './session.ts';
import { tariffCommands, tariffQueries } from './tariff.ts';

export * from './adapt-cdr.ts';
export * from './adaptation-rule.ts';
export * from './clearing.ts';
export * from './compute-cdr.ts';
export * from './consortium.ts';
export * from './endorsement-clock.ts';
export * from './envelope.ts';
export * from './grid.ts';
export * from './grid-demand.ts';
export * from './keys.ts';
export * from './packed-bodies.ts';
export * from './price-course.ts';
export * from './session.ts';
export * from './session-record.ts';
export * from './tariff.ts';
export * from './tariff-limits.ts';

/** Name under which the chaincode is deployed. */
export const CHAINCODE_NAME = 'roaming';

export const ledgerCommands = {
  consortium: consortiumCommands,
  grid: gridCommands,
  tariff: tariffCommands,
  session: sessionCommands,
  clearing: clearingCommands,
} as const;

export const ledgerQueries = {
  consortium: consortiumQueries,
  grid: gridQueries,
  tariff: tariffQueries,
  session: sessionQueries,
  clearing: clearingQueries,
} as const;

export type ContractName = keyof typeof ledgerCommands;
