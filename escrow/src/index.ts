export { toBaseUnits, toMicros } from './chain/amounts.ts';
export { connectChain, type Connection, type ConnectionOptions } from './chain/connection.ts';
export { ChainError, isPassing, type ChainProblem } from './chain/problem.ts';
